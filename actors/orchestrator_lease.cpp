#include "actors/orchestrator.hpp"

#include "actors/tick.hpp"
#include "policies/deadline.hpp"

namespace troupe {

// What is not stored no epoch can fence. It is taken only while this node is certain that nobody
// else works on the shard: the former owner may still be at it, and a node that cannot renew may
// have lost the shard already.

namespace {

constexpr milliseconds lease_looked_at_every{100};
/// A new owner's lease begins a little more than two seconds after it has learnt of its shard.
constexpr milliseconds lease_comes_within{3000};
constexpr const char* no_lease =
    "another node may work on the shard, and what is not stored could not be told apart";

} // namespace

bool orchestrator_state::holds_lease() const {
  return !parts_->cluster || parts_->cluster->may_lease({domain_->path, config_.shard}, now_);
}

void orchestrator_state::put_by(const submit_task& x, const caf::actor& from, const char* why) {
  if (stash_.size() >= domain_->max_tasks || bytes_ >= domain_->max_tasks_bytes) {
    refuse(from, x.what->id, refusal::busy, why, come_back);
    return;
  }
  stash_.push_back({x, from, {}, now_});
  bytes_ += stash_.back().bytes();
}

bool orchestrator_state::waits_for_lease(const submit_task& x, const caf::actor& from) {
  // What a parent delegates belongs to work that has begun.
  if (x.what->keep != durability::none || !x.what->parent.empty() || holds_lease())
    return false;
  if (stash_.empty()) {
    stash_until_ = later(now_, lease_comes_within);
    self_->delayed_send(self_, lease_looked_at_every, tick{});
  }
  put_by(x, from, no_lease);
  return true;
}

void orchestrator_state::look_at_lease() {
  if (!loaded_ || stash_.empty())
    return;
  const bool held = holds_lease();
  if (!held && now_ < stash_until_) {
    self_->delayed_send(self_, lease_looked_at_every, tick{});
    return;
  }
  auto stash = std::move(stash_);
  stash_.clear();
  for (const auto& w : stash) {
    bytes_ -= w.bytes();
    if (held)
      take(w.what, w.who);
    else
      refuse(w.who, w.what.what->id, refusal::busy, no_lease, come_back);
  }
}

} // namespace troupe
