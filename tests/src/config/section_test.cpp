#include "src/config/section.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace section_cases {

using namespace troupe::config;

TEST(section, reads_whole_numbers_of_every_width_and_keeps_to_what_they_hold) {
  std::vector<diagnostic> errors;
  const auto root = parse_yaml("seed: 42\nbelow: -7\nlarge: 70000\n", "f.yaml", errors);
  ASSERT_TRUE(root);
  const section top{root.get()};
  std::uint64_t wide = 1;
  top.get("seed", wide);
  EXPECT_EQ(wide, 42u);
  top.get("below", wide);
  EXPECT_EQ(wide, 0u);
  std::uint16_t narrow = 1;
  top.get("large", narrow);
  EXPECT_EQ(narrow, 65535u);
  std::int64_t with_sign = 1;
  top.get("below", with_sign);
  EXPECT_EQ(with_sign, -7);
  top.get("absent", with_sign);
  EXPECT_EQ(with_sign, -7);
}

} // namespace section_cases
