#pragma once

#include <troupe/fleet.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe {

/// In which stage of overload a shard of a domain is, by its open tasks. A stage begins at its
/// share of `max_tasks` and ends a twentieth below that, so that it does not flicker. Costs two
/// comparisons while the stage stays the same. A value; not thread safe.
class degradation {
 public:
  degradation(const overload_spec& spec, std::uint32_t max_tasks);

  /// There are `open` tasks now; true if that makes another stage.
  bool update(std::size_t open) noexcept {
    if (open < up_ && open >= down_)
      return false;
    return move(open);
  }
  /// 0: none.
  [[nodiscard]] std::uint32_t stage() const noexcept { return stage_; }
  [[nodiscard]] std::uint32_t last() const noexcept {
    return static_cast<std::uint32_t>(begins_.size());
  }
  /// In the last stage, what is not urgent enough is refused.
  [[nodiscard]] bool refuses(priority urgency) const noexcept {
    return stage_ > 0 && stage_ == last() && urgency > refuse_below_;
  }

 private:
  bool move(std::size_t open) noexcept;
  void set_limits() noexcept;

  std::vector<std::size_t> begins_; ///< open tasks at which each stage begins
  priority refuse_below_;
  std::uint32_t stage_ = 0;
  std::size_t up_ = 0;   ///< from so many on the stage is higher
  std::size_t down_ = 0; ///< below so many it is lower
};

} // namespace troupe
