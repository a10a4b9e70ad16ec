#include "actors/act_name.hpp"
#include "actors/attempt_record.hpp"
#include "actors/orchestrator.hpp"

#include "actors/cluster_messages.hpp"
#include "actors/tick.hpp"
#include "policies/context_scope.hpp"
#include "policies/deadline.hpp"
#include "src/telemetry/log.hpp"
#include "src/telemetry/metrics.hpp"
#include "src/wire/codec.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr milliseconds open_wait{10};
constexpr std::uint32_t open_looks = 300;

} // namespace

void orchestrator_state::on_loaded(const shard_loaded& x) {
  now_ = parts_->now(self_);
  journal_.answered(now_);
  // It may have been asked twice, when the journal failed in between.
  epoch_ = std::max(epoch_, x.epoch);
  send_to(self_, config_.keeper, shard_opened{domain_->path, config_.shard, epoch_});
  if (loaded_ || to_recover_)
    return;
  to_recover_ = x.open;
  open_shard();
}

void orchestrator_state::on_routes(const routes_changed& x) {
  now_ = parts_->now(self_);
  views_.use(x.table);
  look_at_versions();
  open_shard();
}

void orchestrator_state::open_shard() {
  if (loaded_ || !views_.has_routes() || !to_recover_)
    return;
  // What was interrupted needs the agents that are being started beside us, and the services. If
  // some of them do not come up, the others' tasks must not wait for them for ever: what cannot be
  // routed then is retried like any other step. In a cluster, where agents move as shards do, each
  // step waits for itself.
  const auto& agents = views_.current().routes.table()->agents;
  const bool all_up = std::all_of(agents.begin(), agents.end(), [](const seat_ptr& s) {
    return s->state.load(std::memory_order_relaxed) != health::down;
  });
  if (parts_->services->any(now_) || (!all_up && !config_.keeper && ++looked_ < open_looks)) {
    open_again_ = later(now_, open_wait);
    self_->delayed_send(self_, open_wait, tick{});
    return;
  }
  loaded_ = true;
  if (!to_recover_->empty())
    parts_->log->info("orchestrator {}: takes up {} tasks", config_.place->where().name,
                      to_recover_->size());
  for (const auto& task : *to_recover_)
    recover(task);
  to_recover_ = nullptr;
  sessions_->rest_all(now_);
  clear_marks();
  auto stash = std::move(stash_);
  stash_.clear();
  for (const auto& w : stash) {
    bytes_ -= w.bytes();
    take(w.what, w.who);
  }
  auto early = std::move(early_watchers_);
  early_watchers_.clear();
  for (const auto& [what, who] : early)
    watch(what, who);
  auto cancels = std::move(early_cancels_);
  early_cancels_.clear();
  for (const auto& x : cancels)
    on_cancel(x);
}

void orchestrator_state::recover(const stored_task& x) {
  auto what = decode_task(x.task_body);
  if (!what) {
    parts_->log->error("task {}: what is stored of it cannot be read: {}", x.id, what.error);
    return;
  }
  auto& t = tasks_.open(std::make_shared<const task>(*std::move(what)));
  t.recovered = t.accepted = true;
  enter_version(t);
  if (t.what->fleet != 0) {
    t.marked = true;
    ++marks_[t.what->fleet];
  }
  bytes_ += t.bytes = body_size(*t.what);
  count_open();
  if (!t.what->idempotency_key.empty())
    keys_[t.what->idempotency_key] = t.what;
  if (counters_)
    counters_->running.add(1);
  json session_context;
  if (!t.what->context_id.empty()) {
    auto& session = sessions_->open(t.what->context_id, now_);
    sessions_->begin_turn(session, *t.what, now_);
    session_context = session.now.context;
  }
  std::vector<std::string> refused_fields;
  t.context = initial_context(t.by->domain, *t.what, session_context, refused_fields);
  auto accepted = make_event(t, event_kind::accepted, whole_task, 0);
  accepted.at = x.created;
  t.history.push_back(std::move(accepted));
  for (const auto& body : x.events) {
    auto e = decode_event(body);
    if (!e) {
      parts_->log->error(
          "task {}: an event of it cannot be read, it goes on from the one before: {}", x.id,
          e.error);
      break;
    }
    t.history.push_back(*std::move(e));
  }
  // The next number must be new even if the last event could not be read.
  t.stored = static_cast<std::uint32_t>(x.events.size()) + 1;
  if (auto* session = t.what->context_id.empty() ? nullptr : sessions_->find(t.what->context_id))
    for (const auto& e : t.history)
      if (const auto* r = e.kind == event_kind::assigned && !e.triage ? e.get<route>() : nullptr)
        bind_session(*session, r->agent);
  t.plan_kept = t.history.size() > 1;
  if (t.what->keep == durability::task)
    for (const auto& e : t.history)
      if (const auto* how =
              e.kind == event_kind::planned ? std::get_if<plan_ptr>(&e.body) : nullptr)
        t.steps_kept = *how && (takes_back(**how) || meets_old_answers(t.by->domain, **how));
  load_ledger(t, x);
  replay(t);
  take_up(t);
}

