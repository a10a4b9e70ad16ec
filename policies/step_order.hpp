#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe {

/// Who waits for whom among up to 32 steps, and the order that follows. A value.
class step_order {
 public:
  static constexpr std::size_t max_steps = 32;
  using step_set = std::bitset<max_steps>;
  /// Steps that may run at the same time, in the order of their numbers.
  using level = std::vector<std::uint32_t>;
  /// Steps that have to do with each other: level after level.
  using group = std::vector<level>;

  /// `count` steps, none of which waits for another. Requires `count <= max_steps`.
  explicit step_order(std::size_t count)
      : count_(count) {}

  /// Step `i` waits for step `j`. A step does not wait for itself.
  void wait(std::size_t i, std::size_t j) {
    if (i != j)
      needs_[i].set(j);
  }

  /// The steps that `i` waits for, as they were given.
  [[nodiscard]] const step_set& needs(std::size_t i) const noexcept { return needs_[i]; }

  /// The groups, by their first step. Steps that wait for each other, directly or through others,
  /// cannot all have their way: they run one after the other by their numbers.
  [[nodiscard]] std::vector<group> groups() const;

 private:
  using relation = std::array<step_set, max_steps>;
  [[nodiscard]] static relation closed(relation r, std::size_t count);
  [[nodiscard]] relation without_cycles() const;

  std::size_t count_;
  relation needs_{};
};

} // namespace troupe
