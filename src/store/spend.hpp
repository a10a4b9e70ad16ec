#pragma once

#include <troupe/clock.hpp>
#include <troupe/domain_path.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/task.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What a call of a model has cost, and for whom it was.
struct stored_spend {
  std::string id;       ///< unique in the cluster
  timestamp at{};       ///< when the answer had come
  std::int64_t day = 0; ///< since 1970, by the fleet's midnight
  std::string task;     ///< the customer's: what was delegated for it counts as the same
  std::string session;
  std::string domain;   ///< of the agent
  std::string agent;    ///< its name within the domain
  std::string workflow; ///< the domain of the customer's task, and the skill that was asked for
  std::string customer;
  std::string model;
  usage used;
  bool estimated = false; ///< the provider did not say how many tokens there were: a guess from
                          ///< bytes, or the most that it could be when no answer came
};

/// By what cost is told apart.
enum class cost_part : std::uint8_t {
  agent,
  task,
  session,
  workflow,
  domain,
  customer,
  model,
  day
};

template <>
struct enum_names<cost_part> {
  static constexpr std::array<std::string_view, 8> value{
      "agent", "task", "session", "workflow", "domain", "customer", "model", "day"};
};

inline constexpr std::size_t cost_parts = enum_names<cost_part>::value.size();

struct cost_query {
  timestamp since{};
  timestamp until = timestamp::max(); ///< exclusive
  std::vector<cost_part> by;
  std::string domain;   ///< only in this domain and those within it; empty: all
  std::string customer; ///< only of this customer; empty: all
  std::string task;     ///< only for this task; empty: all
  domain_scope within;  ///< only in these domains

  /// The parts that are asked for, in the order of `cost_part`; the domain always is.
  [[nodiscard]] std::int64_t bits() const noexcept {
    std::int64_t out = 1 << static_cast<int>(cost_part::domain);
    for (const auto x : by)
      out |= std::int64_t{1} << static_cast<int>(x);
    return out;
  }
};

/// What was spent on calls that have the asked parts in common. Parts that were not asked for are
/// empty, except for `domain`.
struct cost_row {
  std::array<std::string, cost_parts> part; ///< in the order of `cost_part`; the day as a number
  usage used;
  std::uint64_t estimated = 0; ///< calls of them whose tokens nobody counted
  [[nodiscard]] const std::string& of(cost_part x) const noexcept {
    return part[static_cast<std::size_t>(x)];
  }
};

inline constexpr std::size_t cost_rows_max = 200000; ///< that a store hands out at once

} // namespace troupe
