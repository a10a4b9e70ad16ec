#include "actors/supervisor.hpp"

#include "actors/tick.hpp"
#include "policies/deadline.hpp"
#include "src/telemetry/log.hpp"

#include <stdexcept>
#include <unordered_set>
#include <utility>

namespace troupe {

namespace {

std::int64_t seconds_of(milliseconds x) {
  return std::chrono::ceil<std::chrono::seconds>(x).count();
}

} // namespace

void supervisor_config::validate() const {
  std::unordered_set<std::string> ids;
  for (const auto& c : children) {
    if (c.rules.id.empty() || !c.start)
      throw std::invalid_argument{"supervisor " + name +
                                  ": a child needs an id and a start function"};
    if (!ids.insert(c.rules.id).second)
      throw std::invalid_argument{"supervisor " + name + ": two children are called " + c.rules.id};
  }
}

void supervisor_state::init(caf::event_based_actor* self, parts_ptr parts,
                            supervisor_config config) {
  self_ = self;
  parts_ = std::move(parts);
  config_ = std::move(config);
  run_ = std::make_unique<supervision_run>(config_.strategy, config_.intensity, config_.isolate);
  for (auto& spec : config_.children) {
    const auto i = run_->add(spec.rules);
    by_id_.emplace(spec.rules.id, i);
    children_.push_back({std::move(spec), {}, 0, false});
  }
  config_.children.clear();
  supervision_run::steps todo;
  run_->start_all(todo);
  carry_out(todo);
}

void supervisor_state::start(std::uint32_t i, supervision_run::steps& todo) {
  auto& c = children_[i];
  if (c.next)
    c.spec = *std::exchange(c.next, nullptr);
  if (c.spec.place && c.spec.place->now_for() == duty::stopped) {
    // A person has said so, perhaps to a former incarnation of this node.
    run_->withhold(i);
    return;
  }
  try {
    c.handle = c.spec.start(self_);
  } catch (const std::exception& e) {
    // A child that cannot be started has failed like one that crashed: it harms nobody else.
    say(c.spec, log_level::warning, std::string{" cannot be started: "} + e.what());
    last_failure_ = failure_error(c.spec.rules.id + " cannot be started: " + e.what());
    tell_why_absent(i, health::down, std::string{"it cannot be started: "} + e.what());
    run_->down(i, exit_kind::abnormal, parts_->now(self_), todo);
    note_isolation(i);
    return;
  }
  self_->monitor(c.handle);
  by_actor_.emplace(c.handle.id(), i);
  if (c.spec.place) {
    tell_why_absent(i, health::down, {});
    c.incarnation = c.spec.place->take_for(self_->id(), c.handle, parts_->now(self_));
    if (c.incarnation == 0)
      return self_->quit(failure_error("its successor has begun"));
    parts_->places->announce_taken(c.spec.place);
  }
  if (run_->restarts(i) > 0)
    say(c.spec, log_level::info,
        " restarted, " + std::to_string(run_->restarts(i)) + " times so far");
  if (c.spec.started)
    c.spec.started(self_);
}

void supervisor_state::stop(std::uint32_t i) {
  auto& c = children_[i];
  self_->send_exit(c.handle, caf::exit_reason::user_shutdown);
  self_->delayed_send(self_, c.spec.rules.shutdown, kill_due{c.handle.id()});
}

void supervisor_state::carry_out(supervision_run::steps& todo) {
  using kind = supervision_step::kind;
  // A start that fails adds to the list while it is worked through.
  for (std::size_t i = 0; i < todo.size(); ++i) {
    const auto step = todo[i];
    switch (step.what) {
    case kind::start:
      start(step.child, todo);
      break;
    case kind::stop:
      stop(step.child);
      break;
    case kind::give_up:
      if (!told_to_fail_.empty()) {
        parts_->log->error("{}: fails as a whole: {}", config_.name, told_to_fail_);
        self_->quit(failure_error(config_.name + ": " + told_to_fail_));
        break;
      }
      parts_->log->error("{}: its children failed too often; giving up", config_.name);
      self_->quit(failure_error(config_.name + ": restart intensity exceeded; last: " +
                                failure_text(self_->system(), last_failure_)));
      break;
    case kind::ended:
      self_->quit(caf::exit_reason::user_shutdown);
      break;
    }
  }
  arm();
}

void supervisor_state::arm() {
  const auto next = run_->next_timer();
  if (next == no_deadline || next >= armed_)
    return;
  armed_ = next;
  self_->delayed_send(self_, left(next, parts_->now(self_)) + milliseconds{1}, tick{});
}

void supervisor_state::on_child_down(const caf::down_msg& msg) {
  auto hit = by_actor_.find(msg.source.id());
  if (hit == by_actor_.end())
    return;
  const auto i = hit->second;
  by_actor_.erase(hit);
  auto& c = children_[i];
  const auto ended = c.incarnation;
  c.handle = nullptr;
  if (c.spec.place)
    c.spec.place->leave(ended);
  const auto how = is_normal_exit(msg.reason)     ? exit_kind::normal
                   : is_shutdown_exit(msg.reason) ? exit_kind::shutdown
                                                  : exit_kind::abnormal;
  if (how == exit_kind::abnormal) {
    last_failure_ = msg.reason;
    tell_why_absent(i, health::down, failure_text(self_->system(), msg.reason));
    say(c.spec, log_level::warning, " ended: " + failure_text(self_->system(), msg.reason));
  }
  supervision_run::steps todo;
  run_->down(i, how, parts_->now(self_), todo);
  note_isolation(i);
  carry_out(todo);
  // Only now, so that whoever lost work there finds the successor in its seat when it tries again.
  if (children_[i].spec.place)
    parts_->places->announce_down(children_[i].spec.place, ended,
                                  failure_text(self_->system(), msg.reason));
}

void supervisor_state::tell_why_absent(std::uint32_t i, health as, std::string why) {
  const auto& place = children_[i].spec.place;
  // Who has no place, or is not needed, is not down on our account.
  if (place && (place->absent() == health::down || place->absent() == health::quarantined))
    place->set_absent(as, parts_->without_secrets(std::move(why)));
}

void supervisor_state::note_isolation(std::uint32_t i) {
  if (!run_->isolated(i))
    return;
  const auto& spec = children_[i].spec;
  // Nobody waits for it any more, neither those who ask whether the node is ready nor the router.
  tell_why_absent(i, health::quarantined,
                  "it keeps failing, and is tried again within " +
                      std::to_string(seconds_of(config_.isolate)) +
                      " s; last: " + failure_text(self_->system(), last_failure_));
  say(spec, log_level::error,
      " keeps failing and is left down; next try in " +
          std::to_string(seconds_of(config_.isolate)) +
          " s; last: " + failure_text(self_->system(), last_failure_));
}

void supervisor_state::say(const child_spec& who, log_level level, const std::string& what) const {
  auto text = config_.name + ": " + who.rules.id + what;
  if (!parts_->events || !who.place || who.place->where().kind != address_kind::agent) {
    parts_->log->log(spdlog_level(level), "{}", text);
    return;
  }
  auto entry =
      log_entry::of(level, level == log_level::info ? "agent.up" : "agent.down", std::move(text));
  entry.at = parts_->now(self_);
  entry.agent = who.place->where().name;
  if (const auto& spec = who.place->spec())
    entry.domain = spec->card.domain;
  parts_->events->write(std::move(entry));
}

void supervisor_state::on_exit(const caf::exit_msg& msg) {
  if (!msg.reason)
    return;
  supervision_run::steps todo;
  run_->shut_down(todo);
  carry_out(todo);
}

void supervisor_state::on_tick() {
  const auto now = parts_->now(self_);
  if (now < armed_)
    return; // An earlier tick has been asked for since.
  armed_ = no_deadline;
  supervision_run::steps todo;
  run_->tick(now, todo);
  carry_out(todo);
}

std::uint32_t supervisor_state::index_of(const std::string& id) const {
  auto hit = by_id_.find(id);
  return hit == by_id_.end() ? static_cast<std::uint32_t>(children_.size()) : hit->second;
}

void supervisor_state::on_start_child(const start_child& x) {
  auto i = index_of(x.what->rules.id);
  if (i == children_.size()) {
    i = run_->add(x.what->rules);
    by_id_.emplace(x.what->rules.id, i);
    children_.push_back({*x.what, {}, 0, false});
  }
  auto& c = children_[i];
  // Who comes back after an end for good may have become somebody else.
  if (c.gone && c.handle)
    c.next = x.what;
  else if (c.gone)
    c.spec = *x.what;
  c.spec.restarts_before = x.what->restarts_before;
  c.gone = false;
  supervision_run::steps todo;
  run_->start_child(i, todo);
  carry_out(todo);
}

void supervisor_state::on_end_child(const end_child& x) {
  const auto i = index_of(x.id);
  if (i == children_.size())
    return;
  children_[i].gone = true;
  supervision_run::steps todo;
  run_->stop_child(i, todo);
  carry_out(todo);
}

void supervisor_state::on_use_rules(const use_rules& x) {
  config_.strategy = x.strategy;
  config_.intensity = x.intensity;
  run_->use(x.strategy, x.intensity);
}

void supervisor_state::on_kill_child(const kill_child& x) {
  const auto i = index_of(x.id);
  if (i < children_.size() && children_[i].handle)
    self_->send_exit(children_[i].handle, caf::exit_reason::kill);
}

bool supervisor_state::on_order(const order_child& x) {
  const auto i = index_of(x.id);
  if (i == children_.size() || children_[i].gone)
    return false;
  supervision_run::steps todo;
  switch (x.what) {
  case child_order::start:
    run_->start_child(i, todo);
    break;
  case child_order::stop:
    run_->stop_child(i, todo);
    break;
  case child_order::restart:
    if (children_[i].handle)
      self_->send_exit(children_[i].handle, failure_error("restarted: " + x.why));
    break;
  case child_order::escalate:
    told_to_fail_ = x.id + " is escalated: " + x.why;
    run_->fail(todo);
    break;
  }
  carry_out(todo);
  return true;
}

void supervisor_state::on_kill_due(const kill_due& x) {
  auto hit = by_actor_.find(x.who);
  if (hit != by_actor_.end())
    self_->send_exit(children_[hit->second].handle, caf::exit_reason::kill);
}

supervisor_state::~supervisor_state() {
  // After an orderly end nothing is left here. After a kill the children must not outlive their
  // supervisor, and whoever had given them work must hear that it is lost.
  for (auto& c : children_) {
    if (!c.handle)
      continue;
    caf::anon_send_exit(c.handle, caf::exit_reason::kill);
    if (!c.spec.place || c.incarnation == 0)
      continue;
    c.spec.place->leave(c.incarnation);
    parts_->places->announce_down(c.spec.place, c.incarnation, "its supervisor was killed");
  }
}

caf::behavior supervisor(caf::stateful_actor<supervisor_state>* self, parts_ptr parts,
                         supervisor_config config) {
  config.validate();
  guard(self, parts, "supervisor " + config.name);
  auto& state = state_of(self);
  self->set_down_handler([self](const caf::down_msg& x) { state_of(self).on_child_down(x); });
  self->set_exit_handler([self](const caf::exit_msg& x) { state_of(self).on_exit(x); });
  state.init(self, std::move(parts), std::move(config));
  return {
      [self](tick) { state_of(self).on_tick(); },
      [self](const start_child& x) { state_of(self).on_start_child(x); },
      [self](const end_child& x) { state_of(self).on_end_child(x); },
      [self](const use_rules& x) { state_of(self).on_use_rules(x); },
      [self](const kill_child& x) { state_of(self).on_kill_child(x); },
      [self](const order_child& x) { return state_of(self).on_order(x); },
      [self](const kill_due& x) { state_of(self).on_kill_due(x); },
      [self](view_tree) { return state_of(self).on_view(); },
  };
}

} // namespace troupe
