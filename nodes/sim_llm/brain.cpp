#include "nodes/sim_llm/brain.hpp"

#include "nodes/sim_llm/understand.hpp"
#include "policies/dice.hpp"
#include "policies/llm_talk.hpp"
#include "src/models/model_port.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

namespace troupe::sim_llm {

namespace {

/// What the conversation has come to: the user's last words and what tools have said since.
struct situation {
  std::string wish;
  struct result {
    std::string tool;
    std::string text;
    json data;
    bool failed = false;
  };
  std::vector<result> results; ///< of tools that did what was wanted
};

/// A tool's words: agents' tools say {"text", "data"}, others say what they like.
situation::result result_of(const chat_message& x, const std::string& tool) {
  situation::result out{tool, x.text, nullptr, false};
  const auto said = json::parse(inside_data(x.text), nullptr, false);
  if (!said.is_object())
    return out;
  out.failed = said.contains("error");
  if (said.contains("text") && said["text"].is_string())
    out.text = said["text"].get<std::string>();
  if (said.contains("data") && said["data"].is_object())
    out.data = said["data"];
  return out;
}

situation situation_of(const chat& asked) {
  situation out;
  std::vector<tool_call> open;
  for (const auto& x : asked.messages) {
    if (x.role == chat_role::user) {
      out.wish = x.text;
      // Being told of a mistake takes nothing back of what tools have said.
      continue;
    }
    if (x.role == chat_role::assistant)
      open.insert(open.end(), x.calls.begin(), x.calls.end());
    if (x.role != chat_role::tool)
      continue;
    const auto from = std::find_if(open.rbegin(), open.rend(),
                                   [&](const tool_call& c) { return c.id == x.answers; });
    // What has failed is wished for once more, as if nobody had.
    if (auto said = result_of(x, from == open.rend() ? std::string{} : from->name); !said.failed)
      out.results.push_back(std::move(said));
  }
  return out;
}

/// The first thing that the user wrote: what the conversation is about.
const std::string& first_wish(const chat& asked) {
  static const std::string nothing;
  const auto hit = std::find_if(asked.messages.begin(), asked.messages.end(),
                                [](const chat_message& x) { return x.role == chat_role::user; });
  return hit == asked.messages.end() ? nothing : hit->text;
}

using groups = std::vector<std::string>;

void fill(std::string& text, const groups& found, const std::string& result) {
  for (std::size_t i = 0; i < found.size(); ++i)
    for (std::size_t at = 0;
         (at = text.find("${" + std::to_string(i) + "}", at)) != std::string::npos;
         at += found[i].size())
      text.replace(at, 4, found[i]);
  if (const auto at = text.find("${result}"); at != std::string::npos)
    text.replace(at, 9, result);
}

void fill_all(json& value, const groups& found, const std::string& result) {
  if (value.is_string())
    fill(value.get_ref<std::string&>(), found, result);
  else if (value.is_structured())
    for (auto& inner : value)
      fill_all(inner, found, result);
}

bool fits(const scripted_answer& x, const situation& now, groups& found) {
  if (x.after.empty() != now.results.empty())
    return false;
  if (!x.after.empty() && now.results.back().tool != x.after)
    return false;
  found.assign(1, now.wish);
  if (!x.match)
    return true;
  const auto count = std::min(x.match->NumberOfCapturingGroups(), 9);
  std::vector<re2::StringPiece> parts(static_cast<std::size_t>(count) + 1);
  if (!x.match->Match(now.wish, 0, now.wish.size(), RE2::UNANCHORED, parts.data(), count + 1))
    return false;
  found.clear();
  for (const auto& p : parts)
    found.emplace_back(p.data() ? std::string{p.data(), p.size()} : std::string{});
  return true;
}

std::set<std::string> words_in(const std::string& text) {
  std::set<std::string> out;
  std::string word;
  for (const char c : text + " ") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      if (word.size() > 3)
        out.insert(word);
      word.clear();
    }
  }
  return out;
}

/// Whoever reads a tool's description knows by this that it is how answers are given.
bool gives_answers(const tool_card& x) {
  return x.description.find("final answer") != std::string::npos;
}

const tool_card* best_tool(const chat& asked, const situation& now) {
  const auto wanted = words_in(now.wish);
  const tool_card* best = nullptr;
  std::size_t most = 0;
  for (const auto& tool : asked.tools) {
    if (gives_answers(tool))
      continue;
    std::size_t shared = 0;
    for (const auto& word : words_in(tool.name + " " + tool.description))
      shared += wanted.count(word);
    if (shared > most) {
      most = shared;
      best = &tool;
    }
  }
  return best;
}

