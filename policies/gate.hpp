#pragma once

#include <troupe/plan.hpp>
#include <troupe/task.hpp>

#include <string>

namespace troupe {

/// Whether `rule` holds in `document`. A missing value fails every test; numbers compare as
/// numbers.
[[nodiscard]] bool holds(const condition& rule, const json& document);

/// The document that conditions on a step's outcome are read in: {"text", "data", "confidence"}.
[[nodiscard]] json as_document(const outcome& x);

/// What a condition that does not hold is called as a failure: `low_confidence` if it is about
/// confidence, else `policy_denied`.
[[nodiscard]] reason why_closed(const condition& rule) noexcept;

/// "needs /data/amount at_most 100, found 250": for the failure that a closed gate gives.
[[nodiscard]] std::string explain(const condition& rule, const json& document);

} // namespace troupe
