#include "actors/human_desk.hpp"

#include "actors/audit.hpp"
#include "actors/boundary.hpp"
#include "actors/tick.hpp"
#include "policies/deadline.hpp"

#include <troupe/silence.hpp>

#include <algorithm>

namespace troupe {

namespace {

const human_queue_spec& limits_of(const fleet_spec& fleet, const std::string& queue) {
  static const human_queue_spec by_default;
  const auto& all = fleet.human_queues;
  const auto hit =
      std::find_if(all.begin(), all.end(), [&](const auto& q) { return q.name == queue; });
  return hit == all.end() ? by_default : *hit;
}

/// 0: what came from another node names nobody who is known here.
std::uint64_t incarnation_of(const seat_ptr& who) {
  return who ? who->now().incarnation : 0;
}

/// To look again at what has an answer, and nobody has said what became of it.
constexpr milliseconds give_again_every{500};

} // namespace

outcome_ptr answer_of_silence(const fleet_spec& fleet, const std::string& queue,
                              const boundary* gives) {
  auto said = said_in_silence(limits_of(fleet, queue));
  if (!said)
    return std::make_shared<const outcome>(
        outcome::of({reason::timeout, "nobody answered in time", {}}));
  if (gives)
    if (auto why = gives->refused_output(*said)) {
      why.detail = "nobody answered in time, and when_silent of the queue " + queue +
                   " is no answer to this question: " + why.detail;
      return std::make_shared<const outcome>(outcome::of(std::move(why)));
    }
  return std::make_shared<const outcome>(*std::move(said));
}

void human_desk_state::init(caf::event_based_actor* self, parts_ptr parts) {
  self_ = self;
  parts_ = std::move(parts);
  parts_->places->watch_arrivals(
      parts_->places->claim({address_kind::node, parts_->fleet.node_id + "/human_desk"}),
      address_kind::domain);
}

void human_desk_state::arm() {
  const auto next = std::min(look_at_, due_.empty() ? no_deadline : due_.begin()->first);
  if (next >= armed_)
    return;
  armed_ = next;
  self_->delayed_send(self_, left(armed_, parts_->now(self_)) + milliseconds{1}, tick{});
}

void human_desk_state::drop(entries::iterator i) {
  due_.erase({i->second.what.due, i->first});
  answered_.erase(i->first);
  open_.erase(i);
}

bool human_desk_state::pass_on(const entry& e) {
  const auto& q = e.what;
  return send_to(self_, q.asker, question_answered{q.task, q.step, q.attempt, e.answer});
}

void human_desk_state::on_ask(const ask_human& x) {
  auto known = open_.find(x.what->id);
  if (known != open_.end()) {
    auto& e = known->second;
    e.what.asker = x.what->asker;
    e.incarnation = incarnation_of(e.what.asker);
    // It was lost with the asker's former incarnation.
    if (e.answer)
      pass_on(e);
    return;
  }
  if (open_.size() >= questions_max) {
    auto full = std::make_shared<const outcome>(
        outcome::of({reason::unavailable, "the human desk is full", {}}));
    send_to(self_, x.what->asker,
            question_answered{x.what->task, x.what->step, x.what->attempt, full});
    return;
  }
  const auto version = parts_->current();
  const auto& limits = limits_of(version->fleet, x.what->queue);
  entry e;
  e.what = *x.what;
  e.incarnation = incarnation_of(e.what.asker);
  e.what.due = std::min(e.what.due, later(e.what.asked, limits.answer_timeout));
  if (!e.what.claimed_by.empty())
    e.what.claimed_until = later(e.what.claimed, limits.claim_lease);
  due_.emplace(e.what.due, e.what.id);
  open_.emplace(x.what->id, std::move(e));
  arm();
}

void human_desk_state::on_tick() {
  const auto now = parts_->now(self_);
  if (now < armed_)
    return; // An earlier tick has been asked for since.
  armed_ = no_deadline;
  while (!due_.empty() && due_.begin()->first <= now) {
    auto hit = open_.find(due_.begin()->second);
    due_.erase(due_.begin());
    auto& e = hit->second;
    if (e.answer)
      continue; // It came just in time, and is on its way to the disk.
    e.answer = answer_of_silence(parts_->current()->fleet, e.what.queue, e.what.gives.get());
    answered_.insert(e.what.id);
    // If the asker is being restarted, it asks again and gets it then.
    pass_on(e);
  }
  if (look_at_ <= now)
    forget_left_behind(now);
  arm();
}

void human_desk_state::on_seat_taken(const seat_taken& x) {
  if (open_.empty())
    return;
  auto look = left_behind;
  for (const auto& id : answered_)
    if (const auto& e = open_.at(id); e.what.asker == x.who) {
      pass_on(e);
      look = give_again_every;
    }
  look_at_ = std::min(look_at_, later(parts_->now(self_), look));
  arm();
}

void human_desk_state::forget_left_behind(timestamp now) {
  look_at_ = no_deadline;
  for (auto i = open_.begin(); i != open_.end();) {
    const auto known = i++;
    const auto& e = known->second;
    if (incarnation_of(e.what.asker) == e.incarnation)
      continue;
    const auto until = later(e.what.asker->since(), left_behind);
    if (e.answer) {
      pass_on(e);
      look_at_ = std::min(look_at_, later(now, give_again_every));
    } else if (until <= now) {
      drop(known);
    } else {
      look_at_ = std::min(look_at_, until);
    }
  }
}

void human_desk_state::on_withdraw(const withdraw_question& x) {
  auto hit = open_.find(x.id);
  if (hit == open_.end())
    return;
  auto& e = hit->second;
  if (e.answered)
    done(e.answered, e.request, refusal::conflict, "the task no longer waits for this answer");
  drop(hit);
}

void human_desk_state::on_settled(const question_settled& x) {
  auto hit = open_.find(x.id);
  if (hit == open_.end())
    return;
  auto& e = hit->second;
  if (e.answered) {
    if (x.taken)
      done(e.answered, e.request, refusal::none, {}, std::make_shared<const question>(e.what));
    else
      done(e.answered, e.request, refusal::conflict, "the task no longer waits for this answer");
  }
  drop(hit);
}

void human_desk_state::on_list(const list_questions& x) {
  questions_seen out{x.request, {}};
  for (const auto& [id, e] : open_)
    if (!e.answer && (x.queue.empty() || e.what.queue == x.queue))
      out.open.push_back(std::make_shared<const question>(e.what));
  std::stable_sort(out.open.begin(), out.open.end(), [](const auto& a, const auto& b) {
    return a->urgency != b->urgency ? a->urgency < b->urgency : a->asked < b->asked;
  });
  self_->send(caf::actor_cast<caf::actor>(self_->current_sender()), std::move(out));
}

void human_desk_state::done(const caf::actor& to, std::uint64_t request, refusal why,
                            std::string detail, question_ptr what) {
  self_->send(to, question_done{request, {why, std::move(detail), {}}, std::move(what)});
}

bool human_desk_state::taken(const question& q, const std::string& by) const {
  return !q.claimed_by.empty() && q.claimed_by != by && q.claimed_until > parts_->now(self_);
}

void human_desk_state::on_claim(const claim_question& x) {
  const auto from = caf::actor_cast<caf::actor>(self_->current_sender());
  auto hit = open_.find(x.id);
  if (hit == open_.end() || hit->second.answer) {
    done(from, x.request, refusal::unknown_question, "no open question " + x.id);
    return;
  }
  auto& q = hit->second.what;
  if (taken(q, x.by)) {
    done(from, x.request, refusal::conflict, "claimed by " + q.claimed_by);
    return;
  }
  q.claimed_by = x.by;
  q.claimed = parts_->now(self_);
  q.claimed_until = later(q.claimed, limits_of(parts_->current()->fleet, q.queue).claim_lease);
  send_audit(*parts_,
             audit_write(x.id + "/claimed/" + std::to_string(q.claimed.time_since_epoch().count()),
                         q.claimed, "human.claimed",
                         {{"question", x.id}, {"task", q.task}, {"queue", q.queue}, {"by", x.by}}));
  send_to(self_, q.asker, question_claimed{q.task, q.step, q.attempt, x.by});
  done(from, x.request, refusal::none, {}, std::make_shared<const question>(q));
}

void human_desk_state::on_answer(const answer_question& x) {
  const auto from = caf::actor_cast<caf::actor>(self_->current_sender());
  auto hit = open_.find(x.id);
  if (hit == open_.end()) {
    done(from, x.request, refusal::unknown_question, "no open question " + x.id);
    return;
  }
  auto& e = hit->second;
  if (e.answer) {
    done(from, x.request, refusal::conflict, "it has been answered already");
    return;
  }
  if (taken(e.what, x.by)) {
    done(from, x.request, refusal::conflict, "claimed by " + e.what.claimed_by);
    return;
  }
  if (e.what.gives && x.x->ok())
    if (auto why = e.what.gives->refused_output(*x.x)) {
      // The question stays open: whoever asked cannot do anything with such an answer.
      self_->send(from, question_done{x.request,
                                      {refusal::invalid_input,
                                       "not an answer to this question: " + why.detail,
                                       {},
                                       std::move(why.errors)},
                                      nullptr});
      return;
    }
  e.answer = x.x;
  answered_.insert(x.id);
  // The step is answered by its orchestrator. When that is just being restarted, or moves, its
  // successor gets the answer.
  pass_on(e);
  look_at_ = std::min(look_at_, later(parts_->now(self_), give_again_every));
  arm();
  const auto now = parts_->now(self_);
  send_audit(*parts_,
             audit_write(x.id + "/answered/" + std::to_string(now.time_since_epoch().count()), now,
                         "human.answered",
                         {{"question", x.id},
                          {"task", e.what.task},
                          {"queue", e.what.queue},
                          {"by", x.by},
                          {"ok", x.x->ok()},
                          {"answered", fingerprint(x.x->text, x.x->data)}}));
  e.answered = from;
  e.request = x.request;
}

caf::behavior human_desk(caf::stateful_actor<human_desk_state>* self, parts_ptr parts) {
  guard(self, parts, "human desk");
  state_of(self).init(self, std::move(parts));
  return {
      [self](const ask_human& x) { state_of(self).on_ask(x); },
      [self](const withdraw_question& x) { state_of(self).on_withdraw(x); },
      [self](const question_settled& x) { state_of(self).on_settled(x); },
      [self](const list_questions& x) { state_of(self).on_list(x); },
      [self](const claim_question& x) { state_of(self).on_claim(x); },
      [self](const answer_question& x) { state_of(self).on_answer(x); },
      [self](const seat_taken& x) { state_of(self).on_seat_taken(x); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
