#include "policies/bandit.hpp"

#include "policies/dice.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

constexpr std::uint64_t exploring = 0x6578706C6F726521ull; ///< a die of its own
constexpr double weightless = 1e-3; ///< trials: what weighs less is as good as never tried

double halved(double x, double half) {
  if (half <= 0)
    return x <= 0 ? 1 : 0;
  return half / (half + std::max(x, 0.0));
}

double weight_after(std::uint64_t trials, const learning_spec& by) {
  return std::exp2(-static_cast<double>(trials) / std::max(by.half_life, 1.0));
}

double seconds_of(microseconds x) {
  return static_cast<double>(x.count()) / 1e6;
}

} // namespace

arm_mark arm_mark_of(double quality, double cost, microseconds took, const learning_spec& by) {
  const auto half = static_cast<double>(by.half_latency.count()) / 1e3;
  return {1,
          std::clamp(quality, 0.0, 1.0),
          halved(cost, by.half_cost),
          halved(seconds_of(took), half),
          cost,
          seconds_of(took)};
}

arm_mark arm_mark_of_failure(double cost, microseconds took) {
  return {0, 0, 0, 0, cost, seconds_of(took)};
}

arm_tally& arm_tally::operator+=(const arm_tally& x) {
  trials += x.trials;
  success += x.success;
  quality += x.quality;
  thrift += x.thrift;
  haste += x.haste;
  cost += x.cost;
  seconds += x.seconds;
  return *this;
}

arm_tally& arm_tally::operator*=(double factor) {
  for (auto* x : {&trials, &success, &quality, &thrift, &haste, &cost, &seconds})
    *x *= factor;
  return *this;
}

double arm_belief::spread() const {
  const double n = alpha + beta;
  return std::sqrt(alpha * beta / (n * n * (n + 1)));
}

std::uint64_t bandit::trials() const {
  std::uint64_t out = 0;
  for (const auto& [node, x] : shares_)
    out += x.trials;
  return out;
}

bandit::share& bandit::aged(std::string_view node, const learning_spec& by) {
  auto hit = shares_.find(node);
  if (hit == shares_.end())
    hit = shares_.emplace(std::string{node}, share{}).first;
  auto& mine = hit->second;
  const auto all = trials();
  const auto weight = weight_after(all - std::min(all, mine.as_of), by);
  for (auto& [name, tally] : mine.arms)
    tally *= weight;
  std::erase_if(mine.arms, [](const auto& arm) { return arm.second.trials < weightless; });
  mine.as_of = all;
  ++mine.changes;
  return mine;
}

void bandit::note(std::string_view node, std::string_view arm, const arm_mark& how,
                  const learning_spec& by) {
  auto& mine = aged(node, by);
  for (auto& [name, tally] : mine.arms)
    tally *= weight_after(1, by);
  ++mine.trials;
  ++mine.as_of;
  auto hit = mine.arms.find(arm);
  if (hit == mine.arms.end()) {
    if (mine.arms.size() >= arms_max)
      return;
    hit = mine.arms.emplace(std::string{arm}, arm_tally{}).first;
  }
  hit->second += {1, how.success, how.quality, how.thrift, how.haste, how.cost, how.seconds};
}

void bandit::correct(std::string_view node, std::string_view arm, double quality,
                     const learning_spec& by) {
  auto& mine = aged(node, by);
  if (const auto hit = mine.arms.find(arm); hit != mine.arms.end()) {
    auto& tally = hit->second;
    tally.quality = std::clamp(tally.quality + quality, 0.0, tally.trials);
  }
}

bool bandit::merge(std::string_view node, share x) {
  auto hit = shares_.find(node);
  if (hit == shares_.end()) {
    shares_.emplace(std::string{node}, std::move(x));
    return true;
  }
  if (x.changes <= hit->second.changes)
    return false;
  hit->second = std::move(x);
  return true;
}

arm_belief bandit::belief(std::string_view arm, const learning_spec& by) const {
  arm_belief out;
  const auto all = trials();
  for (const auto& [node, x] : shares_) {
    const auto hit = x.arms.find(arm);
    if (hit == x.arms.end())
      continue;
    auto part = hit->second;
    part *= weight_after(all - std::min(all, x.as_of), by);
    out.from += part;
  }
  const auto& sum = out.from;
  const double weights = by.success + by.quality + by.cost + by.latency;
  if (weights <= 0)
    return out;
  const double worth = (by.success * sum.success + by.quality * sum.quality + by.cost * sum.thrift +
                        by.latency * sum.haste) /
                       weights;
  out.alpha = 1 + std::clamp(worth, 0.0, sum.trials);
  out.beta = 1 + std::max(sum.trials - worth, 0.0);
  return out;
}

bool explores(const learning_spec& by, std::uint64_t dice) noexcept {
  return unit_interval(scramble(dice ^ exploring)) < by.explore;
}

} // namespace troupe
