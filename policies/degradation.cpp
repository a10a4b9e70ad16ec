#include "policies/degradation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace troupe {

degradation::degradation(const overload_spec& spec, std::uint32_t max_tasks)
    : refuse_below_(spec.refuse_below) {
  for (const auto share : spec.stages)
    begins_.push_back(
        static_cast<std::size_t>(std::max(1.0, std::ceil(share * static_cast<double>(max_tasks)))));
  std::sort(begins_.begin(), begins_.end());
  set_limits();
}

void degradation::set_limits() noexcept {
  up_ = stage_ < begins_.size() ? begins_[stage_] : std::numeric_limits<std::size_t>::max();
  if (stage_ == 0) {
    down_ = 0;
    return;
  }
  const auto begin = begins_[stage_ - 1];
  down_ = begin - begin / 20;
}

bool degradation::move(std::size_t open) noexcept {
  const auto before = stage_;
  while (stage_ < begins_.size() && open >= begins_[stage_])
    ++stage_;
  while (stage_ > 0 && open < begins_[stage_ - 1] - begins_[stage_ - 1] / 20)
    --stage_;
  set_limits();
  return stage_ != before;
}

} // namespace troupe
