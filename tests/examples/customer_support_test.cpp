#include "tests/examples/support_desks.hpp"

#include "examples/customer-support/backend/money.hpp"

#include <thread>

namespace {

using namespace troupe;
using namespace troupe::support;
using std::chrono::days;

TEST_F(support_desks, the_seed_is_the_same_for_the_same_day) {
  const auto other = database_path((dir_ / "other").string());
  std::filesystem::create_directories(dir_ / "other");
  database a{path()}, b{other};
  prepare(b, a_day);
  prepare(b, a_day + days{3}); // it is filled already
  for (const char* table : {"customers", "subscriptions", "payments", "orders", "order_items"}) {
    auto x = a.ask(std::string{"SELECT * FROM "} + table);
    auto y = b.ask(std::string{"SELECT * FROM "} + table);
    while (x.next()) {
      ASSERT_TRUE(y.next());
      for (int i = 0; i < 4; ++i)
        ASSERT_EQ(x.text(i), y.text(i)) << table;
    }
    EXPECT_FALSE(y.next());
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM customers"), 200);
  EXPECT_GT(count("SELECT COUNT(*) FROM orders WHERE status = 'packed'"), 5);
}

TEST_F(support_desks, a_duplicate_charge_is_found_and_refunded) {
  const auto out = bill("billing.dispute", "C-1001", "I've been charged twice for my subscription");
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out.text.rfind("We found the duplicate charge and have issued a $49.00 refund to your "
                           "card ending in 4242 — "
                           "expect it within 3-5 business days.",
                           0),
            0u)
      << out.text;
  EXPECT_EQ(out.data["status"], "refunded");
  EXPECT_EQ(out.data["amount"], "$49.00");
  EXPECT_EQ(out.data["eta"], "3-5 business days");
  EXPECT_EQ(out.data["source"], "database");
  EXPECT_EQ(out.data["refunds"][0]["seconds_apart"], 3);
  EXPECT_EQ(out.data["context"]["refund"]["amount_cents"], 4900);
  const auto id = out.data["transaction_id"].get<std::string>();
  EXPECT_EQ(count("SELECT COUNT(*) FROM payments WHERE status = 'refunded' AND id = '" + id + "'"),
            1);
  EXPECT_EQ(count("SELECT amount_cents FROM refunds WHERE payment_id = '" + id + "'"), 4900);
}

TEST_F(support_desks, a_repeated_dispute_refunds_once_and_answers_the_same) {
  const auto first = bill("billing.dispute", "C-1001", "charged twice", "step-7");
  const auto again = bill("billing.dispute", "C-1001", "charged twice", "step-7");
  EXPECT_EQ(first.text, again.text);
  EXPECT_EQ(first.data, again.data);
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 1);
  const auto later = bill("billing.dispute", "C-1001", "charged twice", "step-8");
  EXPECT_EQ(later.data["status"], "already_refunded");
  EXPECT_EQ(later.data["refund_id"], first.data["refund_id"]);
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 1);
}

TEST_F(support_desks, many_at_once_refund_once) {
  desk basic{path(), billing_services(), {{"detail", "brief"}, {"today", today_}}};
  desk full{path(), billing_services(), {{"today", today_}}};
  std::atomic<int> refunded{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      auto& d = i % 2 ? basic : full;
      const auto out =
          d(call("billing.dispute", "C-1001", "charged twice", "k" + std::to_string(i), {}), {});
      EXPECT_TRUE(out.ok()) << out.failed.detail;
      if (out.data["status"] == "refunded")
        ++refunded;
    });
  threads.clear();
  EXPECT_EQ(refunded, 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 1);
}

