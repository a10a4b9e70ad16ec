#include "actors/agent_json.hpp"

#include "policies/deadline.hpp"
#include "src/telemetry/log.hpp"

#include <troupe/json_read.hpp>

namespace troupe {

namespace {

outcome broken(std::string detail) {
  return outcome::of({reason::invalid_output, std::move(detail), {}});
}

/// Cut like `count_at`, so that sums do not overflow; higher, because money comes in millionths: a
/// million units of the currency for one call.
std::uint64_t count_of(const json& usage, const char* key) {
  constexpr std::uint64_t most = 1'000'000'000'000;
  auto hit = usage.find(key);
  return hit != usage.end() && hit->is_number_unsigned() ? std::min(hit->get<std::uint64_t>(), most)
                                                         : 0;
}

outcome read_error(const json& error) {
  if (!error.is_object() || !error.contains("reason") || !error["reason"].is_string())
    return broken("/error needs a reason");
  const auto why = parse_enum<reason>(error["reason"].get<std::string>());
  if (!why || *why == reason::none)
    return broken("/error/reason must be one of " + words_of<reason>());
  failure f{*why, {}, {}};
  if (auto detail = error.find("detail"); detail != error.end() && detail->is_string())
    f.detail = detail->get<std::string>();
  if (auto wait = error.find("retry_after_ms"); wait != error.end() && wait->is_number_unsigned())
    f.retry_after = milliseconds{std::min<std::uint64_t>(wait->get<std::uint64_t>(), 3'600'000)};
  return outcome::of(std::move(f));
}

} // namespace

json call_to_json(const agent_call& what, timestamp now) {
  json out{{"task", what.about->id},
           {"step", what.step},
           {"attempt", what.attempt},
           {"skill", what.skill},
           {"text", what.text},
           {"input", what.input},
           {"context", what.context},
           {"deadline_ms", left(what.deadline, now).count()},
           {"idempotency_key", what.idempotency_key}};
  if (what.query)
    out["query"] = true;
  if (what.epoch != 0)
    out["epoch"] = what.epoch;
  return out;
}

outcome outcome_from_json(const json& answer) {
  if (!answer.is_object())
    return broken("the answer must be a JSON object");
  if (auto error = answer.find("error"); error != answer.end() && !error->is_null())
    return read_error(*error);
  outcome out;
  if (auto text = answer.find("text"); text != answer.end()) {
    if (!text->is_string())
      return broken("/text must be a string");
    out.text = text->get<std::string>();
  }
  if (auto data = answer.find("data"); data != answer.end() && !data->is_null()) {
    if (!data->is_object())
      return broken("/data must be an object");
    out.data = *data;
  }
  if (out.text.empty() && out.data.is_null())
    return broken("the answer needs text or data");
  if (auto confidence = answer.find("confidence"); confidence != answer.end()) {
    if (!confidence->is_number() || *confidence < 0 || *confidence > 1)
      return broken("/confidence must be a number between 0 and 1");
    out.confidence = confidence->get<double>();
  }
  if (auto usage = answer.find("usage"); usage != answer.end() && usage->is_object()) {
    out.used.input_tokens = count_of(*usage, "input_tokens");
    out.used.output_tokens = count_of(*usage, "output_tokens");
    out.used.cost_micros = count_of(*usage, "cost_micros");
  }
  return out;
}

outcome outcome_from_text(std::string_view answer, const redactor* secrets) {
  constexpr std::size_t quoted = 80;
  auto parsed = parse_bounded(answer);
  if (parsed.is_discarded())
    return broken("the answer is not JSON: " +
                  (secrets ? secrets->beginning(std::string{answer}, quoted)
                           : std::string{answer.substr(0, quoted)}));
  return outcome_from_json(parsed);
}

} // namespace troupe
