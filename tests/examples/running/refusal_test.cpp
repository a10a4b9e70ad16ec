// That the example does not do what it is told not to do: the whole node with the fleet's own
// domains, plans and triage.
#include "tests/examples/running/listening.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace refusal_cases {

struct asked {
  bool cancelled = false;
  std::size_t put_to_people = 0;
};

asked after(const std::string& text) {
  stage s;
  s.up(overheard_example());
  auto r = wants("", text);
  r.who = {"C-1002", "standard"};
  auto t = s->ask(r, 1s);
  asked out;
  out.put_to_people = s->questions().size();
  out.cancelled = std::any_of(s.room.calls.begin(), s.room.calls.end(),
                              [](const auto& x) { return x.second.skill == "order.cancel"; });
  return out;
}

TEST(support_refusal, dont_cancel_my_order_cancels_nothing_and_asks_a_person) {
  EXPECT_TRUE(after("Cancel my order").cancelled);
  for (const auto* text : {"Don't cancel my order", "Please do not cancel my order LF-10201"}) {
    const auto x = after(text);
    EXPECT_FALSE(x.cancelled) << text;
    EXPECT_EQ(x.put_to_people, 1u) << text;
  }
}

} // namespace refusal_cases