TEST_F(support_desks, three_payments_in_a_row_are_one_payment_and_two_duplicates) {
  set("INSERT INTO payments SELECT 'txn_999999', customer_id, kind, reference, amount_cents, "
      "card_last4, at + 20, status, "
      "note FROM payments WHERE customer_id = 'C-1001' AND kind = 'subscription' ORDER BY at DESC "
      "LIMIT 1");
  const auto out = bill("billing.dispute", "C-1001", "charged three times");
  EXPECT_EQ(out.data["amount"], "$98.00");
  EXPECT_EQ(out.data["refunds"].size(), 2u);
  EXPECT_EQ(bill("billing.dispute", "C-1001", "again", "k2").data["status"], "already_refunded");
}

TEST_F(support_desks, payments_more_than_a_minute_apart_are_no_duplicate) {
  set("UPDATE payments SET at = at + 58 WHERE rowid = (SELECT MAX(rowid) FROM payments WHERE "
      "customer_id = 'C-1001' AND kind "
      "= 'subscription')");
  const auto out = bill("billing.dispute", "C-1001", "charged twice");
  EXPECT_EQ(out.data["status"], "no_duplicate");
  EXPECT_EQ(out.data["latest"].size(), 3u);
  EXPECT_LT(out.confidence, 0.7);
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 0);
}

TEST_F(support_desks, brief_answers_hold_the_same_amounts) {
  const auto out = bill("billing.dispute", "C-1003", "paid twice", "k", nullptr, "brief");
  EXPECT_EQ(out.data["amount"], "$89.00");
  EXPECT_EQ(out.text.find("seconds apart"), std::string::npos);
}

TEST_F(support_desks, a_refund_says_what_was_paid_twice) {
  const auto says = [](const outcome& x, const char* what) {
    return x.text.find(what) != std::string::npos;
  };
  // What was taken twice is an order, though the message speaks of the subscription.
  const auto brief = bill("billing.dispute", "C-1003",
                          "I've been charged twice for my subscription", "k1", nullptr, "brief");
  EXPECT_TRUE(says(brief, "It was for order LF-10203.")) << brief.text;
  const auto again = bill("billing.dispute", "C-1003", "charged twice", "k2");
  EXPECT_TRUE(says(again, "earlier")) << again.text;
  EXPECT_TRUE(says(again, "it was for order LF-10203")) << again.text;
  const auto plan = bill("billing.dispute", "C-1001", "charged twice", "k3", nullptr, "brief");
  EXPECT_TRUE(says(plan, "It was for the pro plan.")) << plan.text;
}

TEST_F(support_desks, the_charge_that_the_message_speaks_of_comes_first) {
  set("INSERT INTO payments SELECT 'txn_999999', customer_id, kind, reference, amount_cents, "
      "card_last4, at + 5, status, note FROM payments WHERE reference = 'LF-10200'");
  for (const auto& [text, reference] :
       {std::pair{"I've been charged twice for my subscription", "pro"},
        std::pair{"I've been charged twice for my order", "LF-10200"},
        std::pair{"I paid LF-10200 twice", "LF-10200"}}) {
    SCOPED_TRACE(text);
    set("DELETE FROM refunds; UPDATE payments SET status = 'captured' WHERE status = 'refunded'");
    const auto out = bill("billing.dispute", "C-1001", text, text);
    ASSERT_EQ(out.data["refunds"].size(), 2u);
    EXPECT_EQ(out.data["refunds"][0]["reference"], reference);
    EXPECT_EQ(out.data["transaction_id"], out.data["refunds"][0]["transaction_id"]);
    EXPECT_NE(out.text.find("order LF-10200"), std::string::npos) << out.text;
    EXPECT_NE(out.text.find("the pro plan"), std::string::npos) << out.text;
  }
}

TEST_F(support_desks, a_dispute_of_an_order_that_was_paid_once_says_so) {
  const auto out = bill("billing.dispute", "C-1001", "I was charged twice for LF-10200");
  EXPECT_EQ(out.data["refunds"][0]["reference"], "pro");
  EXPECT_NE(out.text.find("For order LF-10200 we found no payment that was taken twice."),
            std::string::npos)
      << out.text;
  EXPECT_EQ(bill("billing.dispute", "C-1001", "LF-10200 was charged twice", "k2").data["status"],
            "no_duplicate")
      << "the refund before was for something else";
}

