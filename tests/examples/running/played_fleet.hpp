#pragma once

#include "tests/examples/running/back_end.hpp"
#include "tests/examples/running/listening.hpp"
#include "tests/fixtures/stage.hpp"

namespace troupe::testing {

/// The example's own domains, plans and triage on a whole node, with its desks and its reviewer
/// over their database.
struct played_fleet {
  played_fleet() {
    s.room.works["billing"] = s.room.works["billing_basic"] =
        records.desk(support::billing_services());
    s.room.works["account_executive"] = records.desk(support::sales_services());
    s.room.works["reviewer"] = records.desk(support::review_services());
    // The Python worker, which has tests of its own: it finds orders of the customer only.
    s.room.works["orders"] = [](const agent_call& x) {
      const auto id = support::order_of(x);
      return say("I can't find an order " + id + " on your account. Could you check the number?",
                 {{"source", "rules"},
                  {"status", "not_found"},
                  {"missing", {"order_id"}},
                  {"order_id", id}});
    };
    s.up(overheard_example());
  }

  const back_end records;
  stage s;
};

} // namespace troupe::testing
