// The keys about failures and overload: what they say, and what is refused.
#include "tests/src/config/bad_case.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace troupe::config {
namespace failure_keys_cases {

using test::fleet_folder;
using test::lines;
using namespace std::chrono_literals;

const std::string d = "support/domain.yaml";
const std::string a = "support/agents/general.yaml";
const std::string agent = "agent: general\nskills: [talk]\nnative: {function: f}\n";
const std::string domain = "domain: support\ncontext: {tier: string}\n";

TEST(failure_keys, take_every_value) {
  fleet_folder f;
  test::write_small(f);
  f.write(d, domain + R"(on_failure:
  crash: {then: retry_here, max_retries: 1, agent: quarantine}
  low_confidence: ask_human
  timeout: {then: back_off, agent: restart}
human_queue: desk
max_failed_agents: 3
breaker: {failures: 2, window: 1m, rate: 0.5, rate_window: 2m, min_calls: 4, cool_down: 5s}
provider_breaker: {failures: 9}
overload: {stages: [0.5, 0.9], refuse_below: high}
)")
      .write(a, agent + "provider: acme\nshed_at: 2\nbreaker: {failures: 7}\n");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  const auto at = [&](const std::string& path) -> const domain_spec& {
    for (const auto& x : got.fleet->domains)
      if (x.path == path)
        return x;
    throw std::logic_error{path};
  };
  const auto& x = at("support");
  EXPECT_EQ(x.on_failure,
            (failure_rules{{reason::crash, {remedy::retry_here, 1, sanction::quarantine}},
                           {reason::low_confidence, {remedy::ask_human, {}, sanction::none}},
                           {reason::timeout, {remedy::back_off, {}, sanction::restart}}}));
  EXPECT_EQ(x.human_queue, "desk");
  EXPECT_EQ(x.max_failed_agents, 3u);
  const breaker_spec own{2, 1min, 0.5, 2min, 4, 5s};
  EXPECT_EQ(x.breaker, own);
  EXPECT_EQ(x.provider_breaker.failures, 9u);
  EXPECT_THAT(x.overload.stages, testing::ElementsAre(0.5, 0.9));
  EXPECT_EQ(x.overload.refuse_below, priority::high);
  for (const auto& one : x.agents) {
    if (one.card.name != "general") {
      EXPECT_FALSE(one.breaker);
      continue;
    }
    EXPECT_EQ(one.provider, "acme");
    EXPECT_EQ(one.shed_at, 2u);
    // What it does not say itself is its domain's.
    auto expected = own;
    expected.failures = 7;
    EXPECT_EQ(one.breaker, expected);
  }
  // And what a domain does not say is what holds for everybody.
  const auto& other = at("sales");
  EXPECT_EQ(other.breaker, breaker_spec{});
  EXPECT_TRUE(other.on_failure.empty());
  EXPECT_THAT(other.overload.stages, testing::ElementsAre(0.7, 0.85, 0.95));
}

TEST(failure_keys, no_stages_are_no_stages) {
  fleet_folder f;
  test::write_small(f);
  f.write(d, domain + "overload: {stages: []}\n");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  for (const auto& x : got.fleet->domains)
    EXPECT_EQ(x.overload.stages.empty(), x.path == "support");
}

class bad_failure_key : public testing::TestWithParam<test::bad_case> {};

TEST_P(bad_failure_key, is_refused_with_its_place) {
  test::expect_refusal(GetParam());
}

const test::bad_case cases[] = {
    {"reason",
     d,
     domain + "on_failure: {timout: retry}\n",
     {"support/domain.yaml:3:14: on_failure.timout: is not a known key; did you mean "
      "\"timeout\"?"}},
    {"cancelled_is_no_line",
     d,
     domain + "on_failure: {cancelled: retry}\n",
     {"support/domain.yaml:3:14: on_failure.cancelled: is not a known key; known here: crash, "
      "timeout, rate_limited, unavailable, invalid_input, invalid_output, low_confidence, "
      "contradiction, budget_exhausted, loop, policy_denied"}},
    {"remedy",
     d,
     domain + "on_failure: {crash: retri}\n",
     {"support/domain.yaml:3:14: on_failure.crash: \"retri\" is not one of retry, retry_here, "
      "back_off, fall_back, ask_human, give_up; did you mean \"retry\"?"}},
    {"sanction",
     d,
     domain + "on_failure: {crash: {then: retry, agent: fire}}\n",
     {"support/domain.yaml:3:35: on_failure.crash.agent: \"fire\" is not one of none, quarantine, "
      "restart, escalate"}},
    {"rule_without_remedy",
     d,
     domain + "on_failure: {crash: {agent: restart}}\n",
     {"support/domain.yaml:3:14: on_failure.crash.then: is missing"}},
    {"unknown_queue",
     d,
     domain + "human_queue: dessk\n",
     {"support/domain.yaml:3:1: human_queue: there is no human queue \"dessk\" in fleet.yaml; did "
      "you mean \"desk\"?"}},
    {"nobody_to_ask",
     d,
     domain + "on_failure: {crash: ask_human}\n",
     {"support/domain.yaml:3:14: on_failure.crash: ask_human needs the domain's human_queue"}},
    {"nobody_to_ask_in_a_rule",
     d,
     domain + "on_failure: {crash: {then: ask_human}}\n",
     {"support/domain.yaml:3:22: on_failure.crash.then: ask_human needs the domain's "
      "human_queue"}},
    {"nobody_to_ask_after_so_many",
     d,
     domain + "max_failed_agents: 2\n",
     {"support/domain.yaml:3:1: max_failed_agents: needs the domain's human_queue: a person is "
      "asked then"}},
    {"stages_that_fall",
     d,
     domain + "overload: {stages: [0.5, 0.4]}\n",
     {"support/domain.yaml:3:26: overload.stages[1]: a stage must begin later than the one before "
      "it"}},
    {"stage_beyond_all",
     d,
     domain + "overload: {stages: [1.5]}\n",
     {"support/domain.yaml:3:21: overload.stages[0]: must be a number from 0.01 to 1, not "
      "\"1.5\""}},
    {"too_many_stages",
     d,
     domain + "overload: {stages: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]}\n",
     {"support/domain.yaml:3:12: overload.stages: there are at most 8 stages"}},
    {"shed_at_no_stage",
     a,
     agent + "shed_at: 4\n",
     {"support/agents/general.yaml:4:1: shed_at: domain \"support\" has only 3 stages of "
      "overload"}},
    {"rate",
     d,
     domain + "breaker: {rate: 2}\n",
     {"support/domain.yaml:3:11: breaker.rate: must be a number from 0 to 1, not \"2\""}},
};

INSTANTIATE_TEST_SUITE_P(all, bad_failure_key, testing::ValuesIn(cases),
                         [](const auto& i) { return i.param.name; });

TEST(failure_keys, one_provider_has_one_breaker) {
  fleet_folder f;
  test::write_small(f);
  f.write(a, agent + "provider: acme\n")
      .write("sales/domain.yaml", "domain: sales\nprovider_breaker: {failures: 1}\n")
      .write("sales/agents/seller.yaml",
             "agent: seller\nskills: [sell]\nprovider: acme\nnative: {function: s}\n");
  EXPECT_EQ(lines(f.load().errors),
            "support/agents/general.yaml:4:1: provider: provider \"acme\" has another "
            "provider_breaker in domain \"sales\"\n");
}

} // namespace failure_keys_cases
} // namespace troupe::config
