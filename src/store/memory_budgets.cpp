#include "src/store/memory_budgets.hpp"

#include <algorithm>

namespace troupe {

std::vector<budget_stand> memory_budgets::settle(std::span<const budget_claim> claims,
                                                 timestamp now) {
  std::vector<budget_stand> out;
  out.reserve(claims.size());
  for (const auto& x : claims)
    out.push_back(settle_row(rows_[x.account], x, now));
  return out;
}

std::vector<budget_stand> memory_budgets::stands(std::span<const std::string> accounts) {
  std::vector<budget_stand> out;
  for (const auto& name : accounts) {
    auto& stand = out.emplace_back();
    stand.account = name;
    if (const auto hit = rows_.find(name); hit != rows_.end()) {
      stand.taken = hit->second.taken;
      stand.spent = hit->second.spent;
    }
  }
  return out;
}

std::size_t memory_budgets::prune(timestamp older_than, std::size_t most) {
  std::size_t gone = 0;
  for (auto i = rows_.begin(); i != rows_.end() && gone < most;) {
    if (i->second.until >= older_than) {
      ++i;
      continue;
    }
    i = rows_.erase(i);
    ++gone;
  }
  return gone;
}

std::vector<cost_row> memory_spend::costs(const cost_query& query) const {
  std::map<std::array<std::string, cost_parts>, cost_row> sums;
  const auto asked = [&](cost_part x) {
    return x == cost_part::domain ||
           std::find(query.by.begin(), query.by.end(), x) != query.by.end();
  };
  for (auto i = rows_.lower_bound({query.since, {}}); i != rows_.end(); ++i) {
    const auto& x = i->second;
    if (x.at >= query.until)
      break;
    if (!is_within(x.domain, std::string_view{query.domain}) ||
        !is_within(x.domain, query.within) ||
        (!query.customer.empty() && x.customer != query.customer) ||
        (!query.task.empty() && x.task != query.task))
      continue;
    const std::array<std::string, cost_parts> all{
        x.domain + "/" + x.agent, x.task, x.session, x.workflow, x.domain, x.customer, x.model,
        std::to_string(x.day)};
    std::array<std::string, cost_parts> key;
    for (std::size_t p = 0; p < cost_parts; ++p)
      if (asked(static_cast<cost_part>(p)))
        key[p] = all[p];
    auto& row = sums[key];
    row.part = key;
    row.used += x.used;
    row.estimated += x.estimated ? 1 : 0;
  }
  std::vector<cost_row> out;
  for (auto& [key, row] : sums)
    out.push_back(std::move(row));
  std::stable_sort(out.begin(), out.end(), [](const cost_row& a, const cost_row& b) {
    return a.used.cost_micros > b.used.cost_micros;
  });
  out.resize(std::min(out.size(), cost_rows_max));
  return out;
}

std::size_t memory_spend::prune(timestamp older_than, std::size_t most) {
  std::size_t gone = 0;
  while (gone < most && !rows_.empty() && rows_.begin()->first.first < older_than) {
    rows_.erase(rows_.begin());
    ++gone;
  }
  return gone;
}

std::unique_ptr<budget_table> make_memory_budgets() {
  return std::make_unique<memory_budgets>();
}

} // namespace troupe
