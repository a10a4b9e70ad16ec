#include "tests/src/config/bad_case.hpp"

#include <gtest/gtest.h>

namespace troupe::config {
namespace plan_diagnostics_cases {

class bad_plan : public testing::TestWithParam<test::bad_case> {};

TEST_P(bad_plan, is_refused_with_its_place) {
  test::expect_refusal(GetParam());
}

const std::string d = "support/domain.yaml";
const std::string domain = "domain: support\ncontext: {tier: string}\n";

const test::bad_case cases[] = {
    {"two_operators",
     d,
     domain + "plan: {call: {skill: talk}, human: {queue: desk}}\n",
     {"support/domain.yaml:3:29: plan.human: cannot stand beside \"call\": only one of call, "
      "sequence, parallel, race, quorum, gate, domain, human, map, loop, judge, compensate"}},
    {"no_operator",
     d,
     domain + "plan: {}\n",
     {"support/domain.yaml:3:1: plan: needs one of call, sequence, parallel, race, quorum, gate, "
      "domain, human, map, loop, judge, compensate"}},
    {"call_of_nothing",
     d,
     domain + "plan: {call: {text: x}}\n",
     {"support/domain.yaml:3:8: plan.call: needs at least one of skill, agent"}},
    {"call_skill",
     d,
     domain + "plan: {call: {skill: tallk}}\n",
     {"support/domain.yaml:3:15: plan.call.skill: no agent of domain \"support\" offers skill "
      "\"tallk\"; did you mean "
      "\"talk\"?"}},
    {"call_agent_skill",
     d,
     domain + "plan: {call: {skill: talk, agent: billing}}\n",
     {"support/domain.yaml:3:15: plan.call.skill: agent \"billing\" does not offer skill "
      "\"talk\""}},
    {"call_composite",
     d,
     domain + "plans: {both: {call: {skill: talk}}}\nplan: {call: {skill: both}}\n",
     {"support/domain.yaml:4:15: plan.call.skill: skill \"both\" is a plan of this domain and not "
      "an agent's: use a "
      "domain step with domain \"support\""}},
    {"names",
     d,
     domain +
         "plan:\n  sequence:\n  - call: {name: n, skill: talk}\n  - call: {name: n, skill: bill}\n",
     {"support/domain.yaml:6:12: plan.sequence[1].call.name: the step in line 5 is called \"n\" "
      "already"}},
    {"quorum",
     d,
     domain + "plan: {quorum: {needed: 2, steps: [{call: {skill: talk}}]}}\n",
     {"support/domain.yaml:3:17: plan.quorum.needed: asks for 2 successes of 1 steps"}},
    {"empty_steps",
     d,
     domain + "plan: {parallel: []}\n",
     {"support/domain.yaml:3:8: plan.parallel: must not be empty"}},
    {"first_gate",
     d,
     domain + "plan:\n  sequence:\n  - gate: {pointer: /data/x, exists: true}\n  - call: {skill: "
              "talk}\n",
     {"support/domain.yaml:5:5: plan.sequence[0].gate: needs a step before it in a sequence"}},
    {"two_tests",
     d,
     domain + "plan:\n  sequence:\n  - call: {skill: talk}\n  - gate: {pointer: /data/x, at_least: "
              "1, at_most: 3}\n",
     {"support/domain.yaml:6:43: plan.sequence[1].gate.at_most: cannot stand beside \"at_least\": "
      "only one of exists, "
      "equals, at_least, at_most, one_of"}},
    {"pointer",
     d,
     domain + "plan:\n  sequence:\n  - call: {skill: talk}\n  - gate: {pointer: /amount, exists: "
              "true}\n",
     {"support/domain.yaml:6:12: plan.sequence[1].gate.pointer: \"/amount\" does not start with "
      "/text, /data or "
      "/confidence"}},
    {"items_from_nowhere",
     d,
     domain + "plan: {map: {items: /orders, step: {call: {skill: talk}}}}\n",
     {"support/domain.yaml:3:14: plan.map.items: \"/orders\" does not start with /input, /previous "
      "or /context"}},
    {"items_of_an_unknown_field",
     d,
     domain + "plan: {map: {items: /context/orders, step: {call: {skill: talk}}}}\n",
     {"support/domain.yaml:3:14: plan.map.items: domain \"support\" declares no context field "
      "\"orders\""}},
    {"items_of_no_list",
     d,
     domain + "plan: {map: {items: /context/tier, step: {call: {skill: talk}}}}\n",
     {"support/domain.yaml:3:14: plan.map.items: context field \"tier\" is of type string and no "
      "list"}},
    {"map_of_nothing",
     d,
     domain + "plan: {map: {items: /input/x}}\n",
     {"support/domain.yaml:3:8: plan.map.step: is missing"}},
    {"loop_without_end",
     d,
     domain + "plan: {loop: {step: {call: {skill: talk}}}}\n",
     {"support/domain.yaml:3:8: plan.loop.until: is missing"}},
    {"loop_until_what",
     d,
     domain + "plan: {loop: {step: {call: {skill: talk}}, until: {pointer: /ok, exists: true}}}\n",
     {"support/domain.yaml:3:52: plan.loop.until.pointer: \"/ok\" does not start with /text, /data "
      "or /confidence"}},
    {"judge_by_nobody",
     d,
     domain + "plan: {judge: {step: {call: {skill: talk}}, passes: {pointer: /data/ok, equals: "
              "true}}}\n",
     {"support/domain.yaml:3:8: plan.judge.by: is missing"}},
    {"judge_by_a_stranger",
     d,
     domain + "plan: {judge: {step: {call: {skill: talk}}, by: {call: {agent: nobody}}, passes: "
              "{pointer: /data/ok, equals: true}}}\n",
     {"support/domain.yaml:3:57: plan.judge.by.call.agent: there is no agent \"nobody\" in domain "
      "\"support\""}},
    {"gate_in_a_map",
     d,
     domain + "plan: {map: {items: /input/x, step: {gate: {pointer: /data/x, exists: true}}}}\n",
     {"support/domain.yaml:3:38: plan.map.step.gate: needs a step before it in a sequence"}},
    {"undo_without_compensate",
     d,
     domain + "plan: {sequence: [{call: {skill: talk, undo: {call: {skill: bill}}}}]}\n",
     {"support/domain.yaml:3:40: plan.sequence[0].call.undo: is never used: the step stands below "
      "no compensate"}},
    {"undo_of_an_undo",
     d,
     domain + "plan: {compensate: [{call: {skill: talk, undo: {call: {skill: bill, undo: {call: "
              "{skill: bill}}}}}}]}\n",
     {"support/domain.yaml:3:69: plan.compensate[0].call.undo.call.undo: the step undoes another "
      "one and cannot be undone itself"}},
    {"undo_by_a_group",
     d,
     domain +
         "plan: {compensate: [{call: {skill: talk, undo: {race: [{call: {skill: bill}}]}}}]}\n",
     {"support/domain.yaml:3:49: plan.compensate[0].call.undo.race: cannot undo a step: that takes "
      "a call, domain or human"}},
    {"unsafe_map_in_a_race",
     d,
     domain + "plan: {race: [{map: {items: /input/x, step: {call: {skill: pay}}}}]}\n",
     {"support/domain.yaml:3:53: plan.race[0].map.step.call.skill: agent \"payer\" has unsafe "
      "effects and cannot take part in a race"}},
    {"plan_queue",
     d,
     domain + "plan: {human: {queue: dusk}}\n",
     {"support/domain.yaml:3:16: plan.human.queue: there is no human queue \"dusk\" in fleet.yaml; "
      "did you mean "
      "\"desk\"?"}},
    {"unsafe_race",
     d,
     domain + "plan: {race: [{call: {skill: pay}}, {sequence: [{call: {agent: payer}}]}]}\n",
     {"support/domain.yaml:3:23: plan.race[0].call.skill: agent \"payer\" has unsafe effects and "
      "cannot take part in a "
      "race",
      "support/domain.yaml:3:57: plan.race[1].sequence[0].call.agent: agent \"payer\" has unsafe "
      "effects and cannot take "
      "part in a race"}},
    {"unsafe_fallback",
     d,
     domain +
         "plan: {quorum: {needed: 1, steps: [{call: {skill: talk, fallback: ['skill:pay']}}]}}\n",
     {"support/domain.yaml:3:68: plan.quorum.steps[0].call.fallback[0]: agent \"payer\" has unsafe "
      "effects and cannot "
      "take part in a quorum"}},
    {"unsafe_fallback_of_an_agent",
     "support/agents/general.yaml",
     "agent: general\nskills: [talk]\nfallback: ['agent:payer']\nnative: {function: f}\n",
     {"support/domain.yaml:4:25: plans.fast.race[0].call.skill: agent \"payer\", which others with "
      "this skill fall back to, has unsafe effects and cannot take part in a race"},
     domain + "plans:\n  fast: {race: [{call: {skill: talk}}, "
              "{call: {skill: talk, fallback: ['human:desk']}}]}\n"},
    {"unsafe_plan_behind_a_domain",
     d,
     domain + "plans: {buy: {sequence: [{call: {skill: talk}}, {call: {skill: pay}}]}}\n"
              "plan: {race: [{domain: {domain: support, skill: buy}}]}\n",
     {"support/domain.yaml:4:42: plan.race[0].domain.skill: agent \"payer\" of domain "
      "\"support\" has unsafe effects and cannot take part in a race"}},
    {"unsafe_plan_behind_two_domains",
     d,
     domain + "plans:\n  buy: {call: {skill: bill, fallback: ['skill:pay']}}\n"
              "  two: {domain: {domain: support, skill: buy}}\n"
              "  all: {quorum: {needed: 1, steps: [{domain: {domain: support, skill: two}}]}}\n",
     {"support/domain.yaml:6:64: plans.all.quorum.steps[0].domain.skill: agent \"payer\" of "
      "domain \"support\" has unsafe effects and cannot take part in a quorum"}},
    {"unsafe_intent_behind_a_domain",
     "sales/domain.yaml",
     "domain: sales\nplans: {fast: {race: [{domain: {domain: support}}]}}\n",
     {"sales/domain.yaml:2:33: plans.fast.race[0].domain.domain: agent \"payer\" of domain "
      "\"support\" has unsafe effects and cannot take part in a race"},
     domain + "understand: {agent: triage, intents: {buy: {skill: pay}}}\n"},
    {"unsafe_plan_of_a_domain_and_a_circle",
     d,
     domain + "plans:\n  x: {domain: {domain: support, skill: y}}\n"
              "  y: {sequence: [{domain: {domain: support, skill: x}}, {call: {skill: pay}}]}\n"
              "  z: {race: [{domain: {domain: support, skill: x}}]}\n",
     {"support/domain.yaml:5:28: plans.y.sequence[0].domain.domain: domains delegate to each other "
      "without end: \"support x\" -> \"support y\" -> \"support x\"",
      "support/domain.yaml:6:41: plans.z.race[0].domain.skill: agent \"payer\" of domain "
      "\"support\" has unsafe effects and cannot take part in a race"}},
    {"plan_offered_by_agent",
     d,
     domain + "plans: {talk: {call: {skill: bill}}}\n",
     {"support/domain.yaml:3:9: plans.talk: skill \"talk\" is offered by agent \"general\" "
      "already"}},
    // Delegation.
    {"delegation_without_what_is_wanted",
     "support/domain.yaml",
     domain + "plan: {domain: {domain: sales}}\n",
     {"support/domain.yaml:3:17: plan.domain.domain: domain \"sales\" has neither a plan nor an "
      "agent that understands text: name the skill that is asked of it"}},
    {"delegation_to_itself",
     d,
     domain + "plan: {domain: {domain: support}}\n",
     {"support/domain.yaml:3:17: plan.domain.domain: domains delegate to each other without end: "
      "\"support\" -> "
      "\"support\""}},
    {"composites_in_a_circle",
     d,
     domain + "plans:\n  x.y: {domain: {domain: support, skill: z}}\n  z: {domain: {domain: "
              "support, skill: x.y}}\n",
     {"support/domain.yaml:5:16: plans.z.domain.domain: domains delegate to each other without "
      "end: \"support x.y\" -> "
      "\"support z\" -> \"support x.y\""}},
};

INSTANTIATE_TEST_SUITE_P(all, bad_plan, testing::ValuesIn(cases),
                         [](const auto& i) { return i.param.name; });

} // namespace plan_diagnostics_cases
} // namespace troupe::config
