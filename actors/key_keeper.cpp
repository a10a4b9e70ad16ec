#include "actors/key_keeper.hpp"

#include "actors/journal_messages.hpp"
#include "actors/tick.hpp"

namespace troupe {

namespace {

/// Lets the next question be asked when this one is over, also when the journal ended with it.
class question_mark {
 public:
  explicit question_mark(std::shared_ptr<std::atomic<bool>> asking)
      : asking_(std::move(asking)) {
    *asking_ = true;
  }
  question_mark(const question_mark&) = delete;
  question_mark& operator=(const question_mark&) = delete;
  ~question_mark() { *asking_ = false; }

 private:
  std::shared_ptr<std::atomic<bool>> asking_;
};

void ask_for_keys(caf::stateful_actor<key_keeper_state>* self, const parts_ptr& parts,
                  const seat_ptr& journal, const std::shared_ptr<key_ring>& ring) {
  self->delayed_send(self, key_keeper_state::ask_every, tick{});
  // A store that hangs is asked once, not again and again behind its back.
  if (*state_of(self).asking)
    return;
  auto mark = std::make_shared<question_mark>(state_of(self).asking);
  send_to(self, journal, journal_ask{[mark, ring, log = parts->log](store& where) {
            try {
              ring->read(where);
            } catch (const store_error& e) {
              // The journal goes on: whether the store is broken is for its own writes to find out.
              log->debug("API keys were not read: {}", e.what());
            }
          }});
}

} // namespace

caf::behavior key_keeper(caf::stateful_actor<key_keeper_state>* self, parts_ptr parts,
                         seat_ptr journal, std::shared_ptr<key_ring> ring) {
  guard(self, parts, "key keeper");
  ask_for_keys(self, parts, journal, ring);
  return {[=](tick) { ask_for_keys(self, parts, journal, ring); }};
}

} // namespace troupe