/// What somebody knows who has been shown passages of documents, as agents of troupe show them:
/// what the first one says, and where it stands.
struct reading {
  bool any = false;
  std::string text;
  json data;
  double sure = 0;
};

reading reading_of(const std::string& wish) {
  reading out;
  const auto document = json::parse(inside_data(wish), nullptr, false);
  if (!document.is_object() || !document.contains("knowledge") || !document["knowledge"].is_array())
    return out;
  out.any = true;
  out.text = "I have found nothing about that.";
  out.sure = 0.2;
  const auto& passages = document["knowledge"];
  if (passages.empty() || !passages[0].is_object())
    return out;
  out.text = passages[0].value("text", std::string{});
  out.data = {{"source", "documents"},
              {"sources", json::array({passages[0].value("source", std::string{})})}};
  out.sure = 0.9;
  return out;
}

std::string call_id(std::uint64_t dice, std::size_t number) {
  return "call_" + std::to_string(scramble(dice + number) % 100000000);
}

/// What was asked for as an answer, in its form: free text, a JSON text, or the use of a tool.
void say(spoken& out, const chat& asked, std::string text, const json& data, double confidence,
         const situation& now, std::uint64_t dice) {
  const auto give = std::find_if(asked.tools.begin(), asked.tools.end(), gives_answers);
  const bool by_tool = give != asked.tools.end();
  const auto& schema = by_tool ? give->parameters : asked.schema;
  if (schema.is_null()) {
    out.text = std::move(text);
    return;
  }
  auto value = value_from(schema, now.wish, dice);
  if (!value.is_object())
    value = json::object();
  const auto& known = schema.contains("properties") ? schema["properties"] : json::object();
  const auto set = [&](const char* key, json what) {
    if (known.empty() || known.contains(key))
      value[key] = std::move(what);
  };
  set("text", std::move(text));
  set("confidence", confidence);
  if (data.is_object())
    set("data", data);
  if (by_tool)
    out.calls.push_back({call_id(dice, 0), give->name, std::move(value)});
  else
    out.text = as_text(value);
}

void count_tokens(spoken& out, const chat& asked) {
  std::size_t bytes = 0;
  for (const auto& x : asked.messages) {
    bytes += x.text.size() + 8;
    for (const auto& call : x.calls)
      bytes += call.name.size() + as_text(call.arguments).size();
  }
  for (const auto& tool : asked.tools)
    bytes += tool.name.size() + tool.description.size() + as_text(tool.parameters).size();
  out.input_tokens = models::tokens_of(bytes);
  bytes = out.text.size();
  for (const auto& call : out.calls)
    bytes += call.name.size() + as_text(call.arguments).size();
  out.output_tokens = std::max<std::uint64_t>(1, models::tokens_of(bytes));
}

} // namespace

spoken answer_to(const chat& asked, const settings& from, std::uint64_t dice) {
  spoken out;
  auto now = situation_of(asked);
  if (!asked.must_call.empty()) {
    const auto must = std::find_if(asked.tools.begin(), asked.tools.end(),
                                   [&](const tool_card& x) { return x.name == asked.must_call; });
    if (must != asked.tools.end() && !gives_answers(*must)) {
      out.calls.push_back(
          {call_id(dice, 0), must->name, value_from(must->parameters, now.wish, dice)});
      count_tokens(out, asked);
      return out;
    }
  }
  // Somebody who repairs his answer is still talking about what was asked first.
  if (now.results.empty() || asked.messages.back().role == chat_role::user)
    now.wish = first_wish(asked);
  const auto last = now.results.empty() ? std::string{} : now.results.back().text;
  groups found;
  const auto hit = std::find_if(from.answers.begin(), from.answers.end(),
                                [&](const scripted_answer& x) { return fits(x, now, found); });
  // Who asks what a message wants is no customer: of a script only what says clauses is meant for
  // him.
  const auto wants = clauses_for(asked);
  const bool scripted = hit != from.answers.end() &&
                        (!wants || (hit->data.is_object() && hit->data.contains("clauses")));
  if (wants) {
    const auto said = scripted ? json{{"clauses", hit->data["clauses"]}} : *wants;
    const auto give = std::find_if(asked.tools.begin(), asked.tools.end(), gives_answers);
    if (give != asked.tools.end())
      out.calls.push_back({call_id(dice, 0), give->name, said});
    else
      out.text = as_text(said);
    count_tokens(out, asked);
    return out;
  }
  if (scripted)
    for (std::size_t i = 0; i < hit->calls.size(); ++i) {
      auto arguments = hit->calls[i].arguments;
      fill_all(arguments, found, last);
      out.calls.push_back({call_id(dice, i), hit->calls[i].tool, std::move(arguments)});
    }
  const auto* tool = scripted || !now.results.empty() ? nullptr : best_tool(asked, now);
  if (tool)
    out.calls.push_back(
        {call_id(dice, 0), tool->name, value_from(tool->parameters, now.wish, dice)});
  const auto read = scripted || tool || !now.results.empty() ? reading{} : reading_of(now.wish);
  if (out.calls.empty()) {
    const auto joined = scripted || !last.empty() ? std::string{} : joined_answers(now.wish);
    auto text = scripted        ? hit->text
                : read.any      ? read.text
                : !last.empty() ? last
                : !joined.empty()
                    ? joined
                    : "I have read your message and can tell you this much in general.";
    fill(text, found, last);
    json data = scripted ? hit->data : json{};
    if (data.is_null() && !now.results.empty())
      data = now.results.back().data;
    fill_all(data, found, last);
    if (read.any)
      data = read.data;
    const double sure = scripted                                ? hit->confidence
                        : read.any                              ? read.sure
                        : now.results.empty() && joined.empty() ? 0.55
                                                                : 0.9;
    say(out, asked, std::move(text), data, sure, now, dice);
  }
  count_tokens(out, asked);
  return out;
}