void orchestrator_state::replay(live_task& t) {
  actions ignored;
  for (const auto& e : t.history) {
    ignored.clear();
    if (e.kind == event_kind::planned) {
      const auto* body = std::get_if<plan_ptr>(&e.body);
      t.how = body ? *body : nullptr;
      if (!t.how)
        continue;
      t.triage = false;
      t.run.emplace(t.how, *t.what);
      t.run->start(e.at, ignored);
    } else if (e.triage && !t.run) {
      actions none;
      now_ = e.at;
      start_triage(t, none);
      t.run->apply(e, ignored);
    } else if (t.run && e.triage == t.triage) {
      t.run->apply(e, ignored);
      learn(t, e);
    }
  }
  now_ = parts_->now(self_);
}

bool orchestrator_state::go_on_there(live_task& t, const plan_action& a, actions& todo) {
  const auto* before = given_to(t, a.step, a.attempt);
  auto to = before ? parts_->places->find({address_kind::agent, before->agent}) : nullptr;
  if (!to)
    return false;
  if (acts(t, *to))
    return claims_act(t, a, to, *before);
  // What may end its nodes waits for its turn.
  if (!harmless_again(t.run->step(a.step)) || handed_out(t, a) >= trial_line::trusted ||
      !to->now().handle)
    return false;
  const auto health_now = to->state.load(std::memory_order_relaxed);
  if (health_now != health::up && health_now != health::draining)
    return false;
  const auto elsewhere = to->elsewhere();
  if (!before->node.empty() &&
      before->node != (elsewhere.empty() ? parts_->fleet.node_id : elsewhere))
    return false;
  auto way = std::make_shared<route>(*before);
  way->because = "it works on it already";
  way->decided_at = parts_->cluster ? parts_->fleet.node_id : std::string{};
  way->seen.clear();
  way->arms.clear();
  auto e = make_event(t, event_kind::assigned, a.step, a.attempt);
  e.body = route_ptr{std::move(way)};
  if (happen(t, std::move(e), todo))
    hold(t, {effect::kind::call, 0, a.step, a.attempt, std::move(to), 0, true});
  return true;
}

void orchestrator_state::take_up_anew(live_task& t, const plan_action& a, actions& todo) {
  const auto& step = t.run->step(a.step);
  const bool call = a.what == plan_action::kind::call;
  const bool again = call && harmless_again(step);
  if (again && !too_often(t, a)) {
    todo.push_back(a);
    return;
  }
  // The agent has not failed: the node has. Nobody knows how far the agent had come: it is found
  // out first, or the ladder decides.
  auto e = make_event(t, again || !call ? event_kind::step_failed : event_kind::interrupted, a.step,
                      a.attempt);
  e.body =
      std::make_shared<const failure>(failure{reason::crash, cut_short(t, a.step, step.agent), {}});
  happen(t, std::move(e), todo);
}

void orchestrator_state::take_up(live_task& t) {
  t.state = task_state::working;
  if (!t.run) {
    start_work(t);
    return;
  }
  actions todo;
  if (t.run->ended()) {
    todo.push_back({plan_action::kind::finish, 0, 0, false});
    carry_out(t, todo);
    return;
  }
  const auto generation = t.generation;
  actions open;
  t.run->open_actions(open);
  for (const auto& a : open) {
    const auto& step = t.run->step(a.step);
    const bool begun = step.status == step_status::running;
    if (!begun) {
      todo.push_back(a);
    } else if (step.asking) {
      if (a.what == plan_action::kind::delegate)
        perform_delegate(t, {effect::kind::delegate, 0, a.step, a.attempt,
                             parts_->places->find(directory::orchestrator_of(
                                 t.run->target_of(a.step).domain, config_.shard))});
      else
        perform_ask(t, {effect::kind::ask, 0, a.step, a.attempt, nullptr});
    } else if (a.what == plan_action::kind::delegate) {
      if (auto to = parts_->places->find(
              directory::orchestrator_of(t.run->target_of(a.step).domain, config_.shard)))
        perform_delegate(t, {effect::kind::delegate, 0, a.step, a.attempt, std::move(to)});
      else
        fail_step(t, a.step, a.attempt, {reason::unavailable, "its domain is gone", {}});
    } else if (take_up_effect(t, a, todo)) {
      // It had happened, and its answer came too late for the step.
    } else if (a.what != plan_action::kind::call || !go_on_there(t, a, todo)) {
      take_up_anew(t, a, todo);
    }
    if (t.generation != generation || t.ending)
      return;
  }
  carry_out(t, todo);
}

} // namespace troupe
