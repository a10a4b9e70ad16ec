// What the desks make of questions about what could be done, and which order is meant.
#include "tests/examples/support_desks.hpp"

namespace {

using namespace troupe;
using namespace troupe::support;

TEST_F(support_desks, a_question_refunds_nothing) {
  set("UPDATE orders SET status = 'cancelled' WHERE id = 'LF-10200'");
  int key = 0;
  for (const char* text : {"can I get a refund?", "how do I get a refund",
                           "Is it possible to get "
                           "my money back for LF-10200?",
                           "refund LF-10200?"}) {
    const auto out = bill("refund.issue", "C-1001", text, "k" + std::to_string(++key));
    EXPECT_EQ(out.data["status"], "refundable") << out.text;
    EXPECT_EQ(out.data["order_id"], "LF-10200") << out.text;
    EXPECT_NE(out.text.find("$178.00"), std::string::npos) << out.text;
    EXPECT_NE(out.text.find("refund order LF-10200"), std::string::npos) << out.text;
    // The reviewer has nothing against it.
    const auto review = review_of("refund.issue", "C-1001", text, out);
    EXPECT_TRUE(review.data["fits"].get<bool>()) << review.text;
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 0);
  const auto* when = "when do I get my refund for LF-10200";
  const auto tracked = bill("refund.track", "C-1001", when);
  EXPECT_EQ(tracked.data["status"], "refundable") << tracked.text;
  EXPECT_TRUE(review_of("refund.track", "C-1001", when, tracked).data["fits"].get<bool>());
  EXPECT_EQ(bill("refund.quote", "C-1001", "refund LF-10200").data["payable"],
            json::parse(R"([{"order_id": "LF-10200"}])"));
  EXPECT_EQ(bill("refund.quote", "C-1002", "refund LF-10201").data["payable"], json::array());
  const auto sent = bill("refund.issue", "C-1003", "can I get a refund?", "kd");
  EXPECT_EQ(sent.data["order_status"], "delivered");
  EXPECT_TRUE(
      review_of("refund.issue", "C-1003", "can I get a refund?", sent).data["fits"].get<bool>());
  for (const char* text : {"could you refund me?", "I want a refund, how long does it take"}) {
    const auto asked = bill("refund.issue", "C-1001", text, text);
    EXPECT_NE(asked.data["status"], "refundable") << asked.text;
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 1);
}

TEST_F(support_desks, what_would_be_is_no_duplicate_charge) {
  const auto* text = "If I was charged twice, would I get my money back?";
  const auto out = bill("billing.dispute", "C-1001", text);
  EXPECT_EQ(out.data["status"], "explained") << out.text;
  EXPECT_TRUE(review_of("billing.dispute", "C-1001", text, out).data["fits"].get<bool>());
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 0);
  EXPECT_EQ(bill("billing.dispute", "C-1001", "was I charged twice?", "k2").data["status"],
            "refunded");
}

TEST_F(support_desks, an_order_is_the_one_that_the_message_or_the_item_names) {
  const auto order = [](const char* text, json input) {
    agent_call c;
    c.text = text;
    c.input = std::move(input);
    c.context = {{"order_id", "LF-10001"}};
    return order_of(c);
  };
  const json one{{"entities", {{{"type", "order"}, {"value", "10204"}}}}};
  const json two{
      {"entities",
       {{{"type", "order"}, {"value", "LF-10204"}}, {{"type", "order"}, {"value", "LF-10205"}}}}};
  EXPECT_EQ(order("refund it", one), "LF-10204");
  EXPECT_EQ(order("refund the other one", one), "LF-10001");
  EXPECT_EQ(order("refund it", two), "LF-10001") << "which?";
  EXPECT_EQ(order("refund lf10206", one), "LF-10206");
  EXPECT_EQ(order("", {{"item", {{"order_id", "LF-10207"}}}}), "LF-10207");
  EXPECT_EQ(order_in("my shelf10206"), "");
}

TEST_F(support_desks, a_question_about_a_smaller_plan_books_nothing) {
  int key = 0;
  for (const char* text : {"can I downgrade to starter?", "how do I downgrade to starter",
                           "what happens if I downgrade to starter"}) {
    const auto out = sell("plan.downgrade", "C-1001", text, "q" + std::to_string(++key));
    EXPECT_EQ(out.data["status"], "offered") << out.text;
    EXPECT_EQ(out.data["proposed_plan"], "starter");
    EXPECT_NE(out.text.find("downgrade to starter"), std::string::npos) << out.text;
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM subscriptions WHERE customer_id = 'C-1001' AND "
                  "next_plan_id IS NOT NULL AND next_plan_id <> ''"),
            0);
  EXPECT_EQ(sell("plan.upgrade", "C-1001", "upgrade me to pro", "u").data["status"],
            "already_there");
}

} // namespace
