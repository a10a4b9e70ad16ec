// What the example's triage finds in messages that name records, as it comes to the desks: the
// fleet's own domains, plans and triage on the whole node.
#include "tests/fixtures/stage.hpp"

#include "src/config/load_fleet.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace order_numbers_cases {

/// Every agent that is not triage or a person works where the test sees its calls.
void listen_to(domain_spec& d) {
  for (auto& a : d.agents)
    if (a.card.kind != agent_kind::triage && a.card.kind != agent_kind::human) {
      a.card.kind = agent_kind::native;
      a.settings = {{"function", "quick"}};
      a.takes = a.gives = nullptr;
    }
  for (auto& inner : d.domains)
    listen_to(inner);
}

TEST(order_numbers, that_a_message_names_come_to_the_desk_that_cancels) {
  auto got = config::load_fleet(TROUPE_SOURCE_DIR "/examples/customer-support",
                                [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(got.ok());
  got.fleet->plugins.clear();
  got.fleet->services.clear();
  for (auto& d : got.fleet->domains)
    listen_to(d);
  stage s;
  s.up(std::move(*got.fleet));
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
