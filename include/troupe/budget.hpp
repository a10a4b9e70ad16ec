#pragma once

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/task.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace troupe {

/// What a budget counts.
enum class budget_unit : std::uint8_t {
  cost,   ///< millionths of the fleet's currency
  tokens, ///< read and written
  calls,  ///< requests to models
};

template <>
struct enum_names<budget_unit> {
  static constexpr std::array<std::string_view, 3> value{"cost", "tokens", "calls"};
};

inline constexpr std::size_t budget_units = 3;

/// A limit that nothing reaches; small enough to be added to.
inline constexpr std::int64_t no_limit = 1'000'000'000'000'000'000;

/// So much of each unit.
struct budget_amount {
  std::array<std::int64_t, budget_units> of{};

  std::int64_t& operator[](std::size_t unit) noexcept { return of[unit]; }
  std::int64_t operator[](std::size_t unit) const noexcept { return of[unit]; }
  budget_amount& operator+=(const budget_amount& x) noexcept {
    for (std::size_t i = 0; i < budget_units; ++i)
      of[i] += x.of[i];
    return *this;
  }
  budget_amount& operator-=(const budget_amount& x) noexcept {
    for (std::size_t i = 0; i < budget_units; ++i)
      of[i] -= x.of[i];
    return *this;
  }
  friend budget_amount operator+(budget_amount a, const budget_amount& b) noexcept {
    return a += b;
  }
  friend budget_amount operator-(budget_amount a, const budget_amount& b) noexcept {
    return a -= b;
  }
  friend bool operator==(const budget_amount&, const budget_amount&) = default;

  static budget_amount unlimited() noexcept { return {{no_limit, no_limit, no_limit}}; }
  static budget_amount of_usage(const usage& x) noexcept {
    return {{static_cast<std::int64_t>(x.cost_micros),
             static_cast<std::int64_t>(x.input_tokens + x.output_tokens), x.calls}};
  }
  /// As a limit: it limits something.
  [[nodiscard]] bool limits() const noexcept {
    for (const auto x : of)
      if (x < no_limit)
        return true;
    return false;
  }
};

/// What a limit is set for.
enum class budget_scope : std::uint8_t {
  task,     ///< a customer's task with all that is delegated for it
  session,  ///< a conversation
  customer, ///< a customer's day
  day,      ///< the day of a domain or of the fleet
};

template <>
struct enum_names<budget_scope> {
  static constexpr std::array<std::string_view, 4> value{"task", "session", "customer", "day"};
};

/// The limits that the fleet or a domain sets on what is spent on models in it and in the domains
/// within it. All that are set above an agent hold for its calls.
struct budget_limits {
  budget_amount task = budget_amount::unlimited();
  budget_amount session = budget_amount::unlimited();
  budget_amount customer = budget_amount::unlimited(); ///< of each customer, a day
  budget_amount day = budget_amount::unlimited();
  std::map<std::string, budget_amount, std::less<>> customers; ///< in place of `customer`, by id
  friend bool operator==(const budget_limits&, const budget_limits&) = default;
};

/// How the fleet goes about its limits.
struct budget_rules {
  budget_limits limits;
  std::chrono::minutes utc_offset{0}; ///< days begin at midnight so far east of Greenwich
  double tight_at = 0.8;              ///< from this share of a limit on, agents work more cheaply
  friend bool operator==(const budget_rules&, const budget_rules&) = default;
};

/// What a node asks of the account that a limit is kept in, and tells it. Unlimited units are only
/// told of.
struct budget_claim {
  std::string account;
  budget_amount limit = budget_amount::unlimited();
  budget_amount spent; ///< of what was granted: it is gone
  budget_amount back;  ///< of what was granted: it is not needed any more
  budget_amount need;  ///< is granted whole or not at all; zero: nothing is asked for
  budget_amount wish;  ///< what it would rather have, at least `need`
  bool forced = false; ///< granted whatever the limit says
  timestamp until{};   ///< the account may be forgotten afterwards
};

/// An account after a claim.
struct budget_stand {
  std::string account;
  budget_amount taken; ///< spent, and granted to nodes and not told to be spent
  budget_amount spent;
  budget_amount granted; ///< by this claim
  bool refused = false;  ///< something was asked for and not granted
  bool pressed = false;  ///< somebody was refused lately: give back what can be spared
};

} // namespace troupe
