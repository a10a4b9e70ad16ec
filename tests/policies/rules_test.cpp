#include "policies/rules.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace troupe {
namespace rules_cases {

agent_call call(std::string text, std::string skill = "s") {
  agent_call c;
  c.text = std::move(text);
  c.skill = std::move(skill);
  c.context = {{"name", "Ada"},
               {"tier", "gold"},
               {"orders", {{{"id", 7}}}},
               {"gone", nullptr},
               {"rate", 2.5}};
  c.input = {{"n", 5}, {"on", true}};
  return c;
}

/// One rule with `text` "yes" and the members given.
rule_set one(json members) {
  members["text"] = "yes";
  return read_rules({{"rules", json::array({members})}});
}

TEST(rules, when_a_rule_applies) {
  const struct {
    json rule;
    const char* text;
    bool applies;
  } table[] = {
      {json::object(), "anything", true},
      {json::object(), "", true},
      {{{"skill", "s"}}, "x", true},
      {{{"skill", "t"}}, "x", false},
      {{{"any", {"open", "hours"}}}, "When are you OPEN?", true},
      {{{"any", {"open", "hours"}}}, "reopened", false},
      {{{"any", {"open"}}}, "open", true},
      {{{"any", {"Opening Hours"}}}, "your opening\n hours, please", true},
      {{{"any", {"opening hours"}}}, "opening the hours", false},
      {{{"any", {"opening hours"}}}, "reopening hours", false},
      {{{"any", {"don't"}}}, "I don't know", true},
      {{{"any", json::array()}}, "x", true},
      {{{"all", {"a", "b"}}}, "b then a", true},
      {{{"all", {"a", "b"}}}, "a", false},
      {{{"any", {"x"}}, {"all", {"a"}}}, "a", false},
      {{{"any", {2024}}}, "in 2024!", true},
      {{{"any", {"größe"}}}, "welche größe?", true},
      {{{"when", {{{"pointer", "/context/tier"}, {"equals", "gold"}}}}}, "x", true},
      {{{"when", {{{"pointer", "/context/tier"}, {"equals", "free"}}}}}, "x", false},
      {{{"when", {{{"pointer", "/context/none"}, {"exists", true}}}}}, "x", false},
      {{{"when",
         {{{"pointer", "/input/n"}, {"at_least", 5}}, {{"pointer", "/input/n"}, {"at_most", 4}}}}},
       "x",
       false},
      {{{"when",
         {{{"pointer", "/text"}, {"one_of", {"x", "y"}}},
          {{"pointer", "/skill"}, {"equals", "s"}}}}},
       "x",
       true},
  };
  for (const auto& row : table) {
    const auto out = apply(one(row.rule), call(row.text));
    EXPECT_EQ(out.ok(), row.applies) << row.rule << " on " << row.text;
    if (!row.applies) {
      EXPECT_EQ(out.failed, (failure{reason::low_confidence, "no rule applies for skill s", {}}));
    }
  }
}

TEST(rules, templates) {
  const struct {
    const char* text;
    const char* filled; ///< null: the rule does not apply
  } table[] = {
      {"plain", "plain"},
      {"", ""},
      {"Hello ${context.name}!", "Hello Ada!"},
      {"${context.name}${context.name}", "AdaAda"},
      {"${text} ${skill}", "hi s"},
      {"${input.n} ${input.on} ${context.rate}", "5 true 2.5"},
      {"${context.orders}", "[{\"id\":7}]"},
      {"${context.orders.0.id}", "7"},
      {"${context.orders.1.id}", nullptr},
      {"${context.orders.x.id|none}", "none"},
      {"${context.orders.99999999999999999999999|none}", "none"},
      {"${context.name.first|x}", "x"},
      {"${context.none}", nullptr},
      {"${context.none|there}", "there"},
      {"${context.none|}", ""},
      {"${context.gone|was null}", "was null"},
      {"${context.gone}", nullptr},
      {"costs $5 {really}", "costs $5 {really}"},
  };
  for (const auto& row : table) {
    const auto rules = read_rules({{"rules", {{{"text", row.text}}}}});
    const auto out = apply(rules, call("hi"));
    EXPECT_EQ(out.ok(), row.filled != nullptr) << row.text;
    if (row.filled) {
      EXPECT_EQ(out.text, row.filled);
    }
  }
}

TEST(rules, data_is_filled_and_a_single_place_keeps_its_type) {
  const auto rules = read_rules(json::parse(R"({"rules": [{"confidence": 0.9, "data": {
    "n": "${input.n}", "on": "${input.on}", "said": "n is ${input.n}", "orders": "${context.orders}",
    "deep": {"list": [1, null, true, "${context.name}", "${context.x|5}"]}}}]})"));
  const auto out = apply(rules, call("hi"));
  EXPECT_DOUBLE_EQ(out.confidence, 0.9);
  EXPECT_EQ(out.data, json::parse(R"({"n": 5, "on": true, "said": "n is 5", "orders": [{"id": 7}],
    "deep": {"list": [1, null, true, "Ada", "5"]}, "source": "rules"})"));
  const auto own = read_rules({{"rules", {{{"data", {{"source", "handbook"}}}}}}});
  EXPECT_EQ(apply(own, call("hi")).data, (json{{"source", "handbook"}}));
}

