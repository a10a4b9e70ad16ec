#pragma once

#include "policies/quota_amount.hpp"

#include <troupe/task.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace troupe {

/// What a tenant uses and waits for at one node.
struct quota_flow {
  priority urgency = priority::medium;
  std::uint64_t tenant = 0; ///< `stable_hash` of its name
  double weight = 1;
  quota_amount need; ///< in use, and waited for
};

/// What a node needs of a limit.
struct quota_need {
  std::vector<quota_flow> flows;
  quota_amount largest;    ///< of the requests that wait; nothing: none does
  milliseconds longest{0}; ///< that one of them has waited
  quota_amount used;       ///< what cannot be given to another node yet
};

/// How so much of a kind is shared out among nodes: what is more urgent first, of which each lower
/// rank that needs something keeps a sixteenth; within a rank the same for each tenant by its
/// weight, and none more than it needs (max-min fairness); what nobody needs evenly. A node where
/// something waits gets at least what its largest request needs, those first that have waited
/// longest. The sum is `whole`, if there is a node, less what some use beyond their share and the
/// others could get: until it is free they wait for it, each of them in proportion.
[[nodiscard]] std::vector<std::uint64_t> quota_shares(std::uint64_t whole, quota_kind kind,
                                                      std::span<const quota_need* const> nodes);

} // namespace troupe
