#include "actors/agent.hpp"

#include "actors/flight_log.hpp"
#include "actors/tick.hpp"
#include "policies/deadline.hpp"
#include "src/telemetry/log.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// How often it is looked whether what a former incarnation did is over.
constexpr milliseconds acts_every{50};
constexpr const char* hang = "a call hangs and cannot be stopped";
/// For a runner to say itself that the time of a call is over, and what it has by then.
constexpr milliseconds grace{100};

outcome_ptr never_begun() {
  return std::make_shared<const outcome>(
      outcome::of({reason::cancelled, "it was asked what came of it before it began", {}}));
}

} // namespace

void agent_state::init(caf::event_based_actor* self, parts_ptr parts, seat_ptr place) {
  self_ = self;
  parts_ = std::move(parts);
  place_ = std::move(place);
  version_ = parts_->versions->of(*place_->spec());
  if (!version_) // One that the application has added.
    version_ = parts_->current();
  boundary_ = version_->boundary_of(*place_->spec());
  runner_ = make_runner(parts_, *version_, place_->spec(), self);
  show_held();
}

void agent_state::on_run(const run_call& x) {
  auto caller = caf::actor_cast<caf::actor>(self_->current_sender());
  const auto& spec = *place_->spec();
  const auto now = parts_->now(self_);
  note_call(*parts_, now, place_->where(), *x.what);
  if (x.what->deadline <= now) {
    answer(caller, x.call, now,
           std::make_shared<const outcome>(outcome::of({reason::timeout, "came too late", {}})));
    return;
  }
  if (x.again && passes_on(x.call, *x.what, caller))
    return;
  waiting_call one{x.call, std::move(caller), x.what, now, nullptr};
  if (x.what->query) {
    parts_->acts->ask(x.what->idempotency_key, {x.what->epoch, x.what->attempt});
    withdraw_waiting(*x.what);
  } else if (!x.what->idempotency_key.empty()) {
    one.act = parts_->acts->begin(x.what->idempotency_key, {x.what->epoch, x.what->attempt});
    if (!one.act) {
      answer(one.caller, x.call, now, never_begun());
      return;
    }
  }
  if (running_.size() < spec.slots && !waits_for_its_call(*x.what)) {
    begin(std::move(one), now);
    return;
  }
  // Who gave us a call stops it at its deadline, unless he is gone himself.
  if (hangs(now)) {
    self_->quit(failure_error(hang));
    return;
  }
  if (waiting_.size() >= spec.queue_limit) {
    answer(one.caller, x.call, now,
           std::make_shared<const outcome>(
               outcome::of({reason::rate_limited, "the agent's queue is full", {}})));
    return;
  }
  waiting_.add(std::move(one));
  if (x.what->query)
    arm();
}

void agent_state::on_claim(const claim_call& x) {
  const auto caller = caf::actor_cast<caf::actor>(self_->current_sender());
  if (passes_on(x.call, *x.what, caller))
    return;
  // It may still be on its way, and who asks goes by what we say.
  parts_->acts->ask(x.what->idempotency_key, {x.what->epoch, x.what->attempt});
  self_->send(caller, call_not_here{x.call});
}

bool agent_state::passes_on(std::uint64_t call, const agent_call& what, const caf::actor& caller) {
  // An owner that has slept while another one took its shard gets nothing that is for that one.
  const auto takes = [&](auto& x) {
    if (x.what->epoch > what.epoch || !same_request(*x.what, what))
      return false;
    if (x.what->epoch < what.epoch) {
      auto own = std::make_shared<agent_call>(*x.what);
      own->epoch = what.epoch;
      x.what = std::move(own);
    }
    x.call = call;
    x.caller = caller;
    return true;
  };
  for (auto& r : running_)
    if (!r.told && !r.stays && takes(r))
      return true;
  if (waiting_.show(takes))
    return true;
  const auto* done = kept_.find(what);
  if (done)
    self_->send(caller, call_ended{call, done->what, done->note});
  return done != nullptr;
}

void agent_state::keep(agent_call_ptr what, outcome_ptr said,
                       std::shared_ptr<const std::string> note, timestamp since) {
  const auto now = parts_->now(self_);
  if (said->ok() && kept_.keep({std::move(what), std::move(said), std::move(note), now},
                               std::chrono::duration_cast<milliseconds>(now - since)))
    arm();
}

