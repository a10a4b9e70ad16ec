#include "actors/flight_log.hpp"
#include "actors/orchestrator.hpp"

#include "policies/context_scope.hpp"
#include "policies/offered_skills.hpp"
#include "src/telemetry/metrics.hpp"
#include "src/wire/codec.hpp"

#include <troupe/domain_boundary.hpp>

#include <algorithm>

namespace troupe {

namespace {

/// Why nobody can do what is asked for by its skill; empty: somebody is declared for it. An agent
/// may be on its way: that it is not there yet is no reason.
std::string why_no_skill(const domain_view& by, std::string_view skill) {
  const auto& offered = by.routes.table()->by_skill;
  if (skill.empty() || offered.find(skill) != offered.end() || declares_skill(by.domain, skill))
    return {};
  std::vector<std::string_view> there;
  for (const auto& [name, agents] : offered)
    there.emplace_back(name);
  return says_not_offered(by.domain, skill, there);
}

} // namespace

void orchestrator_state::refuse(const caf::actor& to, const std::string& id, refusal why,
                                std::string detail, milliseconds wait) {
  if (counters_)
    counters_->refused_requests[static_cast<std::size_t>(why)].add();
  self_->send(to, task_refused{id, {why, std::move(detail), wait}});
}

void orchestrator_state::acknowledge(live_task& t, const caf::actor& from, bool progress,
                                     const std::string& asked_as) {
  auto& watcher = t.add_watcher(from, progress);
  // What is not stored yet is not acknowledged, however often it is asked for.
  if (t.accepted)
    self_->send(from, task_accepted{t.what->id, true, asked_as});
  else if (!asked_as.empty())
    t.asked_again.emplace_back(from, asked_as);
  else
    watcher.confirm = true;
}

void orchestrator_state::on_submit(const submit_task& x) {
  now_ = parts_->now(self_);
  look_at_versions();
  auto from = caf::actor_cast<caf::actor>(self_->current_sender());
  note_submitted(*parts_, now_, config_.place->where(), *x.what);
  if (!loaded_) {
    put_by(x, from, "the shard is being loaded");
    return;
  }
  take(x, from);
}

void orchestrator_state::take(const submit_task& x, const caf::actor& from) {
  const auto& t = *x.what;
  // Ids of new tasks are made for them; only whoever has lost sight of a task says the same again.
  if (!t.parent.empty() || x.again || x.open) {
    if (auto* known = tasks_.find(t.id)) {
      acknowledge(*known, from, x.watch, {});
      // A parent that was rebuilt may not know whether we wait for people.
      if (!t.parent.empty() || x.watch)
        self_->send(from, task_progressed{known->record()});
      return;
    }
    if (auto ended = finished_->find(t.id)) {
      self_->send(from, task_ended{std::move(ended)});
      return;
    }
    if (auto* waits = sessions_->find_waiting(t)) {
      bytes_ -= waits->bytes();
      waits->what = x;
      waits->who = from;
      bytes_ += waits->bytes();
      return;
    }
  }
  if (x.again && t.keep != durability::none && config_.journal) {
    // It may have ended before the restart.
    auto me = caf::actor_cast<caf::actor>(self_);
    journal_.ask(now_, [me, from, what = x.what, watch = x.watch,
                        confirm = x.confirm](troupe::store& where) {
      auto found = where.task(what->id);
      if (!found || !is_final(found->state)) {
        caf::send_as(from, me, submit_task{what, watch, false, confirm, true});
        return;
      }
      auto record = std::make_shared<task_record>();
      record->what = what;
      record->state = found->state;
      record->phase = task_phase::ended;
      record->updated = found->updated;
      auto stored = decode_outcome(found->outcome_body);
      record->result = std::make_shared<const outcome>(
          stored ? *std::move(stored)
                 : outcome::of(
                       {reason::crash, "its stored outcome cannot be read: " + stored.error, {}}));
      caf::anon_send(from, task_ended{std::move(record)});
    });
    return;
  }
  if (!json_fits(t.data)) {
    refuse(from, t.id, refusal::invalid_request,
           "data nests deeper than " + std::to_string(max_json_depth) + " levels");
    return;
  }
  // A task goes by the version of the fleet that it began with. What others may ask of us is as it
  // stands now, as with keys: what a team has closed is closed at once.
  if (!t.parent.empty() && !t.path.empty()) {
    const auto from_domain = t.path.back().substr(0, t.path.back().find(':'));
    if (auto why = why_not_delegated(*domain_, from_domain, t.skill); !why.empty()) {
      refuse(from, t.id, refusal::policy_denied, std::move(why));
      return;
    }
  }
  // A step of a plan that asks for such a skill fails with the reason, and its plan knows what
  // then.
  if (t.parent.empty())
    if (auto why = why_no_skill(views_.of(t), t.skill); !why.empty()) {
      refuse(from, t.id, refusal::invalid_input, std::move(why));
      return;
    }
  // What a parent delegates belongs to work that has been accepted: refusing it would not make
  // less of that.
  if (t.parent.empty() && overload_->refuses(t.urgency)) {
    refuse(from, t.id, refusal::busy, "the domain is overloaded and takes only more urgent tasks",
           come_back);
    return;
  }
  if (tasks_.size() + sessions_->waiting_count() + key_lines_.size() >= domain_->max_tasks) {
    refuse(from, t.id, refusal::busy, "the domain has as many tasks as it takes", come_back);
    return;
  }
  sessions_->sweep(now_);
  if (bytes_ + sessions_->kept_bytes() >= domain_->max_tasks_bytes) {
    refuse(from, t.id, refusal::busy, "the domain's tasks and sessions are as large as it takes",
           come_back);
    return;
  }
  if (waits_for_lease(x, from))
    return;
  if (journal_.is_out() && t.keep != durability::none) {
    refuse(from, t.id, refusal::not_stored, "nothing can be stored at the moment", come_back);
    return;
  }
  if (!t.idempotency_key.empty() && !take_key(x, from))
    return;
  begin_in_session(x, from);
}

void orchestrator_state::begin(const submit_task& x, const caf::actor& from,
                               const json& session_context) {
  auto& t = tasks_.open(x.what);
  enter_version(t);
  if (from)
    t.watchers.push_back({from, x.watch, x.confirm});
  bytes_ += t.bytes = body_size(*t.what);
  count_open();
  if (!t.what->idempotency_key.empty())
    keys_[t.what->idempotency_key] = t.what;
  std::vector<std::string> refused_fields;
  t.context = initial_context(t.by->domain, *t.what, session_context, refused_fields);
  for (const auto& field : refused_fields)
    parts_->log->debug("task {}: context field '{}' is not declared by {} or has another type",
                       t.what->id, field, domain_->path);
  if (!t.what->context_id.empty())
    sessions_->begin_turn(sessions_->open(t.what->context_id, now_), *t.what, now_);
  if (counters_) {
    counters_->accepted.add();
    counters_->running.add(1);
  }
  if (parts_->counters && t.what->parent.empty())
    parts_->counters->groups_of(t.what->who, [](task_counters& of) { of.accepted.add(); });
  t.history.reserve(5);
  t.history.push_back(make_event(t, event_kind::accepted, whole_task, 0));
  if (t.what->keep != durability::none && config_.journal) {
    mark_version(t);
    store_write w;
    w.what = store_write::kind::open;
    w.id = t.what->id;
    w.domain = domain_->path;
    w.shard = config_.shard;
    w.session = t.what->context_id;
    w.key = t.what->idempotency_key;
    w.state = task_state::submitted;
    w.at = now_;
    w.body = encode(*t.what);
    store(t, std::move(w));
  }
  t.stored = 1; // The open row stands for the first event.
  timers_.arm(t.slot, t.what->deadline);
  hold(t, {effect::kind::accept, 0, 0, 0, nullptr});
  hold(t, {effect::kind::start, 0, 0, 0, nullptr});
  arm();
}

void orchestrator_state::on_cancel(const cancel_task& x) {
  now_ = parts_->now(self_);
  if (!loaded_ && early_cancels_.size() < domain_->max_tasks)
    early_cancels_.push_back(x);
  auto* t = tasks_.find(x.id);
  if (!t || t->ending)
    return;
  auto e = make_event(*t, event_kind::cancel_wanted, whole_task, 0);
  e.body = std::make_shared<const std::string>(x.why);
  if (!t->run) {
    finish(*t, failure{reason::cancelled, x.why, {}});
    return;
  }
  action_list todo{spare_};
  happen(*t, std::move(e), todo);
  carry_out(*t, todo);
}

} // namespace troupe
