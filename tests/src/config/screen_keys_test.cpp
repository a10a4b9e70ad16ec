// The keys of screens.
#include "tests/src/config/bad_case.hpp"

#include <gtest/gtest.h>

namespace troupe::config {
namespace screen_keys_cases {

using test::fleet_folder;
using test::lines;

const std::string agent = "agent: general\nskills: [talk]\nnative: {function: f}\n";
const std::string a = "support/agents/general.yaml";
const std::string d = "support/domain.yaml";

class bad_screens : public testing::TestWithParam<test::bad_case> {};

TEST_P(bad_screens, are_refused_with_their_place) {
  test::expect_refusal(GetParam());
}

const test::bad_case cases[] = {
    {"unknown_action",
     a,
     agent + "screens: {results: stripp}\n",
     {"support/agents/general.yaml:4:11: screens.results: \"stripp\" is not one of allow, flag, "
      "strip, block; did you mean \"strip\"?"}},
    {"threshold_out_of_range",
     a,
     agent + "screens: {request: {action: flag, threshold: 7}}\n",
     {"support/agents/general.yaml:4:35: screens.request.threshold: must be a number from 0.05 to "
      "1, not \"7\""}},
    {"no_action",
     a,
     agent + "screens: {request: {threshold: 0.5}}\n",
     {"support/agents/general.yaml:4:11: screens.request.action: is missing"}},
};
INSTANTIATE_TEST_SUITE_P(all, bad_screens, testing::ValuesIn(cases),
                         [](const auto& x) { return x.param.name; });

TEST(screen_keys, are_read_in_both_forms_and_keep_the_places_threshold) {
  fleet_folder f;
  test::write_small(f);
  f.write(d, "domain: support\ncontext: {tier: string}\nscreens: {answers: block, hosts: "
             "[shop.example]}\n")
      .write(a, agent + "screens: {results: flag, actions: {action: strip, threshold: 0.4}}\n");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  const auto& domain = got.fleet->domains.at(1);
  EXPECT_EQ(domain.screens.at(screen_place::answers), (screen_rule{screen_action::block, 0.6}));
  EXPECT_EQ(domain.screens.at(screen_place::request), std::nullopt);
  EXPECT_EQ(*domain.screens.hosts, std::vector<std::string>{"shop.example"});
  const auto& own = domain.agents.at(1).screens;
  EXPECT_EQ(own.at(screen_place::results), (screen_rule{screen_action::flag, 0.6}));
  EXPECT_EQ(own.at(screen_place::actions), (screen_rule{screen_action::strip, 0.4}));
  EXPECT_EQ(own.hosts, std::nullopt);
}

} // namespace screen_keys_cases
} // namespace troupe::config
