#include "src/config/make_shape.hpp"

#include <troupe/failure_rule.hpp>
#include <troupe/task.hpp>

namespace troupe::config {

namespace {

using namespace make;

const record& failure_rule_keys() {
  static const record r{
      "failure rule",
      "What a reason leads to. `REASON: REMEDY` is short for `REASON: {then: REMEDY}`.",
      {{"then", word<remedy>(), "what is done about the step", {}, true},
       {"max_retries", integer(0, 100), "for this reason, instead of `retry.max_retries`",
        "`retry.max_retries`"},
       {"agent", word<sanction>(), "what is done about the agent that failed", "none"}}};
  return r;
}

} // namespace

const record& on_failure_keys() {
  static const record r = [] {
    record out{"on_failure", "Changes of the failure table, by reason.", {}};
    const auto add = [&](std::string_view why, std::string_view meaning,
                         std::string_view standard) {
      out.fields.push_back({why, fields_or(failure_rule_keys, word<remedy>()), meaning, standard});
    };
    add("crash", "the agent ended while it held the step", "retry");
    add("timeout", "the step's deadline passed", "back_off");
    add("rate_limited", "somebody asked to come back later", "back_off");
    add("unavailable", "nobody could take the step", "back_off");
    add("invalid_input", "the agent refused what it was given", "fall_back");
    add("invalid_output", "the agent's answer breaks its contract", "retry");
    add("low_confidence", "the answer is below the confidence that was asked for", "fall_back");
    add("contradiction", "the answer contradicts established facts", "fall_back");
    add("budget_exhausted", "tokens, money or messages ran out", "fall_back");
    add("loop", "the task came back to where it had been", "fall_back");
    add("policy_denied", "a rule or a person forbids it", "fall_back");
    return out;
  }();
  return r;
}

const record& breaker_keys() {
  static const record r{
      "breaker",
      "When failures take an agent or a provider out of service for a while.",
      {{"failures", integer(0, 1000000), "so many failures within `window` open it; 0: never", "5"},
       {"window", duration(100 * ms, 30 * day), "see `failures`", "2m"},
       {"rate", number(0, 1),
        "or this share of at least `min_calls` calls within `rate_window`; 0: never", "0.3"},
       {"rate_window", duration(100 * ms, 30 * day), "see `rate`", "5m"},
       {"min_calls", integer(1, 1000000), "a share of fewer calls says nothing", "20"},
       {"cool_down", duration(10 * ms, 30 * day),
        "how long it stays open before one call is let through as a probe", "30s"}}};
  return r;
}

const record& overload_keys() {
  static const record r{
      "overload",
      "What a domain spares when it has too much to do.",
      {{"stages", list(number(0.01, 1)),
        "shares of `max_tasks` at which the stages begin, rising; `[]`: there are none",
        "[0.7, 0.85, 0.95]"},
       {"refuse_below", word<priority>(),
        "in the last stage, less urgent requests than this are refused", "medium"}}};
  return r;
}

} // namespace troupe::config
