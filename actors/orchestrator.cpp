#include "actors/orchestrator.hpp"

#include "actors/tick.hpp"
#include "src/telemetry/metrics.hpp"

#include <algorithm>
#include <stdexcept>

namespace troupe {

namespace {

constexpr milliseconds seat_look{2};
constexpr std::uint32_t most_seat_looks = 250;

} // namespace

void orchestrator_config::validate() const {
  if (domain.empty() || !place || !registry || !desk)
    throw std::invalid_argument{
        "an orchestrator needs a domain, a seat, the registry and the human desk"};
}

void orchestrator_state::init(caf::event_based_actor* self, parts_ptr parts,
                              orchestrator_config config) {
  config.validate();
  self_ = self;
  parts_ = std::move(parts);
  config_ = std::move(config);
  now_ = parts_->now(self_);
  journal_.begin(self_, config_.journal, parts_->unstored,
                 parts_->cluster ? journal_port::slow_commit : journal_port::stored_within);
  // Every incarnation draws other dice, and all of them follow from the node's seed.
  const auto before = config_.place->now().incarnation;
  dice_ = dice_box{scramble(parts_->seed ^ stable_hash(config_.place->where().name)) + before};
  finished_ = std::make_unique<finished_tasks>(parts_->fleet.remembered_tasks /
                                               std::max(1u, parts_->layout.shards()));
  if (parts_->counters)
    counters_ = parts_->counters->domain(config_.domain, config_.shard);
  views_.begin(parts_, config_.domain);
  look_at_versions();
  parts_->places->watch(config_.place);
  send_to(self_, config_.registry, subscribe_routes{domain_->path, config_.place});
  if (!config_.journal) {
    to_recover_ = std::make_shared<std::vector<stored_task>>();
    return;
  }
  ask_for_shard();
}

void orchestrator_state::ask_for_shard() {
  // The supervisor that has started us seats us a moment later, and until then the shard is given
  // to nobody. The journal is started beside us and may not sit yet either. A question that has to
  // be asked again counts as a store that is away, which neither of the two says.
  const auto me = caf::actor_cast<caf::actor>(self_);
  const bool all_sit = config_.place->now().handle == me && config_.journal->now().handle;
  if (!all_sit && seat_looks_ < most_seat_looks) {
    ++seat_looks_;
    self_->delayed_send(self_, seat_look, tick{});
    return;
  }
  shard_asked_ = true;
  journal_.ask(now_, [me, path = domain_->path, shard = config_.shard, place = config_.place,
                      parts = parts_](troupe::store& where) {
    // Whoever is to end with a supervisor that hangs may still be there when its successor has
    // begun: taking the shard from that one would leave it to nobody. Of two actors of a process
    // the one with the greater id began later.
    const auto sits = place->now().handle;
    if (sits && sits.id() > me.id() && place->elsewhere().empty())
      return;
    // Whoever was ended while this waited would take the shard from those who have it now. One that
    // is only about to sit asks again.
    if (sits != me)
      throw store_error{store_error::kind::busy, "its orchestrator does not sit there"};
    // A node that has slept finds the question where it left it, and may be no member any more: the
    // shard is somebody else's then. It asks again when it has heard from the table.
    if (parts->cluster &&
        parts->cluster->leased_until() <= parts->time.at(me.home_system().clock().now()))
      throw store_error{store_error::kind::busy, "this node has not heard from the others"};
    // From here on nobody else writes to the shard: what is read is what there will be.
    const auto epoch = where.take_shard(path, shard);
    auto found = std::make_shared<std::vector<stored_task>>(where.open_tasks(path, shard));
    // The sessions they belong to come first, so that what is taken up goes on in them.
    for (const auto& task : *found)
      if (!task.session.empty())
        caf::anon_send(
            me, session_loaded{task.session, where.session(path, task.session).value_or("")});
    caf::anon_send(me, shard_loaded{std::move(found), epoch});
  });
}

caf::behavior orchestrator(caf::stateful_actor<orchestrator_state>* self, parts_ptr parts,
                           orchestrator_config config) {
  guard(self, parts, "orchestrator " + config.place->where().name);
  state_of(self).init(self, std::move(parts), std::move(config));
  return {
      [self](const submit_task& x) { state_of(self).on_submit(x); },
      [self](const call_ended& x) { state_of(self).on_call_ended(x); },
      [self](const call_handed_over& x) { state_of(self).on_handed_over(x); },
      [self](tick) { state_of(self).on_tick(); },
      [self](flush) { state_of(self).on_flush(); },
      [self](const journal_stored& x) { state_of(self).on_stored(x); },
      [self](const journal_failed& x) { state_of(self).on_store_failed(x); },
      [self](const task_ended& x) { state_of(self).on_child_ended(x); },
      [self](const task_accepted&) {},
      [self](const task_progressed& x) { state_of(self).on_child_progressed(x); },
      [self](const task_refused& x) { state_of(self).on_child_refused(x); },
      [self](const call_not_here& x) { state_of(self).on_call_not_here(x); },
      [self](const call_undelivered& x) { state_of(self).on_call_undelivered(x); },
      [self](const task_undelivered& x) { state_of(self).on_child_undelivered(x); },
      [self](const question_answered& x) { state_of(self).on_question_answered(x); },
      [self](const question_claimed& x) { state_of(self).on_question_claimed(x); },
      [self](const watch_task& x) { state_of(self).on_watch(x); },
      [self](const unwatch_task& x) { state_of(self).on_unwatch(x); },
      [self](const cancel_task& x) { state_of(self).on_cancel(x); },
      [self](const find_task& x) { state_of(self).on_find_task(x); },
      [self](const find_session& x) { state_of(self).on_find_session(x); },
      [self](const view_shard& x) { state_of(self).on_view(x); },
      [self](const session_loaded& x) { state_of(self).on_session_loaded(x); },
      [self](const act_over& x) { state_of(self).on_act_over(x); },
      [self](const keys_claimed& x) { state_of(self).on_keys_claimed(x); },
      [self](const seat_down& x) { state_of(self).on_seat_down(x); },
      [self](const routes_changed& x) { state_of(self).on_routes(x); },
      [self](const shard_loaded& x) { state_of(self).on_loaded(x); },
  };
}

} // namespace troupe
