#include "actors/budget_report.hpp"

#include "src/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <algorithm>

namespace troupe {

namespace {

std::map<std::string, std::string> budget_labels(const node_parts& parts,
                                                 const std::string& domain) {
  return {{"region", parts.fleet.region}, {"domain", domain}};
}

} // namespace

void report_budgets(const node_parts& parts, const budget_book& book, budget_book::tally& told) {
  if (!parts.counters)
    return;
  auto& registry = parts.counters->registry();
  auto now = book.counts();
  for (const auto& [whose, count] : now.refused) {
    const auto before = told.refused[whose];
    if (count == before)
      continue;
    auto with = budget_labels(parts, whose.second);
    with["scope"] = whose.first;
    prometheus::BuildCounter()
        .Name("troupe_budget_refused_total")
        .Help("Calls of models that a limit did not allow.")
        .Register(registry)
        .Add(with)
        .Increment(static_cast<double>(count - before));
  }
  const auto count_up = [&](const char* name, const char* help, std::uint64_t to,
                            std::uint64_t from) {
    if (to == from)
      return;
    prometheus::BuildCounter()
        .Name(name)
        .Help(help)
        .Register(registry)
        .Add({{"region", parts.fleet.region}})
        .Increment(static_cast<double>(to - from));
  };
  count_up("troupe_budget_claims_total",
           "Slices of limits that were asked of the store or told to it.", now.claims, told.claims);
  count_up("troupe_spend_lost_total",
           "Calls of models that are missing in the reports, because the store took nothing.",
           now.lost, told.lost);
  for (const auto& x : book.limits()) {
    double share = 0;
    for (std::size_t i = 0; i < budget_units; ++i)
      if (x.what.limit[i] < no_limit && x.what.limit[i] > 0)
        share = std::max(share, static_cast<double>(x.used[i] + x.held[i]) /
                                    static_cast<double>(x.what.limit[i]));
    prometheus::BuildGauge()
        .Name("troupe_budget_used_ratio")
        .Help("How far the limit on a day is used up or held by nodes, as this node knows it.")
        .Register(registry)
        .Add(budget_labels(parts, x.what.of))
        .Set(share);
  }
  told = std::move(now);
}

void report_pause(const node_parts& parts, const std::string& domain, bool paused) {
  if (!parts.counters)
    return;
  prometheus::BuildGauge()
      .Name("troupe_budget_paused")
      .Help(
          "1 while agents that are not critical ask no models, because the day's limit is used up "
          "or held by other nodes.")
      .Register(parts.counters->registry())
      .Add(budget_labels(parts, domain))
      .Set(paused ? 1 : 0);
}

} // namespace troupe
