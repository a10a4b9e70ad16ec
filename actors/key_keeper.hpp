#pragma once

#include "actors/key_ring.hpp"
#include "actors/node_parts.hpp"

#include <atomic>
#include <memory>

namespace troupe {

/// The KEY KEEPER: asks the journal for new and revoked API keys, so often that a key that was
/// revoked on any node is refused on this one within about a second. A store that is out of reach
/// leaves the ring as it is: the door sees how old it is.
struct key_keeper_state {
  static constexpr milliseconds ask_every{700};
  static inline const char* name = "key_keeper";

  std::shared_ptr<std::atomic<bool>> asking = std::make_shared<std::atomic<bool>>(false);
};

caf::behavior key_keeper(caf::stateful_actor<key_keeper_state>* self, parts_ptr parts,
                         seat_ptr journal, std::shared_ptr<key_ring> ring);

} // namespace troupe
