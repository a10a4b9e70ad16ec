#pragma once

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/reason.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace troupe {

/// What is done about the step when an attempt has failed. The numbers go into the store: append
/// only.
enum class remedy : std::uint8_t {
  retry, ///< again, on another agent if there is one: at once the first time, then with backoff
  retry_here, ///< again on the same agent, with backoff
  back_off,   ///< again, on another agent if there is one, after a wait from the first time on
  fall_back,  ///< the next rung of the step's ladder; without one the step fails
  ask_human,  ///< a person decides or does it
  give_up,    ///< the step fails at once
};

template <>
struct enum_names<remedy> {
  static constexpr std::array<std::string_view, 6> value{"retry",     "retry_here", "back_off",
                                                         "fall_back", "ask_human",  "give_up"};
};

/// What is done about the agent that failed.
enum class sanction : std::uint8_t {
  none,
  quarantine, ///< gets no more work until a probe succeeds or a person returns it to service
  restart,    ///< its supervisor replaces it, which counts as one of its restarts
  escalate,   ///< its supervisor fails: the branch of the tree starts afresh
};

template <>
struct enum_names<sanction> {
  static constexpr std::array<std::string_view, 4> value{"none", "quarantine", "restart",
                                                         "escalate"};
};

/// One line of a domain's failure table: what a reason leads to.
struct failure_rule {
  remedy then = remedy::fall_back;
  std::optional<std::uint32_t> max_retries; ///< instead of the domain's `retry.max_retries`
  sanction agent = sanction::none;
  friend bool operator==(const failure_rule&, const failure_rule&) = default;
};

/// What a domain changes of the failure table that holds for everybody.
using failure_rules = std::map<reason, failure_rule>;

/// When failures open a circuit breaker. A breaker that is open lets nothing through for
/// `cool_down`, then one call as a probe: its success closes the breaker, its failure opens it for
/// another `cool_down`.
struct breaker_spec {
  std::uint32_t failures = 5;                        ///< so many ...
  milliseconds window{std::chrono::minutes{2}};      ///< ... within this time; 0 failures: never
  double rate = 0.3;                                 ///< or this share of the calls ...
  milliseconds rate_window{std::chrono::minutes{5}}; ///< ... of this time; 0: never
  std::uint32_t min_calls = 20;                      ///< a share of fewer calls says nothing
  milliseconds cool_down{30000};
  friend bool operator==(const breaker_spec&, const breaker_spec&) = default;
};

} // namespace troupe
