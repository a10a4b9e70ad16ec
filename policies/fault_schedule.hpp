#pragma once

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe {

/// What can be done to a cluster on purpose.
enum class fault : std::uint8_t {
  kill,    ///< a node's process, as `kill -9` does
  freeze,  ///< a node's process, for a while
  cut,     ///< the links of a node with some or all others, for a while
  slow,    ///< the same links, for a while
  garbage, ///< bytes that mean nothing, at a node's door and at its port for links
  store,   ///< the store's process is killed, and started again after a while
};

/// A fault, and when it comes.
struct planned_fault {
  milliseconds at{0}; ///< after the beginning
  fault what = fault::kill;
  std::size_t node = 0;            ///< by its place in the list of nodes
  std::vector<std::size_t> from{}; ///< cut, slow: the links with these
  milliseconds lasts{0};           ///< kill, store: until it is started again
  milliseconds delay{0};           ///< slow: of everything, in each direction
};

struct fault_schedule_settings {
  std::uint64_t seed = 1;
  milliseconds duration{30000}; ///< the last fault is over by then
  std::size_t nodes = 0;
  std::vector<fault> kinds; ///< those that may come; each as often as the others, in any order
  milliseconds shortest{500};
  milliseconds longest{4000};
  /// Between the end of a fault and the next one: a cluster is to stand one fault at a time, and
  /// has to be whole again before the next.
  milliseconds rest{3000};
};

/// The faults of a run, by time. The same settings give the same faults. Empty when there are no
/// nodes, no kinds, or no time for any.
[[nodiscard]] std::vector<planned_fault> schedule_faults(const fault_schedule_settings& x);

} // namespace troupe

template <>
struct troupe::enum_names<troupe::fault> {
  static constexpr std::array<std::string_view, 6> value{"kill", "freeze",  "cut",
                                                         "slow", "garbage", "store"};
};
