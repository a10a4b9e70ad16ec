// The smallest whole: one domain, one agent, one task.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;

namespace run_cases {

TEST(run, a_task_is_accepted_once_and_ends_once) {
  stage s;
  virtual_node n{a_fleet(a_domain("shop", {an_agent("greet")})), s.around};
  EXPECT_TRUE(n.api().ready());
  auto t = n.submit(wants("greet"), true);
  n.run();
  ASSERT_TRUE(t->done());
  ASSERT_EQ(t->accepted.size(), 1u);
  EXPECT_FALSE(t->accepted[0].known);
  EXPECT_EQ(t->record().state, task_state::completed);
  EXPECT_EQ(t->result().text, "greet did greet");
  EXPECT_EQ(s.room.calls.size(), 1u);
}

// With work for each agent that grows with their number, it would not end in the time of a test.
TEST(run, a_fleet_of_many_agents_starts_as_one_of_few) {
  std::vector<agent_spec> many;
  for (int i = 0; i < 40'000; ++i)
    many.push_back(an_agent("a" + std::to_string(i)));
  stage s{a_domain("shop", std::move(many))};
  auto t = s->submit(wants("a39999"));
  s->run();
  ASSERT_TRUE(t->done());
  EXPECT_TRUE(t->result().ok());
}

TEST(run, nothing_is_left_running_when_the_node_has_stopped) {
  stage s;
  {
    virtual_node n{a_fleet(a_domain("shop", {an_agent("greet"), an_agent("slow", "script")})),
                   s.around};
    s.around->pool->held = true;
    n.submit(wants("slow"));
    n.run();
    EXPECT_GT(n.actors(), 5u);
  }
  s.around->pool->forget();
}

} // namespace run_cases
