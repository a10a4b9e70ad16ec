#pragma once

#include "policies/text_template.hpp"

#include <troupe/agent.hpp>
#include <troupe/plan.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// JSON whose texts are templates.
struct json_template {
  std::optional<text_template> text; ///< this node is a text
  json value;                        ///< this node is a number, a truth or null
  std::map<std::string, json_template> members;
  std::vector<json_template> elements;
  enum class shape : std::uint8_t { text, value, object, array } is = shape::value;

  /// The JSON for `call`, or nothing when a value without default is missing.
  [[nodiscard]] std::optional<json> fill(const agent_call& call) const;
};

/// What a rule answers.
struct rule_answer {
  std::optional<text_template> text;
  std::optional<json_template> data; ///< an object
  double confidence = 1;
};

struct rule {
  std::string skill; ///< only for this skill; empty: for every one
  std::vector<std::string>
      any; ///< one of these has to occur in the text, if there are any; prepared by `spaced_words`
  std::vector<std::string> all; ///< each of these has to occur
  std::vector<condition> when;  ///< each has to hold in {"text", "skill", "context", "input"}
  rule_answer says;
};

/// A rules agent: answers known questions without asking anybody. Immutable once read; any thread
/// may use it.
struct rule_set {
  std::vector<rule> rules;
  std::optional<rule_answer> otherwise;
  static constexpr std::size_t max_rules = 1000;
};

/// Reads the `rules` block of an agent: {"rules": [{"skill", "any", "all", "when", "text", "data",
/// "confidence"}...], "otherwise": {"text", "data", "confidence"}}. Everything but a rule's text or
/// data may be left out; what is not known here is an error. Throws `std::invalid_argument` with
/// the place: "rules[2].when[0].pointer: ...".
[[nodiscard]] rule_set read_rules(const json& settings);

/// Answers `call` by the first rule that applies: its skill is the call's, its words occur (ASCII
/// letters in either case, whole words, phrases word by word whatever stands between the words),
/// its conditions hold, and no value is missing that its answer needs. Otherwise by `otherwise`;
/// and without that the call fails with `low_confidence`. The answer's data gets
/// `"source": "rules"` unless the rule says something else there. Takes time linear in the text and
/// the rules.
[[nodiscard]] outcome apply(const rule_set& rules, const agent_call& call);

/// `text` as rules compare it: its words (letters, digits, bytes beyond ASCII) in lower case with
/// one space around each.
[[nodiscard]] std::string spaced_words(std::string_view text);

} // namespace troupe
