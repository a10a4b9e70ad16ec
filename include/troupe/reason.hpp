#pragma once

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// Why a step did not succeed. The numbers go over the wire and into the store: append only.
enum class reason : std::uint8_t {
  none,             ///< nothing failed
  crash,            ///< the agent ended abnormally while it held the step
  timeout,          ///< the step's deadline passed
  rate_limited,     ///< somebody asked us to come back later
  unavailable,      ///< nobody can take the step now
  invalid_input,    ///< the agent refused what it was given
  invalid_output,   ///< the agent answered something that breaks its contract
  low_confidence,   ///< the answer is below the confidence that was asked for
  contradiction,    ///< the answer contradicts established facts
  budget_exhausted, ///< tokens, money or messages ran out
  loop,             ///< the task came back to where it had been
  policy_denied,    ///< a rule forbids it
  cancelled,        ///< the caller gave up, or another branch won
};

template <>
struct enum_names<reason> {
  static constexpr std::array<std::string_view, 13> value{
      "none",          "crash",          "timeout",        "rate_limited",  "unavailable",
      "invalid_input", "invalid_output", "low_confidence", "contradiction", "budget_exhausted",
      "loop",          "policy_denied",  "cancelled"};
};

/// One way in which a value breaks what was agreed on.
struct flaw {
  std::string pointer; ///< JSON pointer to the value that is wrong; empty: the whole
  std::string keyword; ///< the rule that it breaks: a keyword of JSON Schema, or `fact`
  std::string message; ///< for people; never holds the value itself
  friend bool operator==(const flaw&, const flaw&) = default;
};

/// A reason with its story. `retry_after` is the wait that the failing side asked for; zero means
/// that it named none.
struct failure {
  reason why = reason::none;
  std::string detail;
  milliseconds retry_after{0};
  std::vector<flaw> errors = {}; ///< what was wrong, piece by piece, where that is known

  [[nodiscard]] explicit operator bool() const noexcept { return why != reason::none; }
  friend bool operator==(const failure&, const failure&) = default;
};

/// Why a request to troupe itself was refused, before any task existed for it.
enum class refusal : std::uint8_t {
  none,
  invalid_request,  ///< the request breaks its schema
  unknown_domain,   ///< no such domain
  unknown_task,     ///< no such task, or it has been forgotten
  unknown_session,  ///< no such session
  unknown_question, ///< no such question at the human desk
  conflict,  ///< it contradicts what was said before (claimed by another, already answered, already
             ///< ended)
  busy,      ///< a queue is full: come back later
  too_large, ///< over a size limit
  stopping,  ///< this node is shutting down
  internal,  ///< a defect of troupe; the log has the rest
  timeout,   ///< the part of troupe that was asked did not answer in time
  invalid_input, ///< nobody who offers the skill takes such input
  unknown_node,  ///< no such node in the cluster
  policy_denied, ///< the domain does not take it from whom it comes from
  not_stored,    ///< nothing can be stored now: come back later
};

template <>
struct enum_names<refusal> {
  static constexpr std::array<std::string_view, 16> value{"none",
                                                          "invalid_request",
                                                          "unknown_domain",
                                                          "unknown_task",
                                                          "unknown_session",
                                                          "unknown_question",
                                                          "conflict",
                                                          "busy",
                                                          "too_large",
                                                          "stopping",
                                                          "internal",
                                                          "timeout",
                                                          "invalid_input",
                                                          "unknown_node",
                                                          "policy_denied",
                                                          "not_stored"};
};

struct refused {
  refusal why = refusal::none;
  std::string detail;
  milliseconds retry_after{0};
  std::vector<flaw> errors = {};
};

} // namespace troupe
