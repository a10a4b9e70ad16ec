// Limits on what is spent: what the files say of them, and what is refused.
#include "tests/src/config/bad_case.hpp"

#include <chrono>

namespace troupe::config {
namespace budget_keys_cases {

using test::fleet_folder;
using test::lines;
using namespace std::chrono_literals;

const std::string small{test::small_fleet};

TEST(budget_keys, take_every_value) {
  fleet_folder f;
  test::write_small(f);
  f.write("fleet.yaml", small + R"(budgets:
  utc_offset: "-05:30"
  tight_at: 0.7
  day: {cost: 12.5, tokens: 1000000, calls: 500}
  customer: {cost: 0.5}
  customers:
    acme: {calls: 7}
  session: {tokens: 9000}
  task: {calls: 0}
)");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  const auto& b = got.fleet->budgets;
  EXPECT_EQ(b.utc_offset, -(5h + 30min));
  EXPECT_EQ(b.tight_at, 0.7);
  EXPECT_EQ(b.limits.day, (budget_amount{{12500000, 1000000, 500}}));
  EXPECT_EQ(b.limits.customer, (budget_amount{{500000, no_limit, no_limit}}));
  EXPECT_EQ(b.limits.customers.at("acme"), (budget_amount{{no_limit, no_limit, 7}}));
  EXPECT_EQ(b.limits.session, (budget_amount{{no_limit, 9000, no_limit}}));
  EXPECT_EQ(b.limits.task, (budget_amount{{no_limit, no_limit, 0}}));
}

TEST(budget_keys, without_them_nothing_is_limited) {
  fleet_folder f;
  test::write_small(f);
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_EQ(got.fleet->budgets, budget_rules{});
  EXPECT_FALSE(got.fleet->domains.at(0).budgets.day.limits());
}

class bad_budget_keys : public testing::TestWithParam<test::bad_case> {};

TEST_P(bad_budget_keys, are_refused) {
  test::expect_refusal(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    all, bad_budget_keys,
    testing::Values(test::bad_case{"offset",
                                   "fleet.yaml",
                                   small + "budgets:\n  utc_offset: CET\n",
                                   {"fleet.yaml:6:3: budgets.utc_offset: must be a difference to "
                                    "UTC such as +01:00, not \"CET\""}},
                    test::bad_case{"empty",
                                   "fleet.yaml",
                                   small + "budgets:\n  day: {}\n",
                                   {"fleet.yaml:6:3: budgets.day: needs at least one of cost, "
                                    "tokens, calls"}}),
    [](const auto& x) { return x.param.name; });

} // namespace budget_keys_cases
} // namespace troupe::config
