// What the reader of bodies refuses before anybody looks at their members.
#include "tests/nodes/door_kit.hpp"

#include <gtest/gtest.h>

namespace troupe::test {

namespace body_reader_cases {

TEST(body_reader, refuses_what_an_object_has_twice) {
  door d;
  raw_client c{d.port()};
  const auto answer = [&](std::string_view body) { return c.ask(post("/v1/tasks", body)); };
  struct line {
    std::string_view body;
    const char* twice;
  };
  const line lines[] = {
      {R"({"text":"a","text":"b"})", "text"},
      {R"({"text":"a","data":{"l":[{"k":1,"k":1}]}})", "k"},
      // However it is written, and whatever stands in strings.
      {R"({"text":"a: b","data":{"\":\\":1,"k":0,"\u006b":1}})", "k"},
  };
  for (const auto& x : lines) {
    const auto a = answer(x.body);
    EXPECT_EQ(a.status, 400u) << x.body;
    EXPECT_EQ(a.parsed()["detail"],
              "the body has the member \"" + std::string{x.twice} + "\" twice");
  }
  const auto fine = answer(
      R"({"text":"a: \"b\": c","data":{"k":{"k":":"},"\\":[{"k":1},{"k":1}],"\":":[],"n":{}}})");
  EXPECT_LT(fine.status, 300u) << fine.parsed();
}

} // namespace body_reader_cases
} // namespace troupe::test
