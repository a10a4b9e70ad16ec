// That the example does not say the same thing twice, nor ask who pays when there is nothing to
// pay.
#include "tests/examples/running/played_fleet.hpp"

#include <gmock/gmock.h>

#include <algorithm>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

namespace said_once_cases {

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t out = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++out;
  return out;
}

bool was_asked(const played_fleet& x, const std::string& skill) {
  return std::any_of(x.s.room.calls.begin(), x.s.room.calls.end(),
                     [&](const auto& call) { return call.second.skill == skill; });
}

TEST(said_once, who_somebody_is_is_asked_once) {
  const auto* text = "I've been charged twice for my subscription and I want to upgrade to the "
                     "enterprise plan.";
  for (const auto& [customer, words] :
       {std::pair{"", "tell me your customer number"},
        std::pair{"C-9999", "I can't find the customer number C-9999"}}) {
    SCOPED_TRACE(words);
    played_fleet x;
    auto r = wants("", text);
    r.who.id = customer;
    auto t = x.s->ask(r, 1s);
    ASSERT_TRUE(t->done());
    EXPECT_TRUE(was_asked(x, "billing.dispute"));
    EXPECT_TRUE(was_asked(x, "plan.upgrade"));
    EXPECT_EQ(times(t->result().text, words), 1u) << t->result().text;
  }
}

TEST(said_once, a_refund_of_nothing_is_answered_by_the_quote) {
  played_fleet x;
  auto r = wants("refund.with_check", "");
  r.who = {"C-1002", "standard"};
  r.data = {{"order_id", "LF-10201"}}; // It is on its way.
  auto t = x.s->ask(r, 1s);
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok()) << t->result().failed.detail;
  EXPECT_EQ(times(t->result().text, "LF-10201 is on its way"), 1u) << t->result().text;
  EXPECT_TRUE(was_asked(x, "refund.quote"));
  EXPECT_FALSE(was_asked(x, "refund.issue"));
}

TEST(said_once, a_refund_over_the_limit_stops_at_the_gate) {
  played_fleet x;
  support::database{x.records.path()}.run(
      "UPDATE orders SET status = 'cancelled' WHERE id = 'LF-10225'");
  auto r = wants("refund.with_check", "");
  r.who = {"C-1015", "standard"};
  r.data = {{"order_id", "LF-10225"}}; // It cost $317.00.
  auto t = x.s->ask(r, 1s);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::policy_denied);
  EXPECT_FALSE(was_asked(x, "refund.issue"));
}

TEST(said_once, two_orders_of_one_message_are_both_answered) {
  played_fleet x;
  // Each answer makes its order the one that was talked about last.
  x.s.room.works["orders"] = [](const agent_call& call) {
    return say("Order " + support::order_of(call) + " is cancelled.",
               {{"source", "database"}, {"context", {{"order_id", support::order_of(call)}}}});
  };
  x.s.room.works["fulfilment"] = [](const agent_call& call) {
    return say("Order " + support::order_of(call) + " is on its way.",
               {{"source", "database"}, {"context", {{"order_id", support::order_of(call)}}}});
  };
  auto r = wants("", "track LF-10268 and cancel LF-10269");
  r.who = {"C-1051", "standard"};
  auto t = x.s->ask(r, 1s);
  ASSERT_TRUE(t->done());
  EXPECT_FALSE(t->result().partial) << t->result().text;
  EXPECT_THAT(t->result().text, HasSubstr("Order LF-10268 is on its way."));
  EXPECT_THAT(t->result().text, HasSubstr("Order LF-10269 is cancelled."));
}

TEST(said_once, a_small_refund_is_paid) {
  played_fleet x;
  support::database{x.records.path()}.run(
      "UPDATE orders SET status = 'cancelled' WHERE id = 'LF-10200'");
  auto r = wants("refund.with_check", "");
  r.who = {"C-1001", "gold"};
  r.data = {{"order_id", "LF-10200"}};
  auto t = x.s->ask(r, 1s);
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok()) << t->result().failed.detail;
  EXPECT_THAT(t->result().text, HasSubstr("We have refunded $178.00"));
  EXPECT_EQ(x.records.count("SELECT COUNT(*) FROM refunds"), 1);
}

} // namespace said_once_cases