bool agent_state::waits_for_its_call(const agent_call& what) const {
  if (!what.query)
    return false;
  return parts_->acts->has(what.idempotency_key) ||
         std::any_of(running_.begin(), running_.end(), [&](const running& r) {
           return !r.query && r.what->idempotency_key == what.idempotency_key;
         });
}

void agent_state::withdraw_waiting(const agent_call& asked) {
  for (const auto& gone : waiting_.take_acts(asked.idempotency_key))
    answer(gone.caller, gone.call, gone.since, never_begun());
}

agent_call_ptr agent_state::screened(const agent_call_ptr& what, timestamp now,
                                     std::shared_ptr<const std::string>& note, failure& why) const {
  // What has become of an effect is asked about a call that has passed before.
  if (!boundary_->screens() || what->query)
    return what;
  auto looked = boundary_->screens()->incoming(what);
  std::string said = note ? *note : std::string{};
  for (const auto& x : looked.all) {
    said +=
        (said.empty() ? "" : "; ") + report_screen(*parts_, place_->spec()->card, *what, x, now);
    if (x.what.action == screen_action::block && !why)
      why = stopped_by_screen(x);
  }
  if (!looked.all.empty())
    note = std::make_shared<const std::string>(std::move(said));
  return looked.what;
}

void agent_state::begin(waiting_call x, timestamp now) {
  std::shared_ptr<const std::string> note;
  auto as_it_came = x.what;
  if (auto why = runner_->no_room_for(*x.what)) {
    self_->send(
        x.caller,
        call_ended{x.call, std::make_shared<const outcome>(outcome::of(std::move(why))), nullptr});
    return;
  }
  if (boundary_) {
    x.what = boundary_->cleaned(x.what, note);
    failure stopped;
    x.what = screened(x.what, now, note, stopped);
    if (stopped) {
      self_->send(x.caller,
                  call_ended{x.call,
                             std::make_shared<const outcome>(outcome::of(std::move(stopped))),
                             std::move(note)});
      return;
    }
    if (auto why = boundary_->refused_input(*x.what)) {
      // The agent never saw it: this is no call of it that failed.
      self_->send(x.caller,
                  call_ended{x.call, std::make_shared<const outcome>(outcome::of(std::move(why))),
                             std::move(note)});
      return;
    }
  }
  if (auto question = runner_->question_for(*x.what); !question.empty()) {
    self_->send(x.caller, call_handed_over{x.call, std::move(question)});
    return;
  }
  // A call is the agent's for no longer than it says, and never for longer than its step has.
  const auto given = x.what->deadline;
  auto own = no_deadline;
  if (const auto most = place_->spec()->timeout; most.count() > 0 && left(given, now) > most) {
    auto shorter = std::make_shared<agent_call>(*x.what);
    shorter->deadline = now + most;
    x.what = std::move(shorter);
    own = now + most + grace;
  }
  const auto key = ++next_key_;
  // What is done elsewhere ends as a message to ourselves, which we get after this one.
  if (auto done = runner_->run(self_, key, x.what)) {
    auto said = answer(x.caller, x.call, x.since, std::move(done), note, x.what->query);
    if (x.act)
      keep(std::move(as_it_came), std::move(said), std::move(note), x.since);
  } else {
    running_.push_back({key, x.call, std::move(x.caller), x.since, std::move(note), given,
                        x.what->query, own, false, false, std::move(as_it_came), std::move(x.act)});
  }
  if (own < armed_)
    arm();
}

void agent_state::start_next() {
  while (waiting_.size() > 0 && running_.size() < place_->spec()->slots) {
    const auto now = parts_->now(self_);
    // What it asks about may hang for ever.
    const auto may_begin = [&](const waiting_call& x) {
      return x.what->deadline <= now || !waits_for_its_call(*x.what);
    };
    auto next = waiting_.take_first(may_begin);
    if (!next)
      return;
    if (next->what->deadline <= now)
      answer(next->caller, next->call, next->since,
             std::make_shared<const outcome>(
                 outcome::of({reason::timeout, "waited too long for a slot", {}})));
    else
      begin(*std::move(next), now);
  }
}

void agent_state::on_stop(const stop_call& x) {
  const auto caller = caf::actor_cast<caf::actor>(self_->current_sender());
  auto hit = std::find_if(running_.begin(), running_.end(),
                          [&](const running& r) { return r.call == x.call && r.caller == caller; });
  if (hit != running_.end()) {
    if (runner_->stop(hit->key))
      return;
    if (x.hung) {
      self_->quit(failure_error(hang));
      return;
    }
    // It may still end by itself, but not later than it was given time for.
    hit->stays = true;
    arm();
    return;
  }
  const auto gone = waiting_.take_first(
      [&](const waiting_call& w) { return w.call == x.call && w.caller == caller; });
  if (gone)
    answer(caller, x.call, gone->since,
           std::make_shared<const outcome>(outcome::of({reason::cancelled, "stopped", {}})));
}

