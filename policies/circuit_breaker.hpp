#pragma once

#include "policies/failure_window.hpp"

#include <troupe/failure_rule.hpp>
#include <troupe/reason.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace troupe {

enum class breaker_state : std::uint8_t {
  closed,    ///< calls pass
  open,      ///< none passes
  half_open, ///< one passes, to see whether it works again
};

template <>
struct enum_names<breaker_state> {
  static constexpr std::array<std::string_view, 3> value{"closed", "open", "half_open"};
};

/// What the end of a call says about whom the breaker guards.
enum class call_sign : std::uint8_t { good, bad, nothing };

/// Of an agent. It has failed when it crashed, was late, was not to be had or broke its contract;
/// an answer that nobody can use is still an answer, and whoever is only busy, or was told to stop,
/// has shown nothing.
[[nodiscard]] call_sign sign_for_agent(reason ended) noexcept;
/// Of a provider behind an agent: being limited counts here, the agent's own crash does not.
[[nodiscard]] call_sign sign_for_provider(reason ended) noexcept;

/// Whether a call may pass.
enum class admission : std::uint8_t { barred, free, probe };

/// A breaker that turned.
struct breaker_change {
  breaker_state from;
  breaker_state to;
  std::string why;
};

/// A circuit breaker (Nygard, "Release It!", 2007) with two limits: `failures` within `window`, or
/// a `rate` of failures among at least `min_calls` within `rate_window`. Open, it bars everything
/// for `cool_down`; then one call passes as a probe, whose end closes it or opens it again. A probe
/// that does not end within another `cool_down` is given up, and the next call is one. Ends of
/// calls that began before it opened change nothing.
///
/// Nodes that share a breaker tell each other of what they count and of its turns (`heard`,
/// `learn`). While it is half open they take turns, so that one probe is under way among them all:
/// the time since it became half open is cut into slots, each is one node's, and a node that has no
/// call in its slot leaves the probe to the next. The end of each slot is nobody's, so that the
/// news of a probe is there before the next slot begins. Nodes that cannot hear of each other for
/// longer than that may each have a probe.
///
/// Its memory is bounded: two windows of eleven buckets each, see `failure_window`. A value without
/// a clock; not thread safe.
class circuit_breaker {
 public:
  explicit circuit_breaker(const breaker_spec& limits) noexcept
      : limits_(limits)
      , few_(limits.window)
      , many_(limits.rate_window) {}

  /// What `enter` would say now, without taking the probe.
  [[nodiscard]] admission look(timestamp now) const noexcept;
  /// Asks for passage; `probe` makes the call the probe, which has to be `ended` as one.
  [[nodiscard]] admission enter(timestamp now) noexcept;
  /// A call has ended; returns the change that it made.
  std::optional<breaker_change> ended(call_sign how, bool probe, timestamp now);
  /// As many `good` ends as said, of calls that were no probes.
  void passed(std::uint32_t count, timestamp at) noexcept;
  /// Opens it whatever has been counted.
  std::optional<breaker_change> trip(std::string why, timestamp now);
  /// Closes it and forgets everything.
  std::optional<breaker_change> reset(std::string why);

  /// Calls that ended at other nodes and were no probes there; returns the change that they made.
  std::optional<breaker_change> heard(std::uint32_t good, std::uint32_t bad, timestamp now);
  /// Another node's breaker is open, as long as said, or half open with a probe under way until
  /// then (`timestamp{}`: none is). Returns the change if it was closed here.
  std::optional<breaker_change> learn(std::string why, timestamp reopens, timestamp probing);
  /// This node is number `rank` of so many that take turns with probes.
  void take_turns(std::uint32_t rank, std::uint32_t of) noexcept;
  /// Until when the probe that is under way is waited for; `timestamp{}`: none is.
  [[nodiscard]] timestamp probing() const noexcept { return probing_.value_or(timestamp{}); }

  [[nodiscard]] breaker_state state(timestamp now) const noexcept;
  /// When an open breaker lets a probe through; `no_deadline` while it is closed.
  [[nodiscard]] timestamp reopens() const noexcept { return closed_ ? no_deadline : until_; }
  /// Why it is open; empty while it is closed.
  [[nodiscard]] const std::string& why() const noexcept { return why_; }

  static constexpr milliseconds turn{500};  ///< a slot in which one node may take the probe ...
  static constexpr milliseconds pause{200}; ///< ... but for its end

 private:
  void open(timestamp now) noexcept;
  [[nodiscard]] bool my_turn(timestamp now) const noexcept;
  [[nodiscard]] std::string over_limits() const;

  breaker_spec limits_;
  failure_window few_;
  failure_window many_;
  bool closed_ = true;
  timestamp until_{};                ///< open: when it becomes half open
  std::optional<timestamp> probing_; ///< half open: when the probe that is under way is given up
  std::string why_;
  std::uint32_t rank_ = 0;
  std::uint32_t nodes_ = 1;
};

} // namespace troupe
