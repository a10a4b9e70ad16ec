#pragma once

#include <troupe/task.hpp>

namespace troupe {

/// Whether two submissions under one idempotency key ask for the same: then the second one gets the
/// first one's task. What the node adds by itself (id, times, trace) does not count, nor how long
/// and how durably it should run: a client that tries again may be in more of a hurry.
[[nodiscard]] inline bool same_request(const task& a, const task& b) noexcept {
  return a.domain == b.domain && a.skill == b.skill && a.text == b.text && a.data == b.data &&
         a.context_id == b.context_id && a.who == b.who;
}

} // namespace troupe
