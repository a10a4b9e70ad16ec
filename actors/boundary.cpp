#include "actors/boundary.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t flaws_told = 8; ///< of a failure; the others are counted in its detail

std::optional<tools::json_schema> compiled(const agent_spec& spec, const json& schema,
                                           const char* which) {
  if (schema.is_null())
    return std::nullopt;
  try {
    return tools::json_schema::compile(schema);
  } catch (const tools::schema_invalid& e) {
    throw std::runtime_error{"agent " + spec.card.domain + "/" + spec.card.name + ", " + which +
                             ": " + e.what()};
  }
}

std::vector<flaw> flaws_in(const tools::json_schema& schema, const json& document) {
  std::vector<flaw> out;
  for (auto& e : schema.validate(document))
    out.push_back({std::move(e.pointer), std::move(e.keyword), std::move(e.message)});
  return out;
}

failure failed(reason why, std::vector<flaw> flaws) {
  if (flaws.empty())
    return {};
  failure out{why, {}, {}};
  const auto& first = flaws.front();
  out.detail = (first.pointer.empty() ? "the whole" : first.pointer) + " " + first.message;
  if (flaws.size() > 1)
    out.detail += "; and " + std::to_string(flaws.size() - 1) + " more";
  flaws.resize(std::min(flaws.size(), flaws_told));
  out.errors = std::move(flaws);
  return out;
}

json or_empty(const json& x) {
  return x.is_null() ? json::object() : x;
}

} // namespace

std::shared_ptr<const boundary> boundary::of(const agent_spec& spec, const domain_spec* domain) {
  auto screens = screening::of(spec, domain);
  if (spec.takes.is_null() && spec.gives.is_null() && spec.sanitize.empty() && !screens)
    return nullptr;
  std::shared_ptr<boundary> out{new boundary};
  out->screens_ = std::move(screens);
  out->takes_ = compiled(spec, spec.takes, "takes");
  out->gives_ = compiled(spec, spec.gives, "gives");
  if (!spec.sanitize.empty())
    out->sanitizer_.emplace(spec.sanitize,
                            domain ? domain->sanitize : std::vector<sanitize_rule>{});
  return out;
}

agent_call_ptr boundary::cleaned(const agent_call_ptr& what,
                                 std::shared_ptr<const std::string>& note) const {
  if (!sanitizer_)
    return what;
  auto copy = std::make_shared<agent_call>(*what);
  text::taken_out taken;
  sanitizer_->apply(copy->text, taken);
  sanitizer_->apply(copy->input, taken);
  sanitizer_->apply(copy->context, taken);
  if (taken.empty())
    return what;
  std::string said;
  for (const auto& [rule, times] : taken)
    said += (said.empty() ? "" : ", ") + rule + " (" + std::to_string(times) + ")";
  note = std::make_shared<const std::string>("taken out of what the agent was given: " + said);
  return copy;
}

failure boundary::refused_input(const agent_call& what) const {
  if (!takes_)
    return {};
  json document{{"skill", what.skill},
                {"text", what.text},
                {"input", or_empty(what.input)},
                {"context", or_empty(what.context)}};
  if (auto& input = document["input"]; input.is_object())
    input.erase("errors");
  return failed(reason::invalid_input, flaws_in(*takes_, document));
}

failure boundary::refused_output(const outcome& x) const {
  if (!gives_)
    return {};
  return failed(reason::invalid_output, flaws_in(*gives_, json{{"text", x.text},
                                                               {"data", or_empty(x.data)},
                                                               {"confidence", x.confidence}}));
}

std::vector<flaw> boundary::flaws_of_request(const std::string& skill, const std::string& text,
                                             const json& data) const {
  if (!takes_)
    return {};
  json document{
      {"skill", skill}, {"text", text}, {"input", or_empty(data)}, {"context", json::object()}};
  document["input"].erase("context");
  auto out = flaws_in(*takes_, document);
  std::erase_if(out, [](const flaw& f) {
    const auto under = [&](std::string_view part) {
      return f.pointer == part || (f.pointer.starts_with(part) && f.pointer[part.size()] == '/');
    };
    return !under("/input") && !under("/text") && !under("/skill");
  });
  return out;
}

failure refused_answer(const agent_spec& spec, const boundary* its, const outcome& x) {
  if (x.confidence < spec.min_confidence)
    return {reason::low_confidence,
            "confidence " + std::to_string(x.confidence) + " is below " +
                std::to_string(spec.min_confidence),
            {}};
  return its ? its->refused_output(x) : failure{};
}

json to_json(const std::vector<flaw>& flaws) {
  auto out = json::array();
  for (const auto& f : flaws)
    out.push_back({{"pointer", f.pointer}, {"keyword", f.keyword}, {"message", f.message}});
  return out;
}

} // namespace troupe
