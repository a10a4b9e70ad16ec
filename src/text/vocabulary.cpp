#include "src/text/vocabulary.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace troupe::text {

namespace {

// Pairs say less each than words and letters do.
constexpr std::array<float, view_count> view_weight = {1.0F, 1.0F, 0.7F};

// A feature of one text only tells that text from the others, and most features are of that sort.
constexpr std::size_t fewest_texts = 2;

} // namespace

vocabulary::vocabulary(std::vector<fingerprint> keys, std::vector<float> weights)
    : keys_(std::move(keys))
    , weights_(std::move(weights)) {
  slots_.assign(std::bit_ceil(keys_.size() * 2 + 2), absent);
  auto mask = slots_.size() - 1;
  for (std::uint32_t index = 0; index < keys_.size(); ++index) {
    auto slot = keys_[index] & mask;
    while (slots_[slot] != absent)
      slot = (slot + 1) & mask;
    slots_[slot] = index;
  }
}

vocabulary vocabulary::fit(std::span<const std::vector<feature>> texts) {
  std::vector<fingerprint> seen;
  for (const auto& text : texts)
    for (const auto& one : text)
      seen.push_back(one.key);
  std::sort(seen.begin(), seen.end());
  std::vector<fingerprint> keys;
  std::vector<float> weights;
  for (std::size_t at = 0; at < seen.size();) {
    auto end = at;
    while (end < seen.size() && seen[end] == seen[at])
      ++end;
    auto texts_with_it = end - at;
    auto key = seen[at];
    at = end;
    if (texts_with_it < fewest_texts)
      continue;
    double rarity = std::log((1.0 + static_cast<double>(texts.size())) /
                             (1.0 + static_cast<double>(texts_with_it)));
    keys.push_back(key);
    weights.push_back(static_cast<float>(std::sqrt(1.0 + rarity)));
  }
  return {std::move(keys), std::move(weights)};
}

std::uint32_t vocabulary::find(fingerprint key) const {
  if (slots_.empty())
    return absent;
  auto mask = slots_.size() - 1;
  for (auto slot = key & mask;; slot = (slot + 1) & mask) {
    auto index = slots_[slot];
    if (index == absent || keys_[index] == key)
      return index;
  }
}

sparse_text vocabulary::read(std::span<const feature> features) const {
  sparse_text out;
  out.items.reserve(features.size());
  std::vector<view> from;
  from.reserve(features.size());
  std::array<double, view_count> squares{};
  double words = 0, known = 0;
  for (const auto& one : features) {
    auto index = find(one.key);
    if (one.from == view::words) {
      words += 1;
      known += index == absent ? 0 : 1;
    }
    if (index == absent)
      continue;
    auto value = (one.count == 1 ? 1.0F : 1.0F + std::log(one.count)) * weights_[index];
    out.items.push_back({index, value});
    from.push_back(one.from);
    squares[static_cast<std::size_t>(one.from)] += static_cast<double>(value) * value;
  }
  std::array<float, view_count> scale{};
  for (std::size_t at = 0; at < view_count; ++at)
    scale[at] =
        squares[at] > 0 ? view_weight[at] / static_cast<float>(std::sqrt(squares[at])) : 0.0F;
  for (std::size_t at = 0; at < out.items.size(); ++at)
    out.items[at].value *= scale[static_cast<std::size_t>(from[at])];
  // Features come sorted by key and keys are sorted, so the indexes rise already.
  out.known = words > 0 ? static_cast<float>(known / words) : 0.0F;
  return out;
}

} // namespace troupe::text