TEST_F(support_desks, an_order_of_somebody_else_is_not_on_the_account) {
  for (const char* skill :
       {"billing.dispute", "billing.invoice", "refund.quote", "refund.issue", "refund.track"}) {
    const auto out = bill(skill, "C-1001", "it is about LF-10201", skill);
    ASSERT_TRUE(out.ok()) << skill;
    EXPECT_EQ(out.data["status"], "not_found") << skill;
    EXPECT_EQ(out.data["order_id"], "LF-10201") << skill;
    EXPECT_EQ(out.data["missing"], json::array({"order_id"})) << skill;
    EXPECT_NE(out.text.find("LF-10201 on your account"), std::string::npos) << out.text;
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM mails"), 0);
}

TEST_F(support_desks, an_unknown_customer_is_asked_for_the_number) {
  for (const char* id : {"", "C-9999", "'; DROP TABLE customers; --"}) {
    const auto out = bill("billing.dispute", id, "charged twice");
    EXPECT_TRUE(out.ok());
    EXPECT_EQ(out.data["missing"], json::array({"customer_id"}));
    EXPECT_DOUBLE_EQ(out.confidence, 0.5);
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM customers"), 200);
}

TEST_F(support_desks, the_customer_of_the_task_counts_when_the_context_has_none) {
  auto c = call("plan.status", "", "which plan", "k", {});
  auto about = std::make_shared<task>();
  about->who.id = "c-1001";
  c.about = about;
  desk d{path(), sales_services(), {{"today", today_}}};
  EXPECT_EQ(d(c, {}).data["current_plan"], "pro");
}

TEST_F(support_desks, effects_need_a_key_and_unknown_skills_are_refused) {
  EXPECT_EQ(bill("billing.dispute", "C-1001", "charged twice", "").failed.why,
            reason::invalid_input);
  EXPECT_EQ(bill("plan.upgrade", "C-1001", "upgrade").failed.why, reason::invalid_input);
  std::stop_source stopped;
  stopped.request_stop();
  desk d{path(), billing_services(), {{"today", today_}}};
  EXPECT_EQ(d(call("billing.dispute", "C-1001", "", "k", {}), stopped.get_token()).failed.why,
            reason::cancelled);
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 0);
}

TEST_F(support_desks, a_locked_database_says_that_it_is_busy) {
  database writer{path()};
  transaction held{writer};
  database other{path(), milliseconds{1}};
  try {
    transaction late{other};
    FAIL() << "two writers at once";
  } catch (const database_error& e) {
    EXPECT_TRUE(e.busy);
  }
}

TEST_F(support_desks, options_are_checked) {
  EXPECT_THROW((desk{path(), {}, {{"detail", "verbose"}}}), std::invalid_argument);
  EXPECT_THROW((desk{path(), {}, {{"today", "tomorrow"}}}), std::invalid_argument);
  EXPECT_THROW((desk{path(), {}, {{"today", "2026-02-30"}}}), std::invalid_argument);
  EXPECT_THROW((desk{path(), {}, {{"colour", "blue"}}}), std::invalid_argument);
}

TEST_F(support_desks, a_cancelled_order_is_refunded_once) {
  set("UPDATE orders SET status = 'cancelled' WHERE id = 'LF-10200'");
  const json input{
      {"previous", {{"cancel_order", {{"text", ""}, {"data", {{"order_id", "LF-10200"}}}}}}}};
  const auto out = bill("refund.issue", "C-1001", "issue a refund", "k1", input);
  EXPECT_EQ(out.data["status"], "refunded") << out.text;
  EXPECT_EQ(out.data["order_id"], "LF-10200");
  EXPECT_EQ(out.data["amount"], "$178.00");
  EXPECT_EQ(bill("refund.issue", "C-1001", "issue a refund", "k1", input).data, out.data);
  EXPECT_EQ(bill("refund.issue", "C-1001", "refund LF-10200", "k2").data["status"],
            "refunded_before");
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 1);
  const auto where = bill("refund.track", "C-1001", "where is my refund");
  EXPECT_EQ(where.data["amount"], "$178.00");
  EXPECT_EQ(where.data["due"], "2026-11-23"); // five working days after a Monday
}

