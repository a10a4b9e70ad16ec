#include "policies/quota_share.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace troupe {

namespace {

constexpr double kept_for_lower = 1.0 / 16;

struct tenant_need {
  double weight = 1;
  double need = 0;
  double gets = 0;
};
using tenants = std::map<std::uint64_t, tenant_need>;

/// Fills everybody's need to the same level per weight, as far as it goes.
void fill_up(double budget, tenants& all) {
  std::vector<tenant_need*> order;
  double weights = 0;
  for (auto& [name, x] : all) {
    order.push_back(&x);
    weights += x.weight;
  }
  std::sort(order.begin(), order.end(), [](const tenant_need* a, const tenant_need* b) {
    return a->need / a->weight < b->need / b->weight;
  });
  for (auto* x : order) {
    x->gets = std::min(x->need, budget * x->weight / weights);
    budget -= x->gets;
    weights -= x->weight;
  }
}

/// Gives each node at least its `least`, at the expense of those that have more than theirs.
void raise_to(std::vector<double>& shares, const std::vector<double>& least) {
  double missing = 0, spare = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    missing += std::max(0.0, least[i] - shares[i]);
    spare += std::max(0.0, shares[i] - least[i]);
  }
  if (missing <= 0)
    return;
  const auto taken = spare <= 0 ? 0.0 : std::min(1.0, missing / spare);
  for (std::size_t i = 0; i < shares.size(); ++i)
    shares[i] = shares[i] < least[i] ? least[i] : shares[i] - taken * (shares[i] - least[i]);
}

/// What nodes have in use beyond their share is missing to those that could get more, until it is
/// free; nobody goes below what he uses or his `least` for it. Returns how much is missing.
double wait_for_used(std::vector<double>& shares, const std::vector<double>& least,
                     const std::vector<double>& used) {
  double missing = 0, spare = 0;
  std::vector<double> room(shares.size());
  for (std::size_t i = 0; i < shares.size(); ++i) {
    missing += std::max(0.0, used[i] - shares[i]);
    room[i] = std::max(0.0, shares[i] - std::max(least[i], used[i]));
    spare += room[i];
  }
  missing = std::min(missing, spare);
  for (std::size_t i = 0; missing > 0 && i < shares.size(); ++i)
    shares[i] -= missing * room[i] / spare;
  return missing;
}

std::vector<std::uint64_t> whole_numbers(std::uint64_t whole, const std::vector<double>& shares) {
  std::vector<std::uint64_t> out;
  std::uint64_t sum = 0;
  for (const auto x : shares) {
    out.push_back(static_cast<std::uint64_t>(x + 1e-6));
    sum += out.back();
  }
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return shares[a] - static_cast<double>(out[a]) > shares[b] - static_cast<double>(out[b]);
  });
  for (std::size_t i = 0; sum < whole; ++sum, ++i)
    ++out[order[i % order.size()]];
  for (std::size_t i = 0; sum > whole; i = (i + 1) % out.size())
    if (out[i] > 0) {
      --out[i];
      --sum;
    }
  return out;
}

} // namespace

std::vector<std::uint64_t> quota_shares(std::uint64_t whole, quota_kind kind,
                                        std::span<const quota_need* const> nodes) {
  if (nodes.empty())
    return {};
  std::array<tenants, enum_names<priority>::value.size()> ranks;
  std::array<double, enum_names<priority>::value.size()> needs{};
  for (const auto* node : nodes)
    for (const auto& f : node->flows) {
      const auto rank = static_cast<std::size_t>(f.urgency);
      auto& x = ranks[rank][f.tenant];
      x.weight = std::max(f.weight, 0.001);
      x.need += static_cast<double>(f.need[kind]);
      needs[rank] += static_cast<double>(f.need[kind]);
    }
  const auto all = static_cast<double>(whole);
  double left = all, kept = 0;
  for (std::size_t i = 1; i < needs.size(); ++i)
    kept += std::min(needs[i], all * kept_for_lower);
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (i > 0)
      kept -= std::min(needs[i], all * kept_for_lower);
    const auto gives = std::min(needs[i], std::max(0.0, left - kept));
    fill_up(gives, ranks[i]);
    left -= gives;
  }
  std::vector<double> shares(nodes.size(), std::max(0.0, left) / static_cast<double>(nodes.size()));
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const auto& f : nodes[i]->flows) {
      const auto& x = ranks[static_cast<std::size_t>(f.urgency)].at(f.tenant);
      if (x.need > 0)
        shares[i] += x.gets * static_cast<double>(f.need[kind]) / x.need;
    }
  std::vector<std::size_t> order(nodes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return nodes[a]->longest > nodes[b]->longest;
  });
  std::vector<double> least(nodes.size(), 0.0);
  double promised = 0;
  for (const auto i : order) {
    const auto wants = static_cast<double>(nodes[i]->largest[kind]);
    if (promised + wants <= all) {
      least[i] = wants;
      promised += wants;
    }
  }
  raise_to(shares, least);
  std::vector<double> used;
  for (const auto* node : nodes)
    used.push_back(static_cast<double>(node->used[kind]));
  const auto missing = wait_for_used(shares, least, used);
  return whole_numbers(whole - static_cast<std::uint64_t>(std::ceil(missing - 1e-6)), shares);
}

} // namespace troupe
