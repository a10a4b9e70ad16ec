#pragma once

#include "actors/node_parts.hpp"
#include "src/store/order_table.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace troupe {

/// Store what a person has said of an agent. Answered with `order_kept` once it is stored.
struct keep_order {
  standing_order what;
};
struct order_kept {};

struct order_keeper_state;
/// INTERNAL: what the store said to the order keeper.
struct at_order_keeper {
  std::function<void(order_keeper_state&)> what;
};

/// The ORDER KEEPER: what a person has said of an agent outlives the node. It stores such orders,
/// again and again while the store takes nothing, and in a cluster it looks once a second whether
/// something was said at another node, and does that here.
struct order_keeper_state {
  order_keeper_state() = default;
  order_keeper_state(const order_keeper_state&) = delete;
  order_keeper_state& operator=(const order_keeper_state&) = delete;
  /// Whoever waits for an order to be stored hears that it is not known to be.
  ~order_keeper_state();
  void init(caf::event_based_actor* self, parts_ptr parts, seat_ptr journal);
  caf::response_promise on_keep(const keep_order& x);
  void on_stored(std::uint64_t up_to);
  void on_read(order_table all, std::uint64_t changes);
  void on_tick();

  static inline const char* name = "order_keeper";

 private:
  struct unsaved {
    std::uint64_t number = 0;
    standing_order what;
    std::vector<caf::response_promise> told; ///< whoever waits for it
  };
  void store_all();
  void read();
  /// Makes the seats here be there for what the orders say.
  void carry_out(const order_table& former);
  void arm();

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  seat_ptr journal_;
  /// Oldest first: at most one for each agent and replica.
  std::vector<unsaved> unsaved_;
  std::uint64_t numbers_ = 0;
  bool armed_ = false;
};

caf::behavior order_keeper(caf::stateful_actor<order_keeper_state>* self, parts_ptr parts,
                           seat_ptr journal);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_orders, TROUPE_FIRST_TYPE_ID + 120)
TROUPE_MESSAGE(troupe_orders, troupe::keep_order)
TROUPE_MESSAGE(troupe_orders, troupe::order_kept)
TROUPE_MESSAGE(troupe_orders, troupe::at_order_keeper)
TROUPE_END_MESSAGES(troupe_orders)