bool agent_state::hangs(timestamp now) const {
  return std::any_of(running_.begin(), running_.end(),
                     [&](const running& r) { return r.deadline <= now; });
}

void agent_state::end_late(running& who) {
  const auto most = place_->spec()->timeout;
  who.told = true;
  answer(who.caller, who.call, who.since,
         std::make_shared<const outcome>(outcome::of(
             {reason::timeout,
              "took longer than the agent's timeout of " + std::to_string(most.count()) + " ms",
              {}})),
         std::move(who.note), who.query);
  who.stays = !runner_->stop(who.key);
}

void agent_state::arm() {
  auto next = kept_.due();
  if (waiting_.has_questions())
    next = std::min(next, parts_->now(self_) + acts_every);
  for (const auto& r : running_) {
    if (!r.told)
      next = std::min(next, r.own_deadline);
    if (r.stays)
      next = std::min(next, r.deadline);
  }
  next = standstill_.heeded(next);
  if (next >= armed_)
    return;
  armed_ = next;
  self_->delayed_send(self_, left(next, parts_->now(self_)) + milliseconds{1}, tick{});
}

void agent_state::on_tick() {
  const auto now = parts_->now(self_);
  if (now < armed_)
    return; // An earlier one has been asked for since.
  if (standstill_.noticed(std::exchange(armed_, no_deadline), now))
    return arm();
  kept_.forget(now);
  if (waiting_.has_questions())
    start_next();
  for (auto& r : running_)
    if (!r.told && r.own_deadline <= now)
      end_late(r);
  // Who cannot be stopped keeps its slot for as long as it was given time, unless the agent has
  // nothing else to do: then its next incarnation is of more use.
  const bool idle = waiting_.size() == 0 && std::all_of(running_.begin(), running_.end(),
                                                        [](const running& r) { return r.told; });
  if (std::any_of(running_.begin(), running_.end(), [&](const running& r) {
        return r.stays && (r.deadline <= now || (idle && r.told));
      })) {
    self_->quit(failure_error(hang));
    return;
  }
  arm();
}

void agent_state::on_runner_ended(const runner_ended& x) {
  if (runner_->took(x))
    return;
  auto hit = std::find_if(running_.begin(), running_.end(),
                          [&](const running& r) { return r.key == x.call; });
  if (hit == running_.end())
    return;
  auto who = std::move(*hit);
  running_.erase(hit);
  runner_->ended(who.key);
  if (who.told)
    return start_next();
  if (x.note)
    who.note = who.note ? std::make_shared<const std::string>(*who.note + "; " +
                                                              parts_->without_secrets(*x.note))
                        : std::make_shared<const std::string>(parts_->without_secrets(*x.note));
  auto said = answer(who.caller, who.call, who.since, x.x, who.note, who.query);
  keep(std::move(who.what), std::move(said), std::move(who.note), who.since);
  start_next();
}

void agent_state::on_runner_broke(const runner_broke& x) {
  if (!x.hopeless.empty())
    place_->cannot_start(parts_->without_secrets(x.hopeless));
  self_->quit(failure_error(parts_->without_secrets(x.why)));
}

caf::behavior agent(caf::stateful_actor<agent_state>* self, parts_ptr parts, seat_ptr place) {
  guard(self, parts, place->where().str());
  state_of(self).init(self, std::move(parts), std::move(place));
  return {
      [self](const run_call& x) {
        state_of(self).on_run(x);
        state_of(self).show_held();
      },
      [self](const claim_call& x) { state_of(self).on_claim(x); },
      [self](const stop_call& x) {
        state_of(self).on_stop(x);
        state_of(self).show_held();
      },
      [self](const runner_ended& x) {
        state_of(self).on_runner_ended(x);
        state_of(self).show_held();
      },
      [self](const runner_broke& x) { state_of(self).on_runner_broke(x); },
      [self](const runner_turn& x) { state_of(self).on_runner_turn(x); },
      [self](tick) {
        state_of(self).on_tick();
        state_of(self).show_held();
      },
  };
}

} // namespace troupe
