#include "src/config/make_shape.hpp"

#include <troupe/plan.hpp>

namespace troupe::config {

namespace {

using namespace make;

field step_name() {
  return {"name", text(text_rule::name), "unique within the plan; the key of its result",
          "operator and number"};
}
field step_text() {
  return {"text", text(), "the part of the request that the step is about", "all of it"};
}
field step_input() {
  return {"input", object(), "further input for the step", "none"};
}
field step_timeout() {
  return {"timeout", duration(), "for one attempt", "the domain's"};
}
field step_fallback() {
  return {"fallback", list(text(text_rule::fallback)), "tried in order when repetitions end", "[]"};
}
field steps() {
  return {"steps", list(fields(plan_keys), 1), "the steps", {}, true};
}
field undo() {
  return {"undo", fields(plan_keys),
          "below a `compensate`: the call, domain or human step that takes back what this one did, "
          "and is given its result as `undo_of`",
          "none"};
}
field whole_timeout() {
  return {"timeout", duration(), "for all of it", "the task's"};
}
field how() {
  return {"how", word<join>(), "how their results become one", "concatenate"};
}

const record& call_keys() {
  static const record r{
      "call",
      "One agent does it.",
      {step_name(),
       {"skill", text(text_rule::name), "any agent of this domain with the skill"},
       {"agent", text(text_rule::word), "only this agent of the domain"},
       step_text(),
       step_input(),
       step_timeout(),
       {"priority", word<priority>(), "urgency of the step", "medium"},
       step_fallback(),
       undo()},
      {},
      {"skill", "agent"}};
  return r;
}

const record& sequence_keys() {
  static const record r{"sequence",
                        "One step after the other; a failure ends it.",
                        {step_name(), how(), steps(), undo()}};
  return r;
}

const record& parallel_keys() {
  static const record r{"parallel", "All steps at once.", {step_name(), how(), steps(), undo()}};
  return r;
}

const record& race_keys() {
  static const record r{
      "race", "All steps at once; the first success wins.", {step_name(), steps(), undo()}};
  return r;
}

const record& quorum_keys() {
  static const record r{"quorum",
                        "All steps at once; done when enough of them succeeded.",
                        {step_name(),
                         {"needed", integer(1, 10000), "how many must succeed", {}, true},
                         how(),
                         steps(),
                         undo()}};
  return r;
}

std::vector<field> tests(std::vector<field> before) {
  auto r = std::move(before);
  r.push_back({"exists", always_true(), "there is a value, and it is not null"});
  r.push_back({"equals", any(), "the value is this one"});
  r.push_back({"at_least", number(), "the value is a number of at least this"});
  r.push_back({"at_most", number(), "the value is a number of at most this"});
  r.push_back({"one_of", list(any(), 1), "the value is one of these"});
  return r;
}

const std::vector<std::string_view>& test_words() {
  static const std::vector<std::string_view> words{enum_names<gate_test>::value.begin(),
                                                   enum_names<gate_test>::value.end()};
  return words;
}

const record& gate_keys() {
  static const record r{
      "gate",
      "Goes on only if a condition holds on the result of the step before it in a sequence.",
      tests({step_name(),
             {"pointer",
              text(text_rule::pointer),
              "JSON pointer into `{text, data, confidence}`",
              {},
              true}}),
      test_words()};
  return r;
}

const record& delegate_keys() {
  static const record r{
      "domain",
      "Another domain does it.",
      {step_name(),
       {"domain", text(text_rule::path), "path of the domain", {}, true},
       {"skill", text(text_rule::name), "skill wanted there", "the domain finds out"},
       step_text(),
       step_input(),
       step_timeout(),
       step_fallback(),
       undo()}};
  return r;
}

const record& human_keys() {
  static const record r{
      "human",
      "A person does it.",
      {step_name(),
       {"queue", text(text_rule::name), "one of the fleet's queues of people", {}, true},
       {"text", text(), "the question", "the request"},
       step_timeout(),
       undo()}};
  return r;
}

const record& result_condition_keys() {
  static const record r{"result condition", "What must hold on the result of a step.",
                        tests({{"pointer",
                                text(text_rule::pointer),
                                "JSON pointer into `{text, data, confidence}`",
                                {},
                                true}}),
                        test_words()};
  return r;
}

const record& map_keys() {
  static const record r{
      "map",
      "A step once for every item of a list that is found when it begins. The step is given `item` "
      "and `index`.",
      {step_name(),
       {"items",
        text(text_rule::pointer),
        "JSON pointer into `{input, previous, context}` to the list: of at most 10000 items",
        {},
        true},
       {"step", fields(plan_keys), "what is done for each", {}, true},
       {"at_once", integer(1, 1000), "items that are worked on at the same time", "16"},
       how(),
       whole_timeout(),
       undo()}};
  return r;
}

field max_rounds() {
  return {"max_rounds", integer(1, 1000), "after so many without success it fails", "10"};
}

const record& loop_keys() {
  static const record r{
      "loop",
      "A step again and again. Each round is given the one before as `previous`, and its number as "
      "`round`.",
      {step_name(),
       {"step", fields(plan_keys), "what is done in each round", {}, true},
       {"until", fields(result_condition_keys), "what ends it", {}, true},
       max_rounds(),
       whole_timeout(),
       undo()}};
  return r;
}

const record& judge_keys() {
  static const record r{
      "judge",
      "A step whose result must pass before another. The one that judges is given it as "
      "`candidate`; what does not pass is done again, with the judgement as `feedback`.",
      {step_name(),
       {"step", fields(plan_keys), "what is judged", {}, true},
       {"by", fields(plan_keys), "the step that judges", {}, true},
       {"passes", fields(result_condition_keys), "what the judgement must say", {}, true},
       max_rounds(),
       whole_timeout(),
       undo()}};
  return r;
}

const record& compensate_keys() {
  static const record r{
      "compensate",
      "One step after the other. When one fails, or the task is cancelled or out of time, what the "
      "others did is undone, the last one first: by the `undo` of every step below that has one.",
      {step_name(), how(), steps(), whole_timeout(), undo()}};
  return r;
}

} // namespace

const record& condition_keys() {
  static const record r{"condition", "Something that must hold for a rule to match.",
                        tests({{"pointer",
                                text(text_rule::pointer),
                                "JSON pointer into the agent's request",
                                {},
                                true}}),
                        test_words()};
  return r;
}

const record& plan_keys() {
  // The groups have a short form: the list of their steps.
  const auto group = [](const record& (*keys)()) {
    return fields_or(keys, list(fields(plan_keys), 1));
  };
  static const record r{
      "plan node",
      "A step, or a group of steps: a map with exactly one of these keys.",
      {{"call", fields(call_keys), "one agent does it"},
       {"sequence", group(sequence_keys), "one step after the other"},
       {"parallel", group(parallel_keys), "all steps at once"},
       {"race", group(race_keys), "the first success wins"},
       {"quorum", fields(quorum_keys), "enough must succeed"},
       {"gate", fields(gate_keys), "a condition on the step before"},
       {"domain", fields(delegate_keys), "another domain does it"},
       {"human", fields(human_keys), "a person does it"},
       {"map", fields(map_keys), "a step for every item of a list"},
       {"loop", fields(loop_keys), "a step again until its result is right"},
       {"judge", fields(judge_keys), "a step whose result another one judges"},
       {"compensate", group(compensate_keys), "one step after the other, undone when one fails"}},
      {enum_names<plan_op>::value.begin(), enum_names<plan_op>::value.end()}};
  return r;
}

} // namespace troupe::config
