#include "policies/failure_table.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace troupe {
namespace failure_table_cases {

using enum remedy;

constexpr milliseconds at_once{0};
constexpr milliseconds s1{1000}, s2{2000}, s4{4000};
const treatment rung{fall_back, {}};
const treatment person{ask_human, {}, true};

/// One row per reason: what is done after 0, 1, 2 and 3 retries, for repeatable and for unsafe
/// agents.
struct row {
  reason why;
  treatment repeatable[4];
  treatment unsafe[4];
};

const row table[] = {
    {reason::none, {rung, rung, rung, rung}, {rung, rung, rung, rung}},
    {reason::crash,
     {{retry, at_once}, {retry, s1}, {retry, s2}, rung},
     {person, person, person, person}},
    {reason::timeout,
     {{back_off, s1}, {back_off, s2}, {back_off, s4}, rung},
     {person, person, person, person}},
    {reason::rate_limited,
     {{back_off, s1}, {back_off, s2}, {back_off, s4}, rung},
     {{back_off, s1}, {back_off, s2}, {back_off, s4}, rung}},
    {reason::unavailable,
     {{back_off, s1}, {back_off, s2}, {back_off, s4}, rung},
     {{back_off, s1}, {back_off, s2}, {back_off, s4}, rung}},
    {reason::invalid_input, {rung, rung, rung, rung}, {rung, rung, rung, rung}},
    {reason::invalid_output,
     {{retry, at_once}, {retry, s1}, {retry, s2}, rung},
     {person, person, person, person}},
    {reason::low_confidence, {rung, rung, rung, rung}, {person, person, person, person}},
    {reason::contradiction, {rung, rung, rung, rung}, {person, person, person, person}},
    {reason::budget_exhausted, {rung, rung, rung, rung}, {person, person, person, person}},
    {reason::loop, {rung, rung, rung, rung}, {rung, rung, rung, rung}},
    {reason::policy_denied, {rung, rung, rung, rung}, {rung, rung, rung, rung}},
    {reason::cancelled,
     {{give_up, {}}, {give_up, {}}, {give_up, {}}, {give_up, {}}},
     {{give_up, {}}, {give_up, {}}, {give_up, {}}, {give_up, {}}}},
};

TEST(failure_table, every_cell) {
  static_assert(std::size(table) == enum_names<reason>::value.size());
  for (std::size_t i = 0; i < std::size(table); ++i) {
    ASSERT_EQ(static_cast<std::size_t>(table[i].why), i);
    for (std::uint32_t retries = 0; retries < 4; ++retries) {
      const failure f{table[i].why, {}, {}};
      EXPECT_EQ(treat(f, {}, {}, retries, true, 0), table[i].repeatable[retries])
          << to_string(f.why) << retries;
      EXPECT_EQ(treat(f, {}, {}, retries, false, 0), table[i].unsafe[retries])
          << to_string(f.why) << retries;
    }
  }
}

/// What a rule with this remedy leads to for an agent that may be repeated, after 0 retries, after
/// 1, and with none left.
struct override_row {
  remedy then;
  treatment first, second, none_left;
};

const override_row overrides[] = {
    {retry, {retry, at_once}, {retry, s1}, rung},
    {retry_here, {retry_here, s1}, {retry_here, s2}, rung},
    {back_off, {back_off, s1}, {back_off, s2}, rung},
    {fall_back, rung, rung, rung},
    {ask_human, {ask_human, {}}, {ask_human, {}}, {ask_human, {}}},
    {give_up, {give_up, {}}, {give_up, {}}, {give_up, {}}},
};

TEST(failure_table, a_domain_changes_it_line_by_line) {
  static_assert(std::size(overrides) == enum_names<remedy>::value.size());
  for (std::size_t i = 0; i < std::size(table); ++i) {
    const auto why = table[i].why;
    for (const auto& x : overrides) {
      const failure_rules rules{{why, {x.then, std::nullopt, sanction::none}}};
      const auto where = std::string{to_string(why)} + " -> " + std::string{to_string(x.then)};
      const failure f{why, {}, {}};
      EXPECT_EQ(treat(f, rules, {}, 0, true, 0), x.first) << where;
      EXPECT_EQ(treat(f, rules, {}, 1, true, 0), x.second) << where;
      EXPECT_EQ(treat(f, rules, {}, 3, true, 0), x.none_left) << where;
      // What may have been done already is done again by nobody, whatever the rule says.
      const bool acted = default_line(why).may_have_acted && x.then != give_up;
      EXPECT_EQ(treat(f, rules, {}, 0, false, 0), acted ? person : x.first) << where;
      EXPECT_EQ(treat(f, rules, {}, 3, false, 0), acted ? person : x.none_left) << where;
      // The other lines stay as they were.
      for (std::size_t k = 0; k < std::size(table); ++k)
        if (k != i) {
          EXPECT_EQ(treat({table[k].why, {}, {}}, rules, {}, 0, true, 0), table[k].repeatable[0])
              << where << " and " << to_string(table[k].why);
        }
    }
  }
}

TEST(failure_table, a_line_may_have_retries_of_its_own) {
  const failure_rules rules{{reason::crash, {retry, 1, sanction::none}},
                            {reason::timeout, {back_off, 5, sanction::none}},
                            {reason::low_confidence, {retry, 0, sanction::none}}};
  EXPECT_EQ(treat({reason::crash, {}, {}}, rules, {}, 0, true, 0), (treatment{retry, at_once}));
  EXPECT_EQ(treat({reason::crash, {}, {}}, rules, {}, 1, true, 0), rung);
  EXPECT_EQ(treat({reason::timeout, {}, {}}, rules, {}, 4, true, 0).what, back_off);
  EXPECT_EQ(treat({reason::timeout, {}, {}}, rules, {}, 5, true, 0), rung);
  EXPECT_EQ(treat({reason::low_confidence, {}, {}}, rules, {}, 0, true, 0), rung);
}

TEST(failure_table, sanctions_are_the_rules_own) {
  const failure_rules rules{{reason::crash, {retry, std::nullopt, sanction::quarantine}}};
  EXPECT_EQ(rule_for(rules, reason::crash).agent, sanction::quarantine);
  for (auto why = std::size_t{0}; why < enum_names<reason>::value.size(); ++why)
    EXPECT_EQ(rule_for({}, static_cast<reason>(why)).agent, sanction::none);
}

TEST(failure_table, whoever_names_a_time_is_given_it) {
  const failure patient{reason::rate_limited, {}, milliseconds{9000}};
  EXPECT_EQ(treat(patient, {}, {}, 0, true, 0), (treatment{back_off, milliseconds{9000}}));
  const failure hasty{reason::unavailable, {}, milliseconds{10}};
  EXPECT_EQ(treat(hasty, {}, {}, 1, true, 0), (treatment{back_off, s2}));
}

TEST(failure_table, without_retries_there_are_none) {
  retry_spec never;
  never.max_retries = 0;
  for (auto why : {reason::crash, reason::timeout, reason::rate_limited, reason::unavailable})
    EXPECT_EQ(treat({why, {}, {}}, {}, never, 0, true, 0), rung);
}

} // namespace failure_table_cases
} // namespace troupe
