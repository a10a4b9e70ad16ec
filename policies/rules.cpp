#include "policies/rules.hpp"

#include "policies/gate.hpp"

#include <algorithm>

namespace troupe {

namespace {

std::optional<outcome> answer(const rule_answer& says, const agent_call& call) {
  outcome out;
  out.confidence = says.confidence;
  if (says.text) {
    auto text = says.text->fill(call);
    if (!text)
      return std::nullopt;
    out.text = std::move(*text);
  }
  out.data = json::object();
  if (says.data) {
    auto data = says.data->fill(call);
    if (!data)
      return std::nullopt;
    out.data = std::move(*data);
  }
  out.data.emplace("source", "rules");
  return out;
}

/// What conditions look at; made once per call and only if a rule asks.
class view {
 public:
  explicit view(const agent_call& call)
      : call_(call) {}
  const json& document() {
    if (made_.is_null())
      made_ = {{"text", call_.text},
               {"skill", call_.skill},
               {"context", call_.context},
               {"input", call_.input}};
    return made_;
  }

 private:
  const agent_call& call_;
  json made_;
};

bool applies(const rule& r, const agent_call& call, const std::string& words, view& sight) {
  const auto occurs = [&](const std::string& phrase) {
    return words.find(phrase) != std::string::npos;
  };
  return (r.skill.empty() || r.skill == call.skill) &&
         (r.any.empty() || std::any_of(r.any.begin(), r.any.end(), occurs)) &&
         std::all_of(r.all.begin(), r.all.end(), occurs) &&
         std::all_of(r.when.begin(), r.when.end(),
                     [&](const auto& c) { return holds(c, sight.document()); });
}

} // namespace

std::string spaced_words(std::string_view text) {
  std::string out = " ";
  for (char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool part = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      static_cast<unsigned char>(c) >= 0x80;
    if (part)
      out += upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (out.back() != ' ')
      out += ' ';
  }
  if (out.back() != ' ')
    out += ' ';
  return out;
}

std::optional<json> json_template::fill(const agent_call& call) const {
  switch (is) {
  case shape::text:
    return text->fill_typed(call);
  case shape::value:
    return value;
  case shape::object: {
    json out = json::object();
    for (const auto& [key, member] : members) {
      auto filled = member.fill(call);
      if (!filled)
        return std::nullopt;
      out[key] = std::move(*filled);
    }
    return out;
  }
  case shape::array: {
    json out = json::array();
    for (const auto& element : elements) {
      auto filled = element.fill(call);
      if (!filled)
        return std::nullopt;
      out.push_back(std::move(*filled));
    }
    return out;
  }
  }
  return std::nullopt;
}

outcome apply(const rule_set& rules, const agent_call& call) {
  const auto words = spaced_words(call.text);
  view sight{call};
  for (const auto& r : rules.rules)
    if (applies(r, call, words, sight))
      if (auto out = answer(r.says, call))
        return std::move(*out);
  if (rules.otherwise)
    if (auto out = answer(*rules.otherwise, call))
      return std::move(*out);
  return outcome::of({reason::low_confidence,
                      "no rule applies" + (call.skill.empty() ? "" : " for skill " + call.skill),
                      {}});
}

} // namespace troupe
