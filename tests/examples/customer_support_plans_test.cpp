#include "tests/examples/support_desks.hpp"

namespace {

using namespace troupe;
using namespace troupe::support;

TEST_F(support_desks, an_upgrade_is_prorated_by_the_days_left) {
  const auto out = sell("plan.upgrade", "C-1001", "I want to upgrade to the enterprise plan");
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out.data["current_plan"], "pro");
  EXPECT_EQ(out.data["proposed_plan"], "enterprise");
  EXPECT_EQ(out.data["days_left"], 15);
  EXPECT_EQ(out.data["days_in_cycle"], 30);
  EXPECT_EQ(out.data["prorated_cost"], "$125.00");
  EXPECT_NE(out.text.find(
                "is $125.00, which adds SSO, audit logs, custom SLAs, a 99.95% uptime guarantee"),
            std::string::npos)
      << out.text;
  // A quote alone changes nothing.
  EXPECT_EQ(count("SELECT price_cents FROM subscriptions WHERE customer_id = 'C-1001'"), 4900);
}

TEST_F(support_desks, an_accepted_quote_changes_the_plan_once) {
  EXPECT_EQ(sell("plan.confirm", "C-1001", "yes").data["missing"], json::array({"quote"}));
  sell("plan.upgrade", "C-1001", "upgrade to business", "q1");
  sell("plan.upgrade", "C-1001", "upgrade to enterprise", "q2");
  EXPECT_EQ(count("SELECT COUNT(*) FROM quotes WHERE status = 'open'"), 1);
  const auto out = sell("plan.confirm", "C-1001", "go ahead", "c1");
  EXPECT_EQ(out.data["current_plan"], "enterprise");
  EXPECT_EQ(out.data["invoiced_on"], "2026-12-01");
  EXPECT_EQ(sell("plan.confirm", "C-1001", "go ahead", "c1").data, out.data);
  EXPECT_EQ(count("SELECT SUM(amount_cents) FROM adjustments"), 12500);
  EXPECT_EQ(count("SELECT price_cents FROM subscriptions WHERE customer_id = 'C-1001'"), 29900);
  EXPECT_EQ(bill("billing.invoice_check", "C-1001", "").data["next"]["amount"], "$424.00");
  EXPECT_EQ(sell("plan.upgrade", "C-1001", "upgrade", "q3").data["status"], "highest");
}

TEST_F(support_desks, a_quote_lapses) {
  sell("plan.upgrade", "C-1001", "upgrade to enterprise", "q1");
  today_ = "2026-11-24";
  EXPECT_EQ(sell("plan.confirm", "C-1001", "go ahead", "c1").data["missing"],
            json::array({"quote"}));
  EXPECT_EQ(count("SELECT COUNT(*) FROM adjustments"), 0);
}

TEST_F(support_desks, which_plan_is_meant) {
  EXPECT_EQ(sell("plan.upgrade", "C-1001", "a bigger plan please", "a").data["proposed_plan"],
            "business");
  EXPECT_EQ(sell("plan.upgrade", "C-1001", "from pro to enterprise", "b").data["proposed_plan"],
            "enterprise");
  EXPECT_EQ(sell("plan.upgrade", "C-1001", "", "c", {{"plan", "enterprise"}}).data["proposed_plan"],
            "enterprise");
  EXPECT_EQ(sell("plan.upgrade", "C-1001", "upgrade to starter", "d").data["status"], "not_higher");
  EXPECT_EQ(sell("plan.upgrade", "C-1003", "upgrade", "e").data["proposed_plan"], "starter");
}

TEST_F(support_desks, a_downgrade_waits_for_the_end_of_the_cycle) {
  const auto out = sell("plan.downgrade", "C-1001", "starter is enough", "d1");
  EXPECT_EQ(out.data["from"], "2026-12-01");
  EXPECT_EQ(sell("plan.status", "C-1001", "").data["next_plan"], "starter");
  EXPECT_EQ(sell("plan.status", "C-1001", "").data["current_plan"], "pro");
  today_ = "2026-12-01";
  EXPECT_EQ(sell("plan.status", "C-1001", "").data["current_plan"], "starter");
  EXPECT_EQ(sell("plan.downgrade", "C-1001", "downgrade to starter", "d0").data["status"],
            "already_there");
  EXPECT_EQ(sell("plan.downgrade", "C-1003", "", "d2").data["status"], "lowest");
  EXPECT_EQ(sell("plan.downgrade", "C-1001", "enterprise", "d3").data["status"], "not_lower");
}

} // namespace
