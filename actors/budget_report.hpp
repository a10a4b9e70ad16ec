#pragma once

#include "actors/budget_book.hpp"
#include "actors/node_parts.hpp"

#include <string>

namespace troupe {

/// Metrics of limits (docs/reference/metrics.md). `told`: what was counted at the last time.
void report_budgets(const node_parts& parts, const budget_book& book, budget_book::tally& told);
void report_pause(const node_parts& parts, const std::string& domain, bool paused);

} // namespace troupe
