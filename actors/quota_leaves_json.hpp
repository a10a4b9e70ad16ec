#pragma once

#include "policies/quota_leaves.hpp"

#include <troupe/json.hpp>

namespace troupe {

/// `steps`, as {"requests", "tokens"} each.
[[nodiscard]] json leaves_json(const std::vector<quota_amount>& steps);
/// Likewise, under "steps", with how long ago `since` was in "age_ms", and "sooner_ms".
[[nodiscard]] json leaves_json(const quota_leaves& x, timestamp now);

/// What is said there under `name`; what is none is nothing. `since` is at the latest when it
/// was said, if it is heard `now`.
[[nodiscard]] std::vector<quota_amount> steps_of(const json& x, const char* name);
[[nodiscard]] quota_leaves leaves_of(const json& x, const char* name, timestamp now);

} // namespace troupe
