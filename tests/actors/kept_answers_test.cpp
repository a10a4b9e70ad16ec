// What an agent keeps of its last answers.
#include "actors/kept_answers.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace kept_answers_cases {

agent_call_ptr call(const std::string& task, std::uint32_t step = 0) {
  auto about = std::make_shared<troupe::task>();
  about->id = task;
  auto out = std::make_shared<agent_call>();
  out->about = about;
  out->step = step;
  out->text = "do it";
  out->input = {{"n", 1}};
  return out;
}

kept_answers::answer answer(const std::string& task, timestamp at, std::size_t size = 10) {
  outcome x;
  x.text = std::string(size, 'x');
  return {call(task), std::make_shared<const outcome>(std::move(x)), nullptr, at, 0};
}

const timestamp begin = timestamp{} + std::chrono::hours{1};

TEST(kept_answers, are_found_by_the_same_request_only) {
  kept_answers kept;
  ASSERT_TRUE(kept.keep(answer("a", begin), 50ms));
  EXPECT_TRUE(kept.find(*call("a")));
  EXPECT_FALSE(kept.find(*call("b")));
  EXPECT_FALSE(kept.find(*call("a", 1)));
  auto other = std::make_shared<agent_call>(*call("a"));
  other->input = {{"n", 2}};
  EXPECT_FALSE(kept.find(*other));
  other = std::make_shared<agent_call>(*call("a"));
  other->attempt = 2;
  EXPECT_FALSE(kept.find(*other));
}

TEST(kept_answers, that_took_no_time_are_not_kept) {
  kept_answers kept;
  EXPECT_FALSE(kept.keep(answer("a", begin), 49ms));
  EXPECT_FALSE(kept.find(*call("a")));
  EXPECT_EQ(kept.due(), no_deadline);
}

TEST(kept_answers, are_forgotten_after_a_while) {
  kept_answers kept;
  kept.keep(answer("a", begin), 1s);
  kept.keep(answer("b", begin + 1s), 1s);
  EXPECT_EQ(kept.due(), begin + kept_answers::long_enough);
  kept.forget(kept.due());
  EXPECT_FALSE(kept.find(*call("a")));
  EXPECT_TRUE(kept.find(*call("b")));
  EXPECT_EQ(kept.due(), begin + 1s + kept_answers::long_enough);
}

TEST(kept_answers, are_bounded_in_number_and_size) {
  kept_answers kept;
  for (std::size_t i = 0; i <= kept_answers::most; ++i)
    kept.keep(answer(std::to_string(i), begin), 1s);
  EXPECT_FALSE(kept.find(*call("0")));
  EXPECT_TRUE(kept.find(*call("1")));
  // One that takes nearly all the room leaves none for the others; one that is too large, for all.
  EXPECT_TRUE(kept.keep(answer("large", begin, kept_answers::room - 1000), 1s));
  EXPECT_TRUE(kept.find(*call("large")));
  EXPECT_FALSE(kept.find(*call("1")));
  EXPECT_FALSE(kept.keep(answer("larger", begin, kept_answers::room), 1s));
  EXPECT_TRUE(kept.find(*call("large")));
  kept.forget(begin + kept_answers::long_enough);
  EXPECT_FALSE(kept.find(*call("large")));
  EXPECT_TRUE(kept.keep(answer("small", begin), 1s));
}

} // namespace kept_answers_cases
