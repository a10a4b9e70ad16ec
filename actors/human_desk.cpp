#include "actors/human_desk.hpp"

#include <algorithm>

namespace troupe {

void human_desk_state::init(caf::event_based_actor* self, parts_ptr parts) {
  self_ = self;
  parts_ = std::move(parts);
}

void human_desk_state::on_ask(const ask_human& x) {
  auto known = open_.find(x.what->id);
  if (known != open_.end()) {
    known->second.asker = x.what->asker;
    return;
  }
  if (open_.size() >= questions_max) {
    auto full = std::make_shared<const outcome>(
        outcome::of({reason::unavailable, "the human desk is full", {}}));
    send_to(self_, x.what->asker,
            question_answered{x.what->task, x.what->step, x.what->attempt, full});
    return;
  }
  open_.emplace(x.what->id, *x.what);
}

void human_desk_state::on_withdraw(const withdraw_question& x) {
  open_.erase(x.id);
}

void human_desk_state::on_list(const list_questions& x) {
  questions_seen out{x.request, {}};
  for (const auto& [id, q] : open_)
    if (x.queue.empty() || q.queue == x.queue)
      out.open.push_back(std::make_shared<const question>(q));
  std::stable_sort(out.open.begin(), out.open.end(), [](const auto& a, const auto& b) {
    return a->urgency != b->urgency ? a->urgency < b->urgency : a->asked < b->asked;
  });
  self_->send(caf::actor_cast<caf::actor>(self_->current_sender()), std::move(out));
}

milliseconds human_desk_state::lease_of(const std::string& queue) const {
  for (const auto& q : parts_->fleet.human_queues)
    if (q.name == queue)
      return q.claim_lease;
  return human_queue_spec{}.claim_lease;
}

void human_desk_state::reply(std::uint64_t request, refusal why, std::string detail,
                             question_ptr what) {
  self_->send(caf::actor_cast<caf::actor>(self_->current_sender()),
              question_done{request, {why, std::move(detail), {}}, std::move(what)});
}

void human_desk_state::on_claim(const claim_question& x) {
  auto hit = open_.find(x.id);
  if (hit == open_.end()) {
    reply(x.request, refusal::unknown_question, "no open question " + x.id);
    return;
  }
  auto& q = hit->second;
  const auto now = parts_->now(self_);
  if (!q.claimed_by.empty() && q.claimed_by != x.by && q.claimed_until > now) {
    reply(x.request, refusal::conflict, "claimed by " + q.claimed_by);
    return;
  }
  q.claimed_by = x.by;
  q.claimed_until = now + lease_of(q.queue);
  reply(x.request, refusal::none, {}, std::make_shared<const question>(q));
}

void human_desk_state::on_answer(const answer_question& x) {
  auto hit = open_.find(x.id);
  if (hit == open_.end()) {
    reply(x.request, refusal::unknown_question, "no open question " + x.id);
    return;
  }
  const auto& q = hit->second;
  if (!q.claimed_by.empty() && q.claimed_by != x.by && q.claimed_until > parts_->now(self_)) {
    reply(x.request, refusal::conflict, "claimed by " + q.claimed_by);
    return;
  }
  // The step is answered by its orchestrator; when that is just being restarted, the question stays
  // open.
  if (!send_to(self_, q.asker, question_answered{q.task, q.step, q.attempt, x.x})) {
    reply(x.request, refusal::busy, "the task is being recovered");
    return;
  }
  auto done = std::make_shared<const question>(q);
  open_.erase(hit);
  reply(x.request, refusal::none, {}, std::move(done));
}

caf::behavior human_desk(caf::stateful_actor<human_desk_state>* self, parts_ptr parts) {
  guard(self, parts, "human desk");
  state_of(self).init(self, std::move(parts));
  return {
      [self](const ask_human& x) { state_of(self).on_ask(x); },
      [self](const withdraw_question& x) { state_of(self).on_withdraw(x); },
      [self](const list_questions& x) { state_of(self).on_list(x); },
      [self](const claim_question& x) { state_of(self).on_claim(x); },
      [self](const answer_question& x) { state_of(self).on_answer(x); },
  };
}

} // namespace troupe
