// What a person hears at the door whose answer is not taken.
#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::test;

namespace human_door_cases {

TEST(human_door, says_what_is_wrong_with_an_answer_that_its_agent_may_not_give) {
  door d;
  d.node.refuse_with = {refusal::invalid_input,
                        "not an answer to this question: /data must have the property 'limit'",
                        {},
                        {{"/data", "required", "must have the property 'limit'"}}};
  raw_client c{d.port()};
  const auto said = c.ask(post("/v1/human/t1:0:1/answer", R"({"by":"ann","text":"yes"})"));
  EXPECT_EQ(said.status, 422u);
  const auto problem = said.parsed();
  EXPECT_EQ(problem["type"], "urn:troupe:problem:invalid_input");
  EXPECT_EQ(problem["detail"], d.node.refuse_with.detail);
  EXPECT_EQ(problem["errors"], json::parse(R"([{"pointer": "/data",
                                               "detail": "must have the property 'limit'"}])"));
}

} // namespace human_door_cases
