#pragma once

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/failure_rule.hpp>
#include <troupe/json.hpp>
#include <troupe/task.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// The operators of the plan algebra. Every coordination pattern is a tree of them.
enum class plan_op : std::uint8_t {
  call,     ///< one agent with a skill does it
  sequence, ///< children in order; stops at the first failure
  parallel, ///< children at once; partial when some fail, failed when all do
  race,     ///< children at once; the first success wins, the others are cancelled
  quorum,   ///< children at once; done when `needed` of them succeeded
  gate,     ///< goes on only if a condition holds on what came before
  domain,   ///< the orchestrator of another domain does it
  human,    ///< a person does it
  map,      ///< the child once for every item of a list that is found when it begins
  loop,     ///< the child again and again until a condition holds on its outcome
  judge,    ///< the first child's outcome is judged by the second; what does not pass is done again
  compensate, ///< children in order; when one fails, what the others did is undone in reverse order
};

template <>
struct enum_names<plan_op> {
  static constexpr std::array<std::string_view, 12> value{
      "call",   "sequence", "parallel", "race", "quorum", "gate",
      "domain", "human",    "map",      "loop", "judge",  "compensate"};
};

enum class gate_test : std::uint8_t { exists, equals, at_least, at_most, one_of };

template <>
struct enum_names<gate_test> {
  static constexpr std::array<std::string_view, 5> value{"exists", "equals", "at_least", "at_most",
                                                         "one_of"};
};

/// A quality gate: `pointer` (RFC 6901) into {"text", "data", "confidence"} of the step before, and
/// what must hold there.
struct condition {
  std::string pointer;
  gate_test test = gate_test::exists;
  json value;
  friend bool operator==(const condition&, const condition&) = default;
};

/// How the outcomes of several steps become one.
enum class join : std::uint8_t {
  concatenate, ///< texts one after the other, data under the steps' names
  merge, ///< data merged key by key; two values for one key are a contradiction and are shown, not
         ///< merged
  synthesis, ///< parallel, sequence: the last step makes one text of what the others said, unless
             ///< they contradict each other; when that is of no use, as concatenate
};

template <>
struct enum_names<join> {
  static constexpr std::array<std::string_view, 3> value{"concatenate", "merge", "synthesis"};
};

/// When and how often a failed attempt is repeated.
struct retry_spec {
  std::uint32_t max_retries = 3;
  milliseconds min_backoff{1000};
  milliseconds max_backoff{30000};
  double factor = 2.0;
  double random_factor = 0.2; ///< the delay is drawn from [d, d * (1 + random_factor)]
  friend bool operator==(const retry_spec&, const retry_spec&) = default;
};

/// How far a text is taken to be about an intent, 0 to 1.
struct intent_score {
  std::string intent;
  float score = 0;
  friend bool operator==(const intent_score&, const intent_score&) = default;
};

/// One node of a plan as people and planners write it: a tree.
struct plan_node {
  plan_op op = plan_op::call;
  std::string name;  ///< unique within the plan; the key of its result
  std::string skill; ///< call, domain: what is wanted
  std::string
      target; ///< call: only this agent; domain: path of the domain; human: name of the queue
  std::string
      text;   ///< the part of the request that this step is about; empty means the whole of it
  json input; ///< further input for the step: an object, or null
  priority urgency = priority::medium;
  milliseconds timeout{0}; ///< for one attempt; zero means the domain's default
  std::vector<std::string>
      fallback; ///< tried in order when retries end: `agent:…`, `skill:…`, `human:…`
  std::uint32_t needed = 0;     ///< quorum
  condition when;               ///< gate; loop: ends it; judge: what the judgement must say
  join how = join::concatenate; ///< sequence, parallel, quorum, map, compensate
  std::string items; ///< map: pointer (RFC 6901) into {"input", "previous", "context"} to a list
  std::uint32_t at_once = 16; ///< map: items that are worked on at the same time
  std::uint32_t max_rounds =
      10; ///< loop, judge: after so many rounds without success the step fails
  std::vector<plan_node>
      undo;         ///< any step below a `compensate`: at most one, takes back what the step did
  std::string note; ///< why the step is there, in a planner's words: for people, decides nothing
  std::vector<intent_score>
      scores; ///< call: what its text may be about; the strategy `classifier` compares by it
  std::vector<plan_node> children;

  friend bool operator==(const plan_node&, const plan_node&) = default;
};

/// A plan, laid out flat: step `i` is `steps[i]`, the root is step 0, parents come before their
/// children. Immutable.
struct plan {
  struct step {
    plan_node node; ///< without its children
    std::uint32_t parent = 0;
    std::vector<std::uint32_t> children;
    std::uint32_t undo = 0; ///< the step that takes this one back; 0: there is none
  };
  std::vector<step> steps;
  retry_spec retry;
  failure_rules on_failure; ///< what the domain changes of the failure table
  std::string human_queue;  ///< who is asked by `remedy::ask_human`; empty: the next person of the
                            ///< step's ladder
  std::uint32_t max_failed_agents =
      0; ///< after so many different agents failed in the task, a person is asked; 0: never
  milliseconds step_timeout{30000};
  std::uint32_t max_parallel = 64; ///< calls of one task that may run at the same time

  /// Lays `root` out. Throws `std::invalid_argument` when names repeat, a node lacks what its
  /// operator needs, or the tree is larger than `max_steps` or deeper than `max_depth`.
  static std::shared_ptr<const plan> of(plan_node root);
  static constexpr std::size_t max_steps = 10000;
  static constexpr std::size_t max_depth = 32;
  /// Items of one `map`; more fail it as `invalid_input`.
  static constexpr std::size_t max_items = 10000;

  /// The tree again, for people and for the store.
  [[nodiscard]] plan_node tree() const;
};

using plan_ptr = std::shared_ptr<const plan>;

} // namespace troupe
