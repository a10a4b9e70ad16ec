// Limits on what is spent: which hold for a call, and what it may cost.
#include "policies/budget.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace budget_cases {

timestamp at(std::int64_t seconds) {
  return timestamp{std::chrono::seconds{seconds}};
}

task_ptr a_task(std::string id, std::string session = {}, std::string customer = {}) {
  auto t = std::make_shared<task>();
  t->id = std::move(id);
  t->context_id = std::move(session);
  t->who.id = std::move(customer);
  t->domain = "shop";
  return t;
}

budget_amount calls(std::int64_t n) {
  auto out = budget_amount::unlimited();
  out[2] = n;
  return out;
}

std::vector<std::string> names_of(const std::vector<budget_account>& from) {
  std::vector<std::string> out;
  for (const auto& x : from)
    out.push_back(x.name);
  return out;
}

TEST(budget, days_begin_where_the_fleet_says) {
  // 2026-11-21T23:30:00Z
  const auto late = at(1795303800);
  EXPECT_EQ(day_text(day_of(late, 0min)), "2026-11-21");
  EXPECT_EQ(day_text(day_of(late, 60min)), "2026-11-22");
  EXPECT_EQ(day_text(day_of(late, -300min)), "2026-11-21");
  EXPECT_EQ(end_of_day(late, 0min) - late, 30min);
  EXPECT_EQ(end_of_day(late, 60min) - late, 23h + 30min);
  EXPECT_EQ(end_of_day(late, -300min) - late, 5h + 30min);
  EXPECT_EQ(day_text(0), "1970-01-01");
  EXPECT_EQ(day_text(-1), "1969-12-31");
  EXPECT_EQ(day_text(19782), "2024-02-29");
}

TEST(budget, all_limits_above_an_agent_hold_for_it) {
  budget_rules rules;
  rules.limits.day = calls(100);
  rules.limits.customer = calls(9);
  rules.limits.customers["acme"] = calls(50);
  std::map<std::string, domain_spec> domains;
  domains["shop"].budgets.task = calls(5);
  domains["shop/refunds"].budgets.session = calls(7);
  domains["shopping"].budgets.day = calls(1);
  const auto find = [&](const std::string& path) -> const domain_spec* {
    const auto hit = domains.find(path);
    return hit == domains.end() ? nullptr : &hit->second;
  };
  const auto now = at(1795303800);
  const auto of = [&](const task_ptr& about, const char* domain) {
    return accounts_of(rules, find, party_of(about, domain), now);
  };
  EXPECT_EQ(names_of(of(a_task("01ab.3.2", "s:1", "acme"), "shop/refunds")),
            (std::vector<std::string>{"customer:2026-11-21::acme", "day:2026-11-21:",
                                      "task:shop:01ab", "session:shop/refunds:s%3A1"}));
  EXPECT_EQ(of(a_task("1", {}, "acme"), "shop").front().limit[2], 50);
  EXPECT_EQ(of(a_task("1", {}, "other"), "shop").front().limit[2], 9);
  EXPECT_EQ(names_of(of(nullptr, "shop/refunds")), (std::vector<std::string>{"day:2026-11-21:"}));
  EXPECT_EQ(names_of(of(a_task("1"), "else")), (std::vector<std::string>{"day:2026-11-21:"}));
}

TEST(budget, a_request_is_taken_for_the_most_that_it_can_cost) {
  model_spec m;
  m.input_price = 2;
  m.output_price = 10;
  m.max_output = 500;
  m.context_tokens = 100000;
  model_request r;
  r.messages.push_back({chat_role::user, std::string(968, 'x'), {}, {}});
  EXPECT_EQ(most_of(r, m), (usage{500, 500, 500 * 2 + 500 * 10, 1}));
  r.max_output = 100;
  EXPECT_EQ(most_of(r, m).output_tokens, 100u);
  r.max_output = 1000;
  EXPECT_EQ(most_of(r, m).output_tokens, 500u) << "the model gives no more";
  m.cached_input_price = 0.2;
  EXPECT_EQ(most_of(r, m).cost_micros, 500u * 2 + 500 * 10) << "it may not be in the cache";
  m.cache_write_price = 2.5;
  EXPECT_EQ(most_of(r, m).cost_micros, 1250u + 500 * 10) << "all of it may get there";
}

TEST(budget, what_is_charged_is_what_is_known_or_else_the_most) {
  model_reply said;
  said.used = {300, 20, 800, 0};
  const usage most{500, 500, 6000, 1};
  EXPECT_EQ(charge_of(said, most), (usage{300, 20, 800, 1}));
  EXPECT_EQ(budget_amount::of_usage(charge_of(said, most)), (budget_amount{{800, 320, 1}}));
  said.error = model_error::broken;
  EXPECT_EQ(charge_of(said, most), (usage{300, 20, 800, 1})) << "what had come of it was counted";
  said = {};
  for (const auto e : {model_error::timeout, model_error::cancelled, model_error::broken}) {
    said.error = e;
    said.unsent = false;
    EXPECT_TRUE(said.uncounted());
    EXPECT_EQ(charge_of(said, most), most) << "nobody knows what it has cost";
    said.unsent = true;
    EXPECT_FALSE(said.uncounted());
    EXPECT_EQ(charge_of(said, most), usage{}) << "nobody was asked";
  }
  said.unsent = false;
  for (const auto e :
       {model_error::rate_limited, model_error::unreachable, model_error::over_budget}) {
    said.error = e;
    EXPECT_EQ(charge_of(said, most), usage{});
  }
}

TEST(budget, money_is_saved_with_the_declared_or_the_cheapest_model) {
  model_spec dear, cheap, middle;
  dear.output_price = 15;
  cheap.output_price = 1;
  middle.output_price = 5;
  const std::vector<const model_spec*> all{&dear, &cheap, &middle};
  EXPECT_EQ(cheaper_model(all, 0, 3), 1u);
  EXPECT_EQ(cheaper_model(all, 2, 3), 2u) << "it does not go back to one that has failed";
  EXPECT_EQ(cheaper_model(all, 0, 2), 2u);
  EXPECT_EQ(tight_steps(8), 4u);
  EXPECT_EQ(tight_steps(1), 1u);
}

} // namespace budget_cases
