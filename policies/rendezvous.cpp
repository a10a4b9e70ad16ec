#include "policies/rendezvous.hpp"

#include <algorithm>
#include <bit>

namespace troupe {

namespace {

__extension__ using wide = unsigned __int128;

constexpr int fraction_bits = 32;

struct bid {
  std::uint64_t hash;
  std::uint64_t cost; ///< -log2 of the hash: the winner has the lowest for its weight
  std::uint32_t weight;
};

bid bid_of(std::uint64_t key, const rendezvous_candidate& c) noexcept {
  const auto h = scramble(key ^ c.hash);
  return {h, 0, c.weight};
}

/// Equal weights need no logarithm: it is monotone.
bool better(bid& a, bid& b) noexcept {
  if (a.weight == b.weight)
    return a.hash > b.hash;
  for (auto* x : {&a, &b})
    if (x->cost == 0)
      x->cost = negative_log2(x->hash);
  const auto left = static_cast<wide>(a.cost) * b.weight;
  const auto right = static_cast<wide>(b.cost) * a.weight;
  return left == right ? a.hash > b.hash : left < right;
}

} // namespace

std::uint64_t negative_log2(std::uint64_t h) noexcept {
  if (h == 0)
    return std::uint64_t{64} << fraction_bits;
  const auto zeros = std::countl_zero(h);
  // The mantissa in [1, 2) is squared; each time it reaches 2, the next bit of the logarithm is
  // one.
  std::uint64_t m = h << zeros;
  std::uint64_t fraction = 0;
  for (int i = 0; i < fraction_bits; ++i) {
    const auto square = static_cast<wide>(m) * m;
    fraction <<= 1;
    if (const auto high = static_cast<std::uint64_t>(square >> 64); high >> 63) {
      fraction |= 1;
      m = high;
    } else {
      m = static_cast<std::uint64_t>(square >> 63);
    }
  }
  const auto whole = static_cast<std::uint64_t>(zeros + 1) << fraction_bits;
  return whole - fraction;
}

std::size_t rendezvous_pick(std::uint64_t key,
                            std::span<const rendezvous_candidate> candidates) noexcept {
  std::size_t best = no_candidate;
  bid top{};
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].weight == 0)
      continue;
    auto b = bid_of(key, candidates[i]);
    if (best == no_candidate || better(b, top)) {
      best = i;
      top = b;
    }
  }
  return best;
}

std::vector<std::size_t> rendezvous_order(std::uint64_t key,
                                          std::span<const rendezvous_candidate> candidates,
                                          std::size_t most) {
  std::vector<std::pair<bid, std::size_t>> all;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (candidates[i].weight != 0)
      all.emplace_back(bid_of(key, candidates[i]), i);
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    auto x = a.first;
    auto y = b.first;
    return better(x, y);
  });
  all.resize(std::min(all.size(), most));
  std::vector<std::size_t> out;
  for (const auto& [b, i] : all)
    out.push_back(i);
  return out;
}

} // namespace troupe
