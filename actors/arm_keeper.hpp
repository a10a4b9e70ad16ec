#pragma once

#include "actors/arm_book.hpp"
#include "actors/node_parts.hpp"

#include <functional>
#include <vector>

namespace troupe {

/// Something was learned that the arm keeper does not know of.
struct arms_stirred {};

struct arm_keeper_state;
/// INTERNAL: what the store said to the arm keeper.
struct at_arm_keeper {
  std::function<void(arm_keeper_state&)> what;
};

/// The ARM KEEPER: what routing has learned outlives the node, and other nodes know it. Within a
/// second it stores what was learned here, again while the store takes nothing, and in a cluster
/// it reads once a second what others have learned, as long as some domain routes by it. What was
/// learned in the last second before a node is killed is lost.
struct arm_keeper_state {
  static constexpr milliseconds every{1000};

  void init(caf::event_based_actor* self, parts_ptr parts, seat_ptr journal);
  void on_stirred();
  void on_tick();
  void on_stored(const std::vector<learned_row>& rows);

  static inline const char* name = "arm_keeper";

 private:
  void store_all();
  void read();
  void arm();
  [[nodiscard]] bool follows_others() const;

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  seat_ptr journal_;
  bool armed_ = false;
  bool unsaved_ = false;
};

caf::behavior arm_keeper(caf::stateful_actor<arm_keeper_state>* self, parts_ptr parts,
                         seat_ptr journal);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_arms, TROUPE_FIRST_TYPE_ID + 170)
TROUPE_MESSAGE(troupe_arms, troupe::arms_stirred)
TROUPE_MESSAGE(troupe_arms, troupe::at_arm_keeper)
TROUPE_END_MESSAGES(troupe_arms)
