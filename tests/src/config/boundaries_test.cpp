#include "tests/src/config/bad_case.hpp"

#include <gtest/gtest.h>

namespace troupe::config {
namespace boundaries_cases {

/// The small fleet, in which `support` delegates to `sales`.
void write_two(test::fleet_folder& f, const std::string& sales, const std::string& plan) {
  test::write_small(f);
  f.write("sales/domain.yaml", "domain: sales\n" + sales);
  f.write("support/domain.yaml", "domain: support\ncontext: {tier: string}\n" + plan);
}

const std::string to_sales = "plan: {domain: {domain: sales, skill: sell}}\n";

TEST(boundaries, are_read) {
  test::fleet_folder f;
  write_two(f, "callers: [support]\nexports: [sell]\n", to_sales);
  const auto got = f.load();
  ASSERT_TRUE(got.fleet) << test::lines(got.errors);
  const auto& sales = got.fleet->domains.at(0);
  EXPECT_EQ(sales.callers, (std::vector<std::string>{"support"}));
  EXPECT_EQ(sales.exports, (std::vector<std::string>{"sell"}));
  EXPECT_FALSE(got.fleet->domains.at(1).callers);
}

TEST(boundaries, a_delegation_that_is_not_taken_is_an_error_at_its_place) {
  test::fleet_folder f;
  write_two(f, "callers: []\n", to_sales);
  auto got = f.load();
  ASSERT_EQ(got.errors.size(), 1u) << test::lines(got.errors);
  EXPECT_EQ(to_string(got.errors[0]),
            "support/domain.yaml:3:17: plan.domain.domain: domain sales takes nothing from support "
            "(see callers and exports in sales/domain.yaml)");
  write_two(f, "exports: []\n",
            "understand:\n  agent: triage\n  intents:\n"
            "    buy: {domain: sales, skill: sell}\n");
  got = f.load();
  ASSERT_EQ(got.errors.size(), 1u) << test::lines(got.errors);
  EXPECT_EQ(to_string(got.errors[0]),
            "support/domain.yaml:6:11: understand.intents.buy.domain: domain sales does not export "
            "the skill sell (see callers and exports in sales/domain.yaml)");
}

TEST(boundaries, name_what_exists) {
  test::fleet_folder f;
  write_two(f, "callers: [suport]\nexports: [sel]\n", "");
  const auto got = f.load();
  ASSERT_EQ(got.errors.size(), 2u) << test::lines(got.errors);
  EXPECT_EQ(to_string(got.errors[0]), "sales/domain.yaml:2:11: callers[0]: there is no domain "
                                      "\"suport\"; did you mean \"support\"?");
  EXPECT_EQ(to_string(got.errors[1]),
            "sales/domain.yaml:3:11: exports[0]: no agent of domain \"sales\" offers skill "
            "\"sel\", and it is none of its plans; did you mean \"sell\"?");
}

} // namespace boundaries_cases
} // namespace troupe::config