TEST_F(support_desks, refunds_follow_the_order_s_state) {
  EXPECT_EQ(bill("refund.issue", "C-1001", "refund LF-10200").data["status"], "needs_cancellation");
  EXPECT_EQ(bill("refund.issue", "C-1002", "refund LF-10201").data["status"], "not_delivered_yet");
  EXPECT_EQ(bill("refund.issue", "C-1004", "refund LF-10204").data["status"], "too_late");
  EXPECT_EQ(bill("refund.issue", "C-1004", "refund me").data["status"], "too_late");
  const auto foreign = bill("refund.issue", "C-1002", "refund order #10200", "k2");
  EXPECT_EQ(foreign.data["status"], "not_found");
  EXPECT_EQ(foreign.data["missing"], json::array({"order_id"}));
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 0);
  // Both of the payments that were taken for it come back when the goods do.
  const auto returned = bill("refund.issue", "C-1003", "I want a refund", "k9");
  EXPECT_EQ(returned.data["status"], "awaiting_return");
  EXPECT_EQ(returned.data["amount"], "$178.00");
}

TEST_F(support_desks, gold_customers_can_return_for_longer) {
  EXPECT_EQ(bill("refund.policy", "C-1001", "policy").data["return_days"], 60);
  EXPECT_EQ(bill("refund.policy", "C-1002", "policy").data["return_days"], 30);
  EXPECT_EQ(bill("refund.policy", "", "policy").data["return_days"], 30);
  set("UPDATE customers SET tier = 'gold' WHERE id = 'C-1004'; UPDATE orders SET delivered_on = "
      "'2026-10-01' WHERE id = "
      "'LF-10204'");
  EXPECT_EQ(bill("refund.quote", "C-1004", "refund LF-10204").data["amount_cents"], 14900);
  EXPECT_EQ(count("SELECT COUNT(*) FROM refunds"), 0);
}

TEST_F(support_desks, a_refund_of_a_double_charge_is_a_dispute) {
  const auto out = bill("refund.issue", "C-1001", "refund what you took twice");
  EXPECT_EQ(out.data["refunds"][0]["reference"], "pro");
}

TEST_F(support_desks, nothing_to_track) {
  EXPECT_EQ(bill("refund.track", "C-1002", "where is it").data["status"], "none");
  bill("billing.dispute", "C-1001", "twice");
  today_ = "2026-12-20";
  EXPECT_NE(
      bill("refund.track", "C-1001", "where").text.find("should have arrived by 23 November 2026"),
      std::string::npos);
}

TEST_F(support_desks, invoices_are_mailed_once) {
  const auto out = bill("billing.invoice", "C-1002", "invoice for LF-10201", "k1");
  EXPECT_EQ(out.data["status"], "sent");
  EXPECT_EQ(out.data["reference"], "LF-10201");
  EXPECT_EQ(out.data["sent_to"], "tomasz.berg@mail.example");
  EXPECT_EQ(bill("billing.invoice", "C-1002", "invoice for LF-10201", "k1").data, out.data);
  EXPECT_EQ(count("SELECT COUNT(*) FROM mails"), 1);
  EXPECT_EQ(bill("billing.invoice", "C-1002", "invoice for LF-10200", "k2").data["status"],
            "not_found");
}

TEST_F(support_desks, invoices_are_explained) {
  const auto out = bill("billing.invoice_check", "C-1001", "what is on my bill");
  EXPECT_EQ(out.data["invoices"].size(), 3u);
  EXPECT_EQ(out.data["next"]["amount"], "$49.00");
  EXPECT_EQ(out.data["next"]["on"], "2026-12-01");
  EXPECT_EQ(
      bill("billing.invoice_check", "C-1001", "", "k", nullptr, "brief").data["invoices"].size(),
      1u);
}

