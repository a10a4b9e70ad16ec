#include "tests/src/config/bad_case.hpp"

#include <gtest/gtest.h>

namespace troupe::config {
namespace diagnostics_cases {

using test::fleet_folder;
using test::lines;

class bad_file : public testing::TestWithParam<test::bad_case> {};

TEST_P(bad_file, is_refused_with_its_place) {
  test::expect_refusal(GetParam());
}

const std::string d = "support/domain.yaml";
const std::string a = "support/agents/general.yaml";
const std::string agent = "agent: general\nskills: [talk]\nnative: {function: f}\n";
const std::string domain = "domain: support\ncontext: {tier: string}\n";
const std::string understood =
    domain + "understand:\n  agent: triage\n  unclear: talk\n  intents:\n";

const test::bad_case cases[] = {
    // Structure.
    {"unknown_word",
     d,
     domain + "routing:\n  strategy: fastest\n",
     {"support/domain.yaml:4:3: routing.strategy: \"fastest\" is not one of static, least_loaded, "
      "cheapest, best_quality, "
      "classifier, learned"}},
    {"near_word",
     d,
     domain + "routing: {strategy: cheapst}\n",
     {"support/domain.yaml:3:11: routing.strategy: \"cheapst\" is not one of static, least_loaded, "
      "cheapest, "
      "best_quality, classifier, learned; did you mean \"cheapest\"?"}},
    {"near_key",
     d,
     domain + "timeuot: 3s\n",
     {"support/domain.yaml:3:1: timeuot: is not a known key; did you mean \"timeout\"?"}},
    {"far_key",
     d,
     domain + "sessions: {zzzzzzzz: 1}\n",
     {"support/domain.yaml:3:12: sessions.zzzzzzzz: is not a known key; known here: busy, queue, "
      "history, idle"}},
    {"merge_key",
     d,
     domain + "sessions: {<<: {queue: 1}}\n",
     {"support/domain.yaml:3:12: sessions.\"<<\": is not a known key; known here: busy, queue, "
      "history, idle"}},
    {"missing_key",
     "fleet.yaml",
     "entry: support\nhumans: {desk: {}}\n",
     {"fleet.yaml:1:1: fleet: is missing"}},
    {"repeated_key",
     d,
     "domain: support\ntimeout: 3s\ntimeout: 4s\ncontext: {tier: string}\n",
     {"support/domain.yaml:3:1: the key \"timeout\" is there already, in line 2"}},
    {"duration_without_unit",
     d,
     domain + "timeout: 30\n",
     {"support/domain.yaml:3:1: timeout: must be a duration like 250ms, 30s, 2m, 24h or 30d, not "
      "\"30\""}},
    {"duration_of_nothing",
     d,
     domain + "timeout: 0s\n",
     {"support/domain.yaml:3:1: timeout: must be a duration from 1ms to 365d, not \"0s\""}},
    {"size",
     "fleet.yaml",
     std::string{test::small_fleet} + "door: {body_max: 1MB}\n",
     {"fleet.yaml:5:8: door.body_max: must be a size like 64KiB, 1MiB or a number of bytes, not "
      "\"1MB\""}},
    {"port",
     "fleet.yaml",
     std::string{test::small_fleet} + "door:\n  port: 65536\n",
     {"fleet.yaml:6:3: door.port: must be a whole number from 0 to 65535, not \"65536\""}},
    {"shards",
     "fleet.yaml",
     std::string{test::small_fleet} + "shards: 257\n",
     {"fleet.yaml:5:1: shards: must be a whole number from 1 to 256, not \"257\""}},
    {"quoted_number",
     "fleet.yaml",
     std::string{test::small_fleet} + "shards: '7'\n",
     {"fleet.yaml:5:1: shards: must be a whole number from 1 to 256, not \"7\""}},
    {"log_days",
     "fleet.yaml",
     std::string{test::small_fleet} + "log: {keep: 25h}\n",
     {"fleet.yaml:5:7: log.keep: must be whole days, not \"25h\""}},
    {"slots",
     a,
     agent + "slots: 1025\n",
     {"support/agents/general.yaml:4:1: slots: must be a whole number from 1 to 1024, not "
      "\"1025\""}},
    {"quality",
     a,
     agent + "quality: 1.5\n",
     {"support/agents/general.yaml:4:1: quality: must be a number from 0 to 1, not \"1.5\""}},
    {"text_that_is_a_number",
     a,
     agent + "description: 5\n",
     {"support/agents/general.yaml:4:1: description: must be text, not \"5\"; put it in quotes"}},
    {"list_wanted",
     a,
     agent + "reads: tier\n",
     {"support/agents/general.yaml:4:1: reads: must be a list, not \"tier\""}},
    {"context_type",
     d,
     "domain: support\ncontext: {tier: text}\n",
     {"support/domain.yaml:2:11: context.tier: \"text\" is not one of string, number, integer, "
      "boolean, object, array"}},
    {"file_of_a_list", d, "[1]\n", {"support/domain.yaml:1:1: the file must hold a map"}},
    // Kinds.
    {"kind_block_missing",
     a,
     "agent: general\nkind: subprocess\nskills: [talk]\n",
     {"support/agents/general.yaml:1:1: subprocess: is missing; it is required because kind is "
      "\"subprocess\""}},
    {"kind_block_foreign",
     a,
     agent + "human: {queue: desk}\n",
     {"support/agents/general.yaml:4:1: human: does not belong here, because kind is not given and "
      "therefore "
      "\"native\""}},
    {"skills_missing",
     a,
     "agent: general\nnative: {function: f}\n",
     {"support/agents/general.yaml:1:1: skills: is missing; it is required because kind is not "
      "given and therefore "
      "\"native\""}},
    // Names.
    {"agent_name",
     a,
     "agent: genral\nskills: [talk]\nnative: {function: f}\n",
     {"support/agents/general.yaml:1:1: agent: \"genral\" is not the name of its file, "
      "\"general\""}},
    {"domain_name",
     d,
     "domain: help\ncontext: {tier: string}\n",
     {"support/domain.yaml:1:1: domain: \"help\" is not the name of its folder, \"support\""}},
    {"entry",
     "fleet.yaml",
     "fleet: x\nentry: suport\nhumans: {desk: {}}\n",
     {"fleet.yaml:2:1: entry: there is no domain \"suport\"; did you mean \"support\"?"}},
    {"services",
     "fleet.yaml",
     std::string{test::small_fleet} +
         "services:\n- {name: w, command: [x]}\n- {name: w, command: [y]}\n",
     {"fleet.yaml:7:4: services[1].name: the service in line 6 is called \"w\" already"}},
    {"skill_twice",
     a,
     "agent: general\nskills: [talk, talk]\nnative: {function: f}\n",
     {"support/agents/general.yaml:2:16: skills[1]: \"talk\" is there twice"}},
    {"backoff",
     d,
     domain + "retry: {min_backoff: 2s, max_backoff: 1s}\n",
     {"support/domain.yaml:3:9: retry.min_backoff: min_backoff is larger than max_backoff"}},
    // Intents.
    {"intent_skill",
     d,
     understood + "    cancel: {skill: tolk}\n",
     {"support/domain.yaml:7:14: understand.intents.cancel.skill: no agent of domain \"support\" "
      "offers skill \"tolk\", "
      "and it is none of its plans; did you mean \"talk\"?"}},
    {"intent_domain",
     d,
     understood + "    cancel: {domain: sale}\n",
     {"support/domain.yaml:7:14: understand.intents.cancel.domain: there is no domain \"sale\"; "
      "did you mean "
      "\"sales\"?"}},
    {"intent_foreign_skill",
     d,
     understood + "    up: {domain: sales, skill: talk}\n",
     {"support/domain.yaml:7:25: understand.intents.up.skill: no agent of domain \"sales\" offers "
      "skill \"talk\", and it "
      "is none of its plans"}},
    {"intent_of_a_domain_that_needs_a_skill",
     d,
     understood + "    up: {domain: sales}\n",
     {"support/domain.yaml:7:10: understand.intents.up.domain: domain \"sales\" has neither a plan "
      "nor an agent that understands text: name the skill that is asked of it"}},
    {"intent_of_nothing",
     d,
     understood + "    up: {priority: low}\n",
     {"support/domain.yaml:7:5: understand.intents.up: needs at least one of skill, domain"}},
    {"intent_after",
     d,
     understood + "    a1: {skill: talk, after: [a9]}\n",
     {"support/domain.yaml:7:31: understand.intents.a1.after[0]: there is no intent \"a9\"; did "
      "you mean \"a1\"?"}},
    {"intent_order",
     d,
     understood + "    a: {skill: talk, after: [b]}\n    b: {skill: talk, after: [a]}\n",
     {"support/domain.yaml:8:30: understand.intents.b.after[0]: intents wait for each other: \"a\" "
      "-> \"b\" -> \"a\""}},
    {"triage_kind",
     d,
     domain + "understand: {agent: general}\n",
     {"support/domain.yaml:3:14: understand.agent: agent \"general\" is of kind native, not "
      "triage"}},
    {"triage_unknown",
     d,
     domain + "understand: {agent: nobody}\n",
     {"support/domain.yaml:3:14: understand.agent: there is no agent \"nobody\" in domain "
      "\"support\""}},
    {"unclear_queue",
     d,
     domain + "understand: {agent: triage, unclear: 'human:dsk'}\n",
     {"support/domain.yaml:3:29: understand.unclear: there is no human queue \"dsk\" in "
      "fleet.yaml; did you mean "
      "\"desk\"?"}},
    // Agents.
    {"reads",
     a,
     agent + "reads: [teir]\n",
     {"support/agents/general.yaml:4:9: reads[0]: domain \"support\" declares no context field "
      "\"teir\"; did you mean "
      "\"tier\"?"}},
    {"agent_intents",
     a,
     agent + "intents: [refund]\n",
     {"support/agents/general.yaml:4:11: intents[0]: domain \"support\" has no intent "
      "\"refund\""}},
    {"fallback_agent",
     a,
     agent + "fallback: ['agent:biling']\n",
     {"support/agents/general.yaml:4:12: fallback[0]: there is no agent \"biling\" in domain "
      "\"support\"; did you mean "
      "\"billing\"?"}},
    {"fallback_form",
     a,
     agent + "fallback: [billing]\n",
     {"support/agents/general.yaml:4:12: fallback[0]: must be agent:NAME, skill:NAME or "
      "human:QUEUE, not \"billing\""}},
    {"fallback_to_itself",
     a,
     agent + "fallback: ['agent:general']\n",
     {"support/agents/general.yaml:4:12: fallback[0]: agent \"general\" falls back to itself"}},
    {"fallback_cycle",
     a,
     "agent: general\nskills: [talk]\nnative: {function: f}\nfallback: ['agent:payer', "
     "'skill:talk']\n",
     {"support/agents/general.yaml:4:27: fallback[1]: agents fall back to each other: \"general\" "
      "-> \"general\""}},
    {"human_queue",
     a,
     "agent: general\nkind: human\nskills: [talk]\nhuman: {queue: nowhere}\n",
     {"support/agents/general.yaml:4:9: human.queue: there is no human queue \"nowhere\" in "
      "fleet.yaml"}},
    // YAML itself.
    {"syntax",
     d,
     "domain: support\ncontext: [\n",
     {"support/domain.yaml:3:1: not valid YAML: end of sequence flow not found"}},
    {"empty", d, "# nothing\n", {"support/domain.yaml: the file is empty"}},
    {"two_documents",
     d,
     "domain: support\n---\ndomain: x\n",
     {"support/domain.yaml:3:1: a second document: a file holds one"}},
    {"tag",
     d,
     "domain: !secret support\n",
     {"support/domain.yaml:1:9: tags such as \"!secret\" are not understood"}},
    {"self_alias",
     d,
     "domain: &x [*x]\n",
     {"support/domain.yaml:1:13: an alias to a value that holds it"}},
    {"not_utf8",
     d,
     "domain: support\ndescription: \xff\n",
     {"support/domain.yaml:2:14: is not UTF-8 text"}},
    {"nul",
     d,
     std::string("domain: \0", 9),
     {"support/domain.yaml:1:9: holds a control character"}},
    {"nul_escape",
     d,
     "domain: \"\\x00\"\n",
     {"support/domain.yaml:1:9: an escape that is not a character"}},
};

INSTANTIATE_TEST_SUITE_P(all, bad_file, testing::ValuesIn(cases),
                         [](const auto& i) { return i.param.name; });

TEST(diagnostic_text, leaves_out_what_is_not_known_and_is_one_line) {
  EXPECT_EQ(to_string(diagnostic{"a.yaml", 0, 0, "", "bad"}), "a.yaml: bad");
  EXPECT_EQ(to_string(diagnostic{"a.yaml", 3, 0, "k", "bad"}), "a.yaml:3: k: bad");
  EXPECT_EQ(to_string(diagnostic{"a\n.yaml", 3, 4, "k", "b\x1b\xff"}),
            "a\\x0a.yaml:3:4: k: b\\x1b\\xff");
}

TEST(diagnostics, are_collected_over_all_files) {
  fleet_folder f;
  test::write_small(f);
  f.write("fleet.yaml", "fleet: shop\nentry: nowhere\n")
      .write("support/domain.yaml", "domain: support\nretry: {factor: 0, max_retries: -1}\n")
      .write("sales/agents/seller.yaml", "agent: seller\nskills: [sell]\n");
  EXPECT_EQ(lines(f.load().errors),
            "fleet.yaml:2:1: entry: there is no domain \"nowhere\"\n"
            "sales/agents/seller.yaml:1:1: native: is missing; it is required because kind is not "
            "given and therefore "
            "\"native\"\n"
            "support/domain.yaml:2:9: retry.factor: must be a number from 1 to 100, not \"0\"\n"
            "support/domain.yaml:2:20: retry.max_retries: must be a whole number from 0 to 100, "
            "not \"-1\"\n");
}

TEST(diagnostics, delegation_over_two_domains_shows_the_circle) {
  fleet_folder f;
  test::write_small(f);
  f.write("support/domain.yaml",
          "domain: support\ncontext: {tier: string}\nplan: {domain: {domain: sales}}\n")
      .write("sales/domain.yaml", "domain: sales\nplan: {domain: {domain: support}}\n");
  EXPECT_EQ(lines(f.load().errors),
            "support/domain.yaml:3:17: plan.domain.domain: domains delegate to each other "
            "without end: \"sales\" -> \"support\" -> \"sales\"\n");
}

} // namespace diagnostics_cases
} // namespace troupe::config