TEST(rules, the_first_that_applies_answers_and_otherwise_is_the_last_resort) {
  const auto rules = read_rules(json::parse(R"({"rules": [
    {"any": ["b"], "text": "needs ${context.missing}"},
    {"any": ["b"], "data": {"x": ["${context.missing}"]}},
    {"any": ["a", "b"], "text": "second"},
    {"text": "third", "skill": "other"}],
    "otherwise": {"text": "sorry, ${context.name}", "confidence": 0.3}})"));
  EXPECT_EQ(apply(rules, call("b")).text, "second");
  EXPECT_EQ(apply(rules, call("c", "other")).text, "third");
  const auto out = apply(rules, call("c"));
  EXPECT_EQ(out.text, "sorry, Ada");
  EXPECT_DOUBLE_EQ(out.confidence, 0.3);
  auto stranger = call("c");
  stranger.context = nullptr;
  EXPECT_EQ(apply(rules, stranger).failed.why, reason::low_confidence);
}

TEST(rules, mistakes_are_named_with_their_place) {
  const struct {
    const char* settings;
    const char* says;
  } table[] = {
      {"null", "must be an object"},
      {"{}", "rules: must be a list"},
      {R"({"rules": 5})", "rules: must be a list"},
      {R"({"rules": []})", "rules: must hold at least one rule"},
      {R"({"rules": [], "extra": 1})", "extra: is not known here; known are rules, otherwise"},
      {R"({"rules": [5]})", "rules[0]: must be an object"},
      {R"({"rules": [{"text": "x"}, {"txt": "x"}]})", "rules[1].txt: is not known here"},
      {R"({"rules": [{"any": ["x"]}]})", "rules[0]: needs a text or data"},
      {R"({"rules": [{"text": 5}]})", "rules[0].text: must be a text"},
      {R"({"rules": [{"text": "x", "skill": 5}]})", "rules[0].skill: must be a text"},
      {R"({"rules": [{"text": "x", "any": "x"}]})", "rules[0].any: must be a list"},
      {R"({"rules": [{"text": "x", "any": ["x", true]}]})", "rules[0].any[1]: must be a text"},
      {R"({"rules": [{"text": "x", "all": ["?!"]}]})",
       "rules[0].all[0]: must hold at least one word"},
      {R"({"rules": [{"text": "x", "confidence": 2}]})",
       "rules[0].confidence: must be a number from 0 to 1"},
      {R"({"rules": [{"data": [1]}]})", "rules[0].data: must be an object"},
      {R"({"rules": [{"data": {"a": {"b": ["${x}"]}}}]})",
       "rules[0].data.a.b[0]: ${x} names nothing"},
      {R"({"rules": [{"text": "${context}"}]})", "rules[0].text: ${context} names nothing"},
      {R"({"rules": [{"text": "${context.}"}]})", "names nothing"},
      {R"({"rules": [{"text": "${text.x}"}]})", "names nothing"},
      {R"({"rules": [{"text": "${}"}]})", "names nothing"},
      {R"({"rules": [{"text": "a ${text"}]})", "lacks its closing brace"},
      {R"({"rules": [{"text": "x", "when": {}}]})", "rules[0].when: must be a list of conditions"},
      {R"({"rules": [{"text": "x", "when": [{"equals": 1}]}]})",
       "rules[0].when[0]: needs a pointer"},
      {R"({"rules": [{"text": "x", "when": [{"pointer": "a", "equals": 1}]}]})",
       "rules[0].when[0].pointer: must be a JSON"},
      {R"({"rules": [{"text": "x", "when": [{"pointer": "/a"}]}]})",
       "needs exactly one of exists, equals"},
      {R"({"rules": [{"text": "x", "when": [{"pointer": "/a", "equals": 1, "exists": true}]}]})",
       "needs exactly one of"},
      {R"({"rules": [{"text": "x", "when": [{"pointer": "/a", "exists": false}]}]})",
       "when[0].exists: must be true"},
      {R"({"rules": [{"text": "x", "when": [{"pointer": "/a", "at_most": "1"}]}]})",
       "at_most: must be a number"},
      {R"({"rules": [{"text": "x", "when": [{"pointer": "/a", "one_of": "1"}]}]})",
       "one_of: must be a list"},
      {R"({"rules": [], "otherwise": {"text": "x", "any": ["y"]}})",
       "otherwise.any: is not known here"},
      {R"({"rules": [], "otherwise": {}})", "otherwise: needs a text or data"},
  };
  for (const auto& row : table) {
    try {
      (void)read_rules(json::parse(row.settings));
      ADD_FAILURE() << "taken: " << row.settings;
    } catch (const std::invalid_argument& problem) {
      EXPECT_NE(std::string{problem.what()}.find(row.says), std::string::npos) << problem.what();
    }
  }
  json deep = "x";
  for (int i = 0; i < 40; ++i)
    deep = {{"d", deep}};
  EXPECT_THROW((void)read_rules({{"rules", {{{"data", deep}}}}}), std::invalid_argument);
}

TEST(rules, any_bytes_can_be_asked) {
  const auto rules = one({{"any", {"open"}}, {"when", {{{"pointer", "/text"}, {"exists", true}}}}});
  EXPECT_TRUE(apply(rules, call("\xff\xfe open \x80")).ok());
  EXPECT_FALSE(apply(rules, call(std::string(1 << 20, 'o'))).ok());
  EXPECT_EQ(spaced_words("  A-b\tC3 "), " a b c3 ");
  EXPECT_EQ(spaced_words("?!"), " ");
}

} // namespace rules_cases
} // namespace troupe
