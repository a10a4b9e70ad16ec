// What programs and services tell of what they have used.
#include "actors/agent_json.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace troupe;

namespace told_usage_cases {

outcome with_usage(const std::string& usage) {
  return outcome_from_text(R"({"text": "Done.", "usage": )" + usage + "}");
}

TEST(told_usage, is_taken_as_it_is_told) {
  EXPECT_EQ(with_usage(R"({"input_tokens": 120, "output_tokens": 30, "cost_micros": 450})").used,
            (usage{120, 30, 450, 0}));
  EXPECT_EQ(with_usage(R"({"cost_micros": 5000000000})").used, (usage{0, 0, 5000000000, 0}))
      << "five thousand units of a currency are no nonsense";
  EXPECT_EQ(with_usage(R"({"input_tokens": -1, "output_tokens": "7", "cost_micros": 1.5})").used,
            usage{});
}

TEST(told_usage, however_large_does_not_overflow_what_is_added_up) {
  const auto most = "18446744073709551615";
  const auto x = with_usage(std::string{R"({"input_tokens": )"} + most + R"(, "output_tokens": )" +
                            most + R"(, "cost_micros": )" + most + "}");
  ASSERT_TRUE(x.ok());
  usage sum{1, 1, 1, 0};
  for (int i = 0; i < 1000000; ++i)
    sum += x.used;
  EXPECT_GT(sum.input_tokens, x.used.input_tokens);
  EXPECT_GT(sum.output_tokens, x.used.output_tokens);
  EXPECT_GT(sum.cost_micros, x.used.cost_micros);
  // Stores and gauges take signed numbers.
  for (const auto n : {sum.input_tokens + sum.output_tokens, sum.cost_micros})
    EXPECT_LT(n, std::uint64_t{1} << 62);
}

} // namespace told_usage_cases
