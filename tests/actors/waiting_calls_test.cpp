// Calls that wait for a slot of their agent.
#include "actors/waiting_calls.hpp"

#include <gtest/gtest.h>

using namespace troupe;

namespace waiting_calls_cases {

waiting_call waits(std::uint64_t number, priority urgency, const std::string& key = {},
                   bool query = false) {
  auto what = std::make_shared<agent_call>();
  what->urgency = urgency;
  what->idempotency_key = key;
  what->query = query;
  return {number, nullptr, std::move(what), {}, nullptr};
}

const auto any = [](const waiting_call&) { return true; };

TEST(waiting_calls, the_most_urgent_is_first_and_of_those_the_oldest) {
  waiting_calls calls;
  EXPECT_FALSE(calls.take_first(any));
  calls.add(waits(1, priority::low));
  calls.add(waits(2, priority::high));
  calls.add(waits(3, priority::medium));
  calls.add(waits(4, priority::high));
  ASSERT_EQ(calls.size(), 4u);
  for (const std::uint64_t number : {2, 4, 3, 1})
    EXPECT_EQ(calls.take_first(any)->call, number);
  EXPECT_EQ(calls.size(), 0u);
  EXPECT_FALSE(calls.take_first(any));
}

TEST(waiting_calls, who_may_not_begin_yet_keeps_his_place) {
  waiting_calls calls;
  calls.add(waits(1, priority::high));
  calls.add(waits(2, priority::high));
  calls.add(waits(3, priority::low));
  const auto not_the_first = [](const waiting_call& x) { return x.call != 1; };
  EXPECT_EQ(calls.take_first(not_the_first)->call, 2u);
  EXPECT_EQ(calls.take_first(not_the_first)->call, 3u);
  EXPECT_FALSE(calls.take_first(not_the_first));
  EXPECT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls.take_first(any)->call, 1u);
}

TEST(waiting_calls, an_act_is_withdrawn_and_the_question_about_it_stays) {
  waiting_calls calls;
  EXPECT_TRUE(calls.take_acts("k").empty());
  calls.add(waits(1, priority::low, "k"));
  calls.add(waits(2, priority::high, "k"));
  calls.add(waits(3, priority::high, "other"));
  EXPECT_FALSE(calls.has_questions());
  calls.add(waits(4, priority::high, "k", true));
  EXPECT_TRUE(calls.has_questions());
  const auto gone = calls.take_acts("k");
  ASSERT_EQ(gone.size(), 2u);
  EXPECT_EQ(gone[0].call, 2u);
  EXPECT_EQ(gone[1].call, 1u);
  EXPECT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls.take_first(any)->call, 3u);
  EXPECT_EQ(calls.take_first(any)->call, 4u);
  EXPECT_FALSE(calls.has_questions());
}

TEST(waiting_calls, they_are_shown_until_somebody_is_found) {
  waiting_calls calls;
  const auto becomes_nine = [](waiting_call& x) {
    if (x.call != 2)
      return false;
    x.call = 9;
    return true;
  };
  EXPECT_FALSE(calls.show(becomes_nine));
  calls.add(waits(1, priority::medium));
  EXPECT_FALSE(calls.show(becomes_nine));
  calls.add(waits(2, priority::medium));
  EXPECT_TRUE(calls.show(becomes_nine));
  EXPECT_EQ(calls.take_first([](const waiting_call& x) { return x.call == 9; })->call, 9u);
}

} // namespace waiting_calls_cases
