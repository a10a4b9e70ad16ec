// What the example's triage finds in messages that name records, as it comes to the desks: the
// fleet's own domains, plans and triage on the whole node.
#include "tests/examples/running/listening.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace order_numbers_cases {

TEST(order_numbers, that_a_message_names_come_to_the_desk_that_cancels) {
  stage s;
  s.up(overheard_example());
  for (const auto& [text, number] : {std::pair{"I want to cancel order LF-10202", "LF-10202"},
                                     std::pair{"cancel LF-10202", "LF-10202"},
                                     std::pair{"I want to cancel order #10202", "10202"}}) {
    SCOPED_TRACE(text);
    s.room.calls.clear();
    auto r = wants("", text);
    r.who = {"C-1002", "standard"};
    s->ask(r, 1s);
    const json order{{"type", "order"}, {"value", number}};
    bool asked = false;
    for (const auto& [name, call] : s.room.calls) {
      if (name != "orders" || call.skill != "order.cancel")
        continue;
      asked = true;
      ASSERT_TRUE(call.input.is_object() && call.input.contains("entities")) << call.input;
      EXPECT_EQ(call.input["entities"], json::array({order}));
    }
    EXPECT_TRUE(asked);
  }
}

} // namespace order_numbers_cases