TEST_F(support_desks, payment_questions) {
  EXPECT_EQ(bill("billing.payment_methods", "", "how can I pay").data["source"], "rules");
  EXPECT_EQ(bill("billing.payment_methods", "C-1001", "how can I pay").data["card_last4"], "4242");
  EXPECT_EQ(bill("billing.payment_issue", "", "card refused").data["source"], "rules");
  set("UPDATE payments SET status = 'declined', note = 'the card has expired' WHERE reference = "
      "'LF-10202'");
  const auto out = bill("billing.payment_issue", "C-1002", "card refused");
  EXPECT_EQ(out.data["status"], "declined");
  EXPECT_NE(out.text.find("the card has expired"), std::string::npos);
}

TEST_F(support_desks, leaving_a_yearly_term_costs_half_of_what_remains) {
  EXPECT_EQ(bill("billing.cancellation_fee", "C-1001", "fee?").data["status"], "no_fee");
  set("UPDATE subscriptions SET term_ends = '2027-04-20' WHERE customer_id = 'C-1004'");
  const auto out = bill("billing.cancellation_fee", "C-1004", "fee?");
  EXPECT_EQ(out.data["months_left"], 5);
  EXPECT_EQ(out.data["fee"], "$47.50"); // 5 months at $19.00, halved
}

TEST_F(support_desks, the_agents_register_once_and_serve) {
  native_agents agents;
  const auto fresh = (dir_ / "fresh" / "data").string();
  register_agents(agents, fresh);
  EXPECT_THROW(register_agents(agents, fresh), std::logic_error);
  const auto* entry = agents.find("support.billing");
  ASSERT_TRUE(entry);
  agent_spec spec;
  spec.settings = {{"function", "support.billing"}, {"options", {{"detail", "brief"}}}};
  const auto serve = entry->make(spec);
  EXPECT_EQ(serve(call("billing.dispute", "C-1001", "twice", "k", {}), {}).data["status"],
            "refunded");
  EXPECT_TRUE(agents.find("support.account_executive"));
}

TEST(support_words, orders_are_found_in_text) {
  EXPECT_EQ(order_in("cancel lf-10234 please"), "LF-10234");
  EXPECT_EQ(order_in("order #1023"), "LF-1023");
  EXPECT_EQ(order_in("purchase 00123842?"), "LF-00123842");
  EXPECT_EQ(order_in("I paid $12000 in 2026, txn_700103, C-10011, 12,000 and 12345.50"), "");
  EXPECT_EQ(order_in("1234567890123456"), "");
  EXPECT_EQ(order_in(""), "");
}

TEST(support_words, money_and_days) {
  EXPECT_EQ(dollars(124900), "$1,249.00");
  EXPECT_EQ(dollars(-505), "-$5.05");
  EXPECT_EQ(dollars(100000000), "$1,000,000.00");
  EXPECT_EQ(prorated(25000, 15, 30), 12500);
  EXPECT_EQ(prorated(100, 1, 3), 33);
  EXPECT_EQ(prorated(1, 1, 2), 1);
  EXPECT_EQ(prorated(100, 1, 0), 0);
  EXPECT_FALSE(parse_day("2026-2-3"));
  const auto cycle = cycle_at(*parse_day("2027-01-05"), 31);
  EXPECT_EQ(iso(cycle.start), "2026-12-28");
  EXPECT_EQ(iso(cycle.end), "2027-01-28");
  EXPECT_EQ(in_words(after_working_days(*parse_day("2026-11-20"), 1)), "23 November 2026");
  EXPECT_EQ(whole_months(*parse_day("2026-11-16"), *parse_day("2027-02-15")), 2);
}

} // namespace
