#include "actors/arm_keeper.hpp"

#include "actors/journal_messages.hpp"
#include "actors/tick.hpp"
#include "src/store/store.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void arm_keeper_state::init(caf::event_based_actor* self, parts_ptr parts, seat_ptr journal) {
  self_ = self;
  parts_ = std::move(parts);
  journal_ = std::move(journal);
  // One that was restarted does not know what its predecessor had left to do.
  unsaved_ = !parts_->arms->unsaved().empty();
  if (unsaved_ || parts_->cluster)
    arm();
}

void arm_keeper_state::arm() {
  if (!std::exchange(armed_, true))
    self_->delayed_send(self_, every, tick{});
}

void arm_keeper_state::on_stirred() {
  unsaved_ = true;
  arm();
}

void arm_keeper_state::on_tick() {
  armed_ = false;
  if (unsaved_)
    store_all();
  if (follows_others())
    read();
  if (unsaved_ || parts_->cluster)
    arm();
}

bool arm_keeper_state::follows_others() const {
  if (!parts_->cluster)
    return false;
  const auto version = parts_->current();
  return std::any_of(version->domains.begin(), version->domains.end(), [](const auto& x) {
    return x.second.spec && x.second.spec->routing.learns();
  });
}

void arm_keeper_state::store_all() {
  auto rows = parts_->arms->unsaved();
  if (rows.empty()) {
    unsaved_ = false;
    return;
  }
  const auto me = caf::actor_cast<caf::actor_addr>(self_);
  send_to(self_, journal_, journal_ask{[me, rows = std::move(rows)](store& where) {
            try {
              where.keep_learned(rows);
            } catch (const store_error& e) {
              // It is tried again in a moment. A journal whose store is broken opens it anew.
              if (e.passes())
                return;
              throw;
            }
            if (auto to = caf::actor_cast<caf::actor>(me))
              caf::anon_send(
                  to, at_arm_keeper{[rows](arm_keeper_state& keeper) { keeper.on_stored(rows); }});
          }});
}

void arm_keeper_state::on_stored(const std::vector<learned_row>& rows) {
  parts_->arms->saved(rows);
}

void arm_keeper_state::read() {
  send_to(self_, journal_, journal_ask{[arms = parts_->arms](store& where) {
            for (const auto& x : where.learned())
              arms->take(x);
          }});
}

caf::behavior arm_keeper(caf::stateful_actor<arm_keeper_state>* self, parts_ptr parts,
                         seat_ptr journal) {
  guard(self, parts, "arm keeper");
  state_of(self).init(self, std::move(parts), std::move(journal));
  return {
      [self](const arms_stirred&) { state_of(self).on_stirred(); },
      [self](const at_arm_keeper& x) { x.what(state_of(self)); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
