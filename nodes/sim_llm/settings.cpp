#include "nodes/sim_llm/settings.hpp"

#include "src/config/check_shape.hpp"
#include "src/config/make_shape.hpp"
#include "src/config/read_text.hpp"
#include "src/config/section.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <numeric>

namespace troupe::sim_llm {

namespace {

using namespace config;
using namespace config::make;

const record& scripted_call_keys() {
  static const record r{"call",
                        "A tool that the model wants used.",
                        {{"tool", text(text_rule::name), "its name", {}, true},
                         {"arguments", object(), "for it", "{}"}}};
  return r;
}

const record& scripted_answer_keys() {
  static const record r{
      "answer",
      "An answer and when it is given.",
      {{"match", text(text_rule::filled), "a pattern (RE2) found in what the user wrote last"},
       {"after", text(text_rule::name), "the conversation ends with a result of this tool"},
       {"call", list(fields(scripted_call_keys), 1), "tools that are wanted, all at once"},
       {"text", text(), "what is answered; may hold `${1}` and `${result}`"},
       {"data", object(), "with `text`, where a structured answer is asked for"},
       {"confidence", number(0, 1), "likewise", "0.9"}},
      {},
      {"call", "text"}};
  return r;
}

const record& latency_keys() {
  static const record r{
      "latency",
      "How long answers take.",
      {{"median", duration(), "to the first token, in half of all requests", "0"},
       {"p99", duration(), "to the first token, in 99 of 100 requests", "the median"},
       {"per_token", duration(), "for each further token", "0"}}};
  return r;
}

const record& mishap_keys() {
  static const record r = [] {
    record out{"mishaps", "What goes wrong, each in this share of the requests.", {}};
    for (std::size_t i = 1; i < enum_names<mishap>::value.size(); ++i)
      out.fields.push_back({enum_names<mishap>::value[i], number(0, 1), "this share", "0"});
    return out;
  }();
  return r;
}

const record& llm_script_keys() {
  static const record r{
      "script",
      "What a simulated provider answers, how fast, and what goes wrong.",
      {{"seed", integer(0, 1e15), "of everything that is left to chance", "1"},
       {"answers", list(fields(scripted_answer_keys)), "the first that fits", "[]"},
       {"latency", fields(latency_keys), "how long answers take", "{}"},
       {"mishaps", fields(mishap_keys), "what goes wrong", "{}"},
       {"retry_after", duration(), "what those are told who are limited by chance", "1s"},
       {"requests_per_minute", integer(0, 1e9), "of a key; 0: no limit", "0"},
       {"tokens_per_minute", integer(0, 1e12), "of requests and answers of a key; 0: no limit",
        "0"},
       {"cached", number(0, 1), "so much of what is read is told as read from a cache", "0"},
       {"models", list(text(text_rule::filled), 1), "what is listed", "[sim-small, sim-large]"}}};
  return r;
}

scripted_answer answer_of(const yaml_node& node, report& problems) {
  const section from{&node};
  scripted_answer out;
  std::string pattern;
  from.get("match", pattern);
  if (!pattern.empty()) {
    RE2::Options quiet;
    quiet.set_log_errors(false);
    quiet.set_case_sensitive(false);
    auto made = std::make_shared<RE2>(pattern, quiet);
    if (!made->ok())
      problems.error(*from.find("match"), "is no pattern: " + made->error());
    out.match = std::move(made);
  }
  from.get("after", out.after);
  from.get("text", out.text);
  from.get("data", out.data);
  from.get("confidence", out.confidence);
  for (const auto* x : from.elements("call")) {
    auto& call = out.calls.emplace_back();
    section{x}.get("tool", call.tool);
    section{x}.get("arguments", call.arguments);
  }
  return out;
}

} // namespace

mishap_shares worst() {
  mishap_shares out{};
  const auto set = [&](mishap what, double share) { out[static_cast<std::size_t>(what)] = share; };
  set(mishap::limited, 0.12);
  set(mishap::overloaded, 0.06);
  set(mishap::broken, 0.06);
  set(mishap::silent, 0.01);
  set(mishap::slow, 0.05);
  set(mishap::cut, 0.1);
  set(mishap::malformed, 0.15);
  set(mishap::hallucinated, 0.15);
  set(mishap::refused, 0.03);
  set(mishap::truncated, 0.05);
  return out;
}

void read_script(const std::filesystem::path& file, settings& into,
                 std::vector<diagnostic>& errors) {
  const auto found = read_text(file);
  if (!found.text) {
    errors.push_back({file.string(), found.line, found.column, {}, found.error});
    return;
  }
  const auto root = parse_yaml(*found.text, file.string(), errors);
  if (!root)
    return;
  report problems;
  check_file(*root, llm_script_keys(), problems);
  auto out = into;
  const section top{root.get()};
  top.get("seed", out.seed);
  top.get("retry_after", out.retry_after);
  top.get("requests_per_minute", out.requests_per_minute);
  auto tokens = static_cast<std::int64_t>(out.tokens_per_minute);
  top.get("tokens_per_minute", tokens);
  out.tokens_per_minute = static_cast<std::uint64_t>(tokens);
  top.get("cached", out.cached);
  top.get("models", out.models);
  top.in("latency").get("median", out.latency.median);
  top.in("latency").get("p99", out.latency.p99);
  top.in("latency").get("per_token", out.latency.per_token);
  for (std::size_t i = 1; i < out.mishaps.size(); ++i)
    top.in("mishaps").get(enum_names<mishap>::value[i], out.mishaps[i]);
  if (const auto* at = root->find("mishaps");
      at && std::accumulate(out.mishaps.begin(), out.mishaps.end(), 0.0) > 1.000001)
    problems.error(*at, "the shares come to more than 1");
  for (const auto* x : top.elements("answers"))
    out.answers.push_back(answer_of(*x, problems));
  for (auto& e : problems.take_errors())
    errors.push_back(std::move(e));
  if (errors.empty())
    into = std::move(out);
}

} // namespace troupe::sim_llm
