#include "policies/body_size.hpp"

#include <gtest/gtest.h>

#include <string>

namespace troupe {
namespace body_size_cases {

TEST(body_size, of_a_task_is_that_of_its_text_and_data) {
  task t;
  EXPECT_EQ(body_size(t), 0u);
  t.text.assign(1000, 'x');
  EXPECT_EQ(body_size(t), 1000u);
  t.data = {{"note", std::string(500, 'y')}};
  EXPECT_GT(body_size(t), 1500u);
  EXPECT_LT(body_size(t), 1700u);
}

TEST(body_size, sees_whatever_lies_deep_and_counts_small_values_as_they_lie_in_memory) {
  const json deep = {{"a", json::array({json{{"b", std::string(5000, 'x')}}})}};
  EXPECT_GT(body_size(deep), 5000u);
  EXPECT_LT(body_size(deep), 5500u);
  const json many = json::array_t(1000, 1);
  EXPECT_GE(body_size(many), 1000 * sizeof(json));
  EXPECT_LT(body_size(many), 1100 * sizeof(json));
  json keys;
  for (int i = 0; i < 1000; ++i)
    keys[std::to_string(i)] = nullptr;
  EXPECT_GT(body_size(keys), 50'000u);
  EXPECT_GT(body_size(json{{std::string(3000, 'k'), 1}}), 3000u);
}

} // namespace body_size_cases
} // namespace troupe
