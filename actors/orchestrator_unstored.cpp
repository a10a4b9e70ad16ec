#include "actors/orchestrator.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace troupe {

// While nothing can be stored, what was accepted goes on as far as it can and waits. New requests
// are refused at once as soon as it is known, also of a store that only does not answer, and those
// who came before that do not wait for it longer than `journal_port::stored_within`. What becomes
// of theirs:
//
// - What has not been handed to the journal is withdrawn: nothing of it was done, nothing will be.
// - What has been handed to it may be in the store already, though nobody could say so. With an
//   idempotency key it stays: whoever asks again comes to the same task. Without one it is called
//   off, so that whoever asks again does not have it twice. Only where this node ends before that
//   is stored it is taken up as any other open task, which nobody here can rule out.
//
// What another domain has delegated is part of work that has been accepted: it waits.

namespace {

constexpr const char* nothing_done = "nothing can be stored at the moment; nothing was done";
constexpr const char* may_be_done =
    "it could not be stored in time and may be done still: with the same idempotency key, asking "
    "again comes to the same task";
constexpr const char* called_off =
    "it could not be stored in time and was called off; it may be done still if this node ends "
    "before that is stored. An idempotency key would make it safe to ask again";

/// Whether the store has answered nobody for a while: the lease of this node is renewed over
/// another connection than the journal's, four times in the time that it lasts. A commit that is
/// only slow, or waits for a lock, does not keep it from that.
bool lease_is_over(const node_parts& parts, timestamp now) {
  return parts.cluster && parts.cluster->leased_until() <= now;
}

bool was_asked_for(const submit_task& x) {
  return x.what->parent.empty();
}

} // namespace

void orchestrator_state::look_at_unstored() {
  if (!journal_.wants_look(now_))
    return;
  const bool hangs = journal_.unconfirmed_since() <= now_ - journal_port::slow_commit &&
                     lease_is_over(*parts_, now_);
  journal_.looked(refuse_unstored() || hangs, now_);
}

bool orchestrator_state::refuse_unstored() {
  const auto before = now_ - journal_port::stored_within;
  bool any = false;
  const auto refuse_now = [&](const session_book::waiting& w) {
    any = true;
    refuse(w.who, w.what.what->id, refusal::not_stored, nothing_done, come_back);
  };
  if (!loaded_ && !to_recover_)
    std::erase_if(stash_, [&](const session_book::waiting& w) {
      if (w.since > before || !was_asked_for(w.what))
        return false;
      bytes_ -= w.bytes();
      refuse_now(w);
      return true;
    });
  // The store may be about to say whose the key is: that is heard, and then given up.
  key_lines_.for_each([&](session_book::waiting& w) {
    if (w.refused || w.since > before || !was_asked_for(w.what))
      return;
    w.refused = true;
    refuse_now(w);
  });
  // The turn before cannot end while nothing can be stored.
  const bool long_out = journal_.out_since() <= before;
  const auto waited_in_vain = [&](const session_book::entry& e, const session_book::waiting& w) {
    return (e.loading || long_out) && w.since <= before && was_asked_for(w.what);
  };
  for (const auto& w : sessions_->withdraw(waited_in_vain)) {
    any = true;
    send_away(w, refusal::not_stored, nothing_done, come_back);
  }
  if (journal_.unconfirmed_since() > before)
    return any;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> late;
  tasks_.for_each([&](const live_task& t) {
    if (!t.accepted && !t.unstored && t.what->parent.empty() && t.history.front().at <= before)
      late.emplace_back(t.slot, t.generation);
  });
  for (const auto& [slot, generation] : late)
    if (auto* t = tasks_.at(slot, generation))
      refuse_unstored(*t);
  return any || !late.empty();
}

void orchestrator_state::refuse_unstored(live_task& t) {
  t.unstored = true;
  const auto what = t.what;
  const bool keyed = !what->idempotency_key.empty();
  const auto* detail = keyed ? may_be_done : called_off;
  for (const auto& w : std::exchange(t.watchers, {}))
    refuse(w.who, what->id, refusal::not_stored, detail, come_back);
  for (const auto& [who, id] : std::exchange(t.asked_again, {}))
    refuse(who, id, refusal::not_stored, detail, come_back);
  if (!keyed)
    on_cancel({what->id, "it could not be stored in time"});
}

} // namespace troupe
