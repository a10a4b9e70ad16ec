#pragma once

#include "actors/node_parts.hpp"
#include "actors/quota_port.hpp"
#include "policies/quota_amount.hpp"

#include <memory>
#include <vector>

namespace prometheus {
class Gauge;
class Histogram;
class Counter;
} // namespace prometheus

namespace troupe {

/// How the limits of language models stand at this node, for those who watch it.
struct quota_counters {
  quota_counters(const node_parts& parts, const quota_plan& plan);

  struct of_limit {
    std::array<prometheus::Gauge*, 3> used{}, lent{}; ///< null: there is no limit of this kind
    prometheus::Gauge* frozen = nullptr;
  };
  struct of_line {
    prometheus::Gauge* waiting = nullptr;
    std::array<prometheus::Histogram*, enum_names<priority>::value.size()> waited{};
    prometheus::Counter* refused = nullptr;
  };
  std::vector<of_limit> limits;
  std::vector<of_line> lines;
};

} // namespace troupe
