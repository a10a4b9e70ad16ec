#include "policies/scaling.hpp"

#include "policies/deadline.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

scaling::scaling(const scaling_spec& spec)
    : spec_(spec) {
  spec_.max_replicas = std::max(spec_.max_replicas, spec_.min_replicas);
}

std::uint32_t scaling::needed(std::uint64_t calls, std::uint32_t replicas,
                              std::uint32_t slots) const noexcept {
  const auto each = std::max(spec_.target, 1e-6) * std::max(1u, slots);
  const auto exact = static_cast<double>(calls) / each;
  if (replicas > 0 && std::abs(exact / replicas - 1) <= spec_.tolerance + 1e-9)
    return std::clamp(replicas, spec_.min_replicas, spec_.max_replicas);
  const auto whole = std::ceil(exact - 1e-9);
  if (whole >= spec_.max_replicas)
    return spec_.max_replicas;
  return std::max(spec_.min_replicas, static_cast<std::uint32_t>(whole));
}

scaling_decision scaling::update(std::uint64_t calls, std::uint32_t replicas, std::uint32_t slots,
                                 timestamp now) {
  began_ = std::min(began_, now);
  const auto wanted = needed(calls, replicas, slots);
  while (!needed_.empty() && needed_.back().second <= wanted)
    needed_.pop_back();
  needed_.emplace_back(now, wanted);
  while (later(needed_.front().first, spec_.stable) <= now && needed_.size() > 1)
    needed_.pop_front();

  const auto load = std::to_string(calls) + " calls, " + std::to_string(replicas) +
                    " replicas of " + std::to_string(slots) + " slots: ";
  if (replicas < spec_.min_replicas)
    return {spec_.min_replicas, load + "the least is " + std::to_string(spec_.min_replicas)};
  if (replicas > spec_.max_replicas)
    return {spec_.max_replicas, load + "the most is " + std::to_string(spec_.max_replicas)};
  if (wanted > replicas) {
    if (has_grown_ && now < later(grew_, spec_.cool_down))
      return {replicas, {}};
    const auto most = std::max(replicas, spec_.step_max);
    const auto to = wanted - replicas > most ? replicas + most : wanted;
    grew_ = now;
    has_grown_ = true;
    return {to, load + std::to_string(wanted) + " are needed"};
  }
  const auto most = needed_.front().second;
  if (most < replicas && now >= later(began_, spec_.stable))
    return {most, load + "no more than " + std::to_string(most) + " were needed for " +
                      std::to_string(spec_.stable.count()) + " ms"};
  return {replicas, {}};
}

} // namespace troupe
