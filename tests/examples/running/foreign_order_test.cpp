// What the example says of an order that belongs to somebody else: the whole node with the fleet's
// own domains, plans and triage, the desks and the reviewer over their database.
#include "tests/examples/running/played_fleet.hpp"

#include <gmock/gmock.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

namespace foreign_order_cases {

TEST(foreign_order, is_not_on_the_account_and_nobody_is_asked_what_has_happened) {
  played_fleet x;
  const auto before = x.records.count("SELECT COUNT(*) FROM payments WHERE status = 'refunded'");
  // LF-10201 belongs to C-1002, and C-1001 has been charged twice for the subscription.
  for (const auto* text :
       {"cancel my order LF-10201 and issue a refund", "I want a refund for LF-10201",
        "I was charged twice for order LF-10201", "where is my refund for order LF-10201",
        "please send me the invoice for order LF-10201"}) {
    SCOPED_TRACE(text);
    auto r = wants("", text);
    r.who = {"C-1001", "gold"};
    auto t = x.s->ask(r, 1s);
    x.s->advance(1s);
    EXPECT_TRUE(x.s->questions().empty());
    ASSERT_TRUE(t->done());
    EXPECT_THAT(t->result().text, HasSubstr("LF-10201 on your account"));
  }
  EXPECT_EQ(x.records.count("SELECT COUNT(*) FROM refunds"), 0);
  EXPECT_EQ(x.records.count("SELECT COUNT(*) FROM mails"), 0);
  EXPECT_EQ(x.records.count("SELECT COUNT(*) FROM payments WHERE status = 'refunded'"), before);
}

TEST(foreign_order, a_desk_with_nothing_else_to_say_hands_over_and_has_not_acted) {
  played_fleet x;
  // A payment of this one is pending, which the reviewer knows and the desk does not.
  auto r = wants("", "I've been charged twice for my order");
  r.who = {"C-1012", "free"};
  auto t = x.s->ask(r, 1s);
  x.s->advance(1s);
  const auto open = x.s->questions();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_FALSE(open[0]->text.starts_with("Has this happened?")) << open[0]->text;
  x.s->answer(open[0]->id, say("One payment is pending."));
  x.s->advance(1s);
  ASSERT_TRUE(t->done());
  EXPECT_THAT(t->result().text, HasSubstr("One payment is pending."));
}

} // namespace foreign_order_cases
