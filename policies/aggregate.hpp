#pragma once

#include <troupe/plan.hpp>
#include <troupe/task.hpp>

#include <span>
#include <string_view>

namespace troupe {

/// One step's contribution to a joined answer.
struct contribution {
  std::string_view name;
  priority urgency = priority::medium;
  const outcome* what = nullptr;
};

/// Joins outcomes into one, the more urgent first (equal ones in the order given).
///
/// `concatenate` keeps each step's data under its name, `without_context`, and says a text that
/// several steps have given only once. `merge` merges objects
/// key by key; where two steps disagree on a key, neither is taken: both values are kept under
/// `contradictions` with the steps' names, confidence falls to the least of them, and with no
/// agreement on anything else the outcome still says so. Failed contributions are named under
/// `missing` with their reason; the outcome is `partial` then, and failed only when nothing
/// succeeded. A single contribution is passed on as it is.
[[nodiscard]] outcome aggregate(join how, std::span<const contribution> parts);

} // namespace troupe
