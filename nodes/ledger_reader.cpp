#include "nodes/ledger_reader.hpp"

#include "actors/journal_messages.hpp"
#include "actors/node_parts.hpp"

#include <memory>
#include <utility>

namespace troupe {

void read_ledger(const parts_ptr& parts, caf::actor_system& sys, const effect_filter& filter,
                 client::reply<std::vector<stored_effect>> then) {
  const auto place = parts->places->find({address_kind::node, parts->fleet.node_id + "/journal"});
  if (!place) {
    then({}, {refusal::invalid_request, "this node keeps no ledger", {}});
    return;
  }
  const auto journal = place->now().handle;
  if (!journal) {
    then({}, {refusal::busy, "the journal is being restarted", milliseconds{1000}});
    return;
  }
  // A short-lived actor waits for the journal, so that nobody waits longer than was said.
  sys.spawn([parts, journal, filter, then = std::move(then)](caf::event_based_actor* self) {
    guard(self, parts, "whoever reads the ledger");
    const auto found = std::make_shared<std::vector<stored_effect>>();
    self->request(journal, client::request_timeout,
                  journal_ask{[filter, found](store& where) { *found = where.effects(filter); }})
        .then([then, found] { then(std::move(*found), {}); },
              [then](const caf::error&) {
                then({}, {refusal::timeout, "the store does not answer", {}});
              });
  });
}

} // namespace troupe
