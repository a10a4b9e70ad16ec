#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

namespace troupe::test {

namespace human_api_cases {

TEST(human_api, lists_no_more_questions_than_are_asked_for) {
  door d;
  d.node.waiting_for_people = 1500;
  raw_client c{d.port()};
  const auto listed = [&](const std::string& query) {
    const auto said = c.ask(get("/v1/human" + query)).parsed();
    EXPECT_EQ(said["waiting"], 1500);
    return said["questions"].size();
  };
  EXPECT_EQ(listed(""), 100u);
  EXPECT_EQ(listed("?limit=7"), 7u);
  EXPECT_EQ(listed("?limit=1000"), 1000u);
  EXPECT_EQ(c.ask(get("/v1/human?limit=2")).parsed()["questions"][0]["id"], "t1:0:1");
  for (const auto* wrong : {"0", "1001", "x"})
    EXPECT_EQ(c.ask(get("/v1/human?limit=" + std::string{wrong})).status, 400u) << wrong;
}

} // namespace human_api_cases
} // namespace troupe::test
