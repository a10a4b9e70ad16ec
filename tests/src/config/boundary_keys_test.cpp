// Schemas, facts, sanitizing rules and secrets in a fleet's files.
#include "src/config/secret_values.hpp"
#include "tests/src/config/bad_case.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::config {
namespace boundary_keys_cases {

using test::fleet_folder;
using test::lines;
using testing::HasSubstr;

const std::string agent = "agent: general\nskills: [talk]\nnative: {function: f}\n";
const std::string domain = "domain: support\ncontext: {tier: string}\n";
const std::string a = "support/agents/general.yaml";
const std::string d = "support/domain.yaml";

class bad_boundary : public testing::TestWithParam<test::bad_case> {};

TEST_P(bad_boundary, is_refused_with_its_place) {
  test::expect_refusal(GetParam());
}

const test::bad_case cases[] = {
    {"unknown_keyword",
     a,
     agent + "takes:\n  properites: {}\n",
     {"support/agents/general.yaml:4:1: takes: schema at '/properites': the keyword 'properites' "
      "is not known"}},
    {"schema_of_the_wrong_kind",
     a,
     agent + "gives: [1]\n",
     {"support/agents/general.yaml:4:1: gives: a JSON Schema is a map, true or false"}},
    {"schema_that_is_not_there",
     a,
     agent + "gives: no_such.json\n",
     {"support/agents/general.yaml:4:1: gives: the schema "
      "\"support/agents/no_such.json\": cannot be read: No such file or directory"}},
    {"schema_outside_of_the_fleet",
     a,
     agent + "gives: ../../../x.json\n",
     {"support/agents/general.yaml:4:1: gives: the schema must be a file within the fleet's "
      "folder"}},
    {"unknown_rule",
     a,
     agent + "sanitize: [card_number]\n",
     {"support/agents/general.yaml:4:12: sanitize[0]: there is no sanitizing rule "
      "\"card_number\": neither built in nor declared by domain \"support\"; did you mean "
      "\"card_numbers\"?"}},
    {"rule_twice",
     a,
     agent + "sanitize: [html_tags, html_tags]\n",
     {"support/agents/general.yaml:4:23: sanitize[1]: \"html_tags\" is there twice"}},
    {"built_in_name",
     d,
     domain + "sanitize:\n  - {name: html_tags, pattern: x}\n",
     {"support/domain.yaml:4:6: sanitize[0].name: \"html_tags\" is the name of a built-in rule"}},
    {"pattern_that_matches_nothing",
     d,
     domain + "sanitize:\n  - {name: r, pattern: 'x*'}\n",
     {"support/domain.yaml:4:15: sanitize[0].pattern: the pattern matches nothing at all, so it "
      "would match everywhere"}},
    {"said_as_without_fact",
     d,
     "domain: support\ncontext: {tier: {said_as: [/tier]}}\n",
     {"support/domain.yaml:2:18: context.tier.said_as: said_as needs fact: true; without it "
      "nothing is compared"}},
    {"secret_file_in_a_domain",
     d,
     domain + "description: ${file:e.txt}\n",
     {"support/domain.yaml:3:1: description: the file \"e.txt\": cannot be read: No such file or "
      "directory"}},
};
INSTANTIATE_TEST_SUITE_P(all, bad_boundary, testing::ValuesIn(cases),
                         [](const auto& x) { return x.param.name; });

TEST(boundary_keys, a_silence_that_an_agent_of_its_queue_may_not_give_is_refused) {
  const auto errors = [](const std::string& silence, const std::string& gives,
                         const std::string& queue = "desk") {
    fleet_folder f;
    test::write_small(f);
    f.write("fleet.yaml", "fleet: shop\nentry: support\nhumans:\n  other: {answer_timeout: 1h}\n"
                          "  desk: {answer_timeout: 1h, when_silent: " +
                              silence + "}\n")
        .write("support/agents/approver.yaml",
               "agent: approver\nkind: human\nskills: [approve]\nhuman: {queue: " + queue +
                   "}\ngives: " + gives + "\n");
    return lines(f.load().errors);
  };
  const std::string gives =
      "{properties: {data: {required: [approved], properties: {approved: {type: boolean}}}}}";
  const std::string place =
      "fleet.yaml:5:30: humans.desk.when_silent: is no answer that agent \"support/approver\" may "
      "give (see gives in support/agents/approver.yaml): ";
  EXPECT_THAT(errors("{data: {approved: maybe}}", gives), HasSubstr(place + "/data/approved "));
  EXPECT_THAT(errors("{text: Yes.}", gives), HasSubstr(place + "/data "));
  EXPECT_EQ(errors("{data: {approved: false}}", gives), "");
  EXPECT_EQ(errors("{text: Yes.}", gives, "other"), "") << "its people are silent elsewhere";
  EXPECT_EQ(errors("{text: Yes.}", "{required: [text]}"), "");
  // What is added says that nobody has answered: a schema that is closed has to name it.
  const std::string closed = "{properties: {data: {additionalProperties: false, properties: "
                             "{approved: {type: boolean}";
  EXPECT_THAT(errors("{data: {approved: true}}", closed + "}}}}"),
              HasSubstr(place + "/data/nobody_answered "));
  EXPECT_EQ(errors("{data: {approved: true}}", closed + ", nobody_answered: true}}}}"), "");
}

TEST(boundary_keys, schemas_are_read_inline_and_from_files) {
  fleet_folder f;
  test::write_small(f);
  f.write(a, agent + "takes: {properties: {text: {type: string, minLength: 1}}}\n"
                     "gives: schemas/answer.json\n")
      .write("support/agents/schemas/answer.json", R"({"required": ["text"]})");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  const auto& spec = got.fleet->domains.at(1).agents.at(1);
  EXPECT_EQ(spec.card.name, "general");
  EXPECT_EQ(spec.takes["properties"]["text"]["minLength"], 1);
  EXPECT_EQ(spec.gives, (json{{"required", {"text"}}}));
}

TEST(boundary_keys, facts_and_rules_are_read) {
  fleet_folder f;
  test::write_small(f);
  f.write(d, "domain: support\ncontext:\n  tier: string\n"
             "  id: {type: string, fact: true, said_as: [/id, /a/b]}\n"
             "sanitize:\n  - {name: mine, pattern: 'x+', replacement: y}\n")
      .write(a, agent + "sanitize: [mine, html_tags]\n");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  const auto& support = got.fleet->domains.at(1);
  EXPECT_TRUE(support.context.at("id").fact);
  EXPECT_EQ(support.context.at("id").said_as, (std::vector<std::string>{"/id", "/a/b"}));
  EXPECT_FALSE(support.context.at("tier").fact);
  ASSERT_EQ(support.sanitize.size(), 1u);
  EXPECT_EQ(support.sanitize[0].replacement, "y");
  EXPECT_EQ(support.agents.at(1).sanitize, (std::vector<std::string>{"mine", "html_tags"}));
}

TEST(boundary_keys, secrets_are_filled_in_and_known) {
  fleet_folder f;
  test::write_small(f);
  f.write(
       "support/agents/billing.yaml",
       "agent: billing\nkind: http\nskills: [bill, refund]\nhttp:\n  url: 'http://h/${env:PLACE}'\n"
       "  headers: {Authorization: 'Bearer ${file:keys/token}', X: '${secret:PLAIN}', Y: "
       "'${env:API_KEY}', Z: '${env:OTHER_KEY:-unset}'}\n")
      .write("keys/token", "tok-12345\n");
  const auto got = f.load({{"PLACE", "x"}, {"PLAIN", "plain-1"}, {"API_KEY", "key-1"}});
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  const auto& headers = got.fleet->domains.at(1).agents.at(0).settings.at("headers");
  EXPECT_EQ(headers.at("Authorization"), "Bearer tok-12345");
  EXPECT_THAT(got.secrets, testing::UnorderedElementsAre("tok-12345", "plain-1", "key-1"));
}

TEST(boundary_keys, a_secret_may_not_stand_where_agents_would_see_it) {
  for (const auto& [file, text] : std::vector<std::pair<std::string, std::string>>{
           {d, domain + "description: '${secret:S}'\n"},
           {d, domain + "description: '${env:API_KEY}'\n"},
           {a, agent + "description: '${secret:S}'\n"},
           {a, "agent: general\nkind: rules\nskills: [talk]\nrules:\n  rules:\n    - {text: 'the "
               "key is ${secret:S}'}\n"}}) {
    fleet_folder f;
    test::write_small(f);
    f.write(file, text);
    const auto got = f.load({{"S", "hidden-value"}, {"API_KEY", "hidden-value"}});
    EXPECT_FALSE(got.ok()) << text;
    EXPECT_THAT(lines(got.errors), HasSubstr("a secret may not stand here"));
    EXPECT_EQ(lines(got.errors).find("hidden-value"), std::string::npos);
  }
}

TEST(boundary_keys, every_long_line_of_a_secret_file_is_a_secret) {
  secret_values values;
  values.add("-----BEGIN KEY-----\nshort\nMIIEvQIBADANBgkqhkiG\n");
  EXPECT_THAT(values.take(),
              testing::ElementsAre("-----BEGIN KEY-----\nshort\nMIIEvQIBADANBgkqhkiG\n",
                                   "-----BEGIN KEY-----", "MIIEvQIBADANBgkqhkiG"));
}

} // namespace boundary_keys_cases
} // namespace troupe::config
