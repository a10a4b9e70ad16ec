// Lines of requests that wait for their idempotency keys.
#include "actors/key_lines.hpp"

#include <gtest/gtest.h>

using namespace troupe;

namespace key_lines_cases {

key_lines::waiting request(const std::string& key, const std::string& id) {
  auto t = std::make_shared<task>();
  t->id = id;
  t->idempotency_key = key;
  return {submit_task{t}, {}};
}

TEST(key_lines, the_store_is_asked_once_for_a_key_and_for_all_that_came_meanwhile_together) {
  key_lines lines;
  EXPECT_TRUE(lines.next().empty());
  EXPECT_TRUE(lines.add(request("b", "1"), 2));
  ASSERT_EQ(lines.next().size(), 1u);
  EXPECT_TRUE(lines.add(request("b", "2"), 2));
  EXPECT_TRUE(lines.add(request("z", "3"), 2));
  EXPECT_TRUE(lines.add(request("a", "4"), 2));
  EXPECT_TRUE(lines.next().empty()) << "it has not answered";
  lines.answered();
  const auto more = lines.next();
  ASSERT_EQ(more.size(), 2u);
  EXPECT_EQ(more[0].id, "4");
  EXPECT_EQ(more[1].id, "3");
  lines.answered();
  EXPECT_TRUE(lines.next().empty());
}

TEST(key_lines, no_more_wait_than_may) {
  key_lines lines;
  EXPECT_FALSE(lines.add(request("k", "0"), 0));
  EXPECT_TRUE(lines.next().empty());
  EXPECT_TRUE(lines.add(request("k", "1"), 2));
  EXPECT_TRUE(lines.add(request("k", "2"), 2));
  EXPECT_FALSE(lines.add(request("k", "3"), 2));
  EXPECT_EQ(lines.size(), 2u);
  const auto line = lines.take("k");
  ASSERT_EQ(line.size(), 2u);
  EXPECT_EQ(line[0].what.what->id, "1");
  EXPECT_EQ(lines.size(), 0u);
  EXPECT_TRUE(lines.take("k").empty());
}

} // namespace key_lines_cases
