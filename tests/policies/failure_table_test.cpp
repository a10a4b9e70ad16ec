#include "policies/failure_table.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

using enum remedy;

constexpr milliseconds at_once{0};
constexpr milliseconds s1{1000}, s2{2000}, s4{4000};

/// One row per reason: what is done after 0, 1, 2 and 3 retries, for repeatable and for unsafe
/// agents.
struct row {
  reason why;
  treatment repeatable[4];
  treatment unsafe[4];
};

const row table[] = {
    {reason::none,
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}},
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}}},
    {reason::crash,
     {{retry, at_once}, {retry, s1}, {retry, s2}, {fall_back, {}}},
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}}},
    {reason::timeout,
     {{retry, s1}, {retry, s2}, {retry, s4}, {fall_back, {}}},
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}}},
    {reason::rate_limited,
     {{retry, s1}, {retry, s2}, {retry, s4}, {fall_back, {}}},
     {{retry, s1}, {retry, s2}, {retry, s4}, {fall_back, {}}}},
    {reason::unavailable,
     {{retry, s1}, {retry, s2}, {retry, s4}, {fall_back, {}}},
     {{retry, s1}, {retry, s2}, {retry, s4}, {fall_back, {}}}},
    {reason::invalid_input,
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}},
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}}},
    {reason::invalid_output,
     {{retry, at_once}, {retry, s1}, {retry, s2}, {fall_back, {}}},
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}}},
    {reason::low_confidence,
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}},
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}}},
    {reason::contradiction,
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}},
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}}},
    {reason::budget_exhausted,
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}},
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}}},
    {reason::loop,
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}},
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}}},
    {reason::policy_denied,
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}},
     {{fall_back, {}}, {fall_back, {}}, {fall_back, {}}, {fall_back, {}}}},
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
      EXPECT_EQ(treat(f, retries, {}, true, 0), table[i].repeatable[retries])
          << to_string(f.why) << retries;
      EXPECT_EQ(treat(f, retries, {}, false, 0), table[i].unsafe[retries])
          << to_string(f.why) << retries;
    }
  }
}

TEST(failure_table, whoever_names_a_time_is_given_it) {
  const failure patient{reason::rate_limited, {}, milliseconds{9000}};
  EXPECT_EQ(treat(patient, 0, {}, true, 0), (treatment{retry, milliseconds{9000}}));
  const failure hasty{reason::unavailable, {}, milliseconds{10}};
  EXPECT_EQ(treat(hasty, 1, {}, true, 0), (treatment{retry, s2}));
}

TEST(failure_table, without_retries_there_are_none) {
  retry_spec never;
  never.max_retries = 0;
  for (auto why : {reason::crash, reason::timeout, reason::rate_limited, reason::unavailable})
    EXPECT_EQ(treat({why, {}, {}}, 0, never, true, 0).what, fall_back);
}

} // namespace
} // namespace troupe