namespace {

/// Other digits in place of those that are there: numbers of orders, amounts, dates.
void make_up(std::string& text, std::uint64_t dice) {
  std::uint64_t n = dice;
  for (auto& c : text)
    if (c >= '0' && c <= '9')
      c = static_cast<char>('0' + (n = scramble(n)) % 10);
}

void make_up_all(json& value, std::uint64_t dice) {
  if (value.is_string())
    make_up(value.get_ref<std::string&>(), dice);
  else if (value.is_number_integer())
    value = static_cast<std::int64_t>(scramble(dice) % 100000);
  else if (value.is_structured())
    for (auto& inner : value)
      make_up_all(inner, scramble(dice));
}

spoken hallucinate(spoken x, const chat& asked, std::uint64_t dice) {
  if (!x.calls.empty()) {
    if (dice % 2 == 0)
      x.calls.front().name = "lookup_everything";
    make_up_all(x.calls.front().arguments, dice);
    return x;
  }
  auto said = json::parse(x.text, nullptr, false);
  if (!said.is_object()) {
    x.text = "Good news: refund RF-" + std::to_string(1000 + dice % 9000) +
             " of $1,234.00 is on its way.";
    return x;
  }
  make_up_all(said, dice);
  // As sure as ever.
  said["confidence"] = 0.97;
  if (!asked.schema.is_null() && dice % 3 == 0)
    said["text"] = "We have issued a refund of $1,234.00 to your card, number RF-" +
                   std::to_string(1000 + dice % 9000) + ".";
  x.text = as_text(said);
  return x;
}

spoken malform(spoken x, std::uint64_t dice) {
  if (!x.calls.empty()) {
    x.broken_arguments = "{\"order_id\": \"LF-10";
    return x;
  }
  switch (dice % 4) {
  case 0:
    x.text = x.text.substr(0, x.text.size() / 2);
    break;
  case 1:
    x.text = "Sure! Here is what I found for you, my friend.";
    break;
  case 2:
    x.text = R"({"text": ["not", "a", "text"], "data": "none", "confidence": "very high"})";
    break;
  default:
    x.text = "```json\n" + x.text + "\n```\nI hope this helps!";
  }
  return x;
}

} // namespace

spoken spoilt(spoken x, const chat& asked, mishap how, std::uint64_t dice) {
  switch (how) {
  case mishap::malformed:
    return malform(std::move(x), dice);
  case mishap::hallucinated:
    return hallucinate(std::move(x), asked, dice);
  case mishap::refused:
    x.calls.clear();
    x.text = "I can't help with that.";
    x.refused = true;
    return x;
  case mishap::truncated:
    if (!x.calls.empty())
      x.broken_arguments = "{\"";
    x.text = x.text.substr(0, x.text.size() / 3);
    x.cut_off = true;
    return x;
  default:
    return x;
  }
}

mishap draw_mishap(const mishap_shares& shares, std::uint64_t dice) {
  double at = unit_interval(dice);
  for (std::size_t i = 1; i < shares.size(); ++i) {
    if (at < shares[i])
      return static_cast<mishap>(i);
    at -= shares[i];
  }
  return mishap::none;
}

} // namespace troupe::sim_llm
