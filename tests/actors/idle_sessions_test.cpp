// Sessions that nobody works on: they may leave memory, and lose nothing by it.
#include "tests/fixtures/stage.hpp"
#include "tests/fixtures/turns.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace idle_sessions_cases {

domain_spec talk() {
  auto d = a_domain("d", {an_agent("chat")});
  d.context["name"] = {};
  d.context["count"].type = "integer";
  d.agents[0].reads = d.agents[0].writes = {"name", "count"};
  return d;
}

/// Those that are in memory.
std::size_t in_memory(stage& s) {
  std::size_t out = 0;
  s->api().list_sessions(100, [&out](const auto& all, const refused&) { out = all.size(); });
  s->run();
  return out;
}

TEST(idle_sessions, that_leave_memory_for_others_come_back_with_what_they_know) {
  auto d = talk();
  d.max_tasks_bytes = 160 << 10;
  stage s{d};
  s.room.works["chat"] = [](const agent_call& x) {
    json context = {{"count", shown(x, "count", 0) + 1}};
    return say("again " + std::to_string(shown(x, "count", 0)), {{"context", context}});
  };
  const std::string long_text(5000, 'x');
  for (int turn = 0; turn < 3; ++turn)
    for (int i = 0; i < 10; ++i) {
      const auto t = s->ask(turn_of("s" + std::to_string(i), long_text));
      ASSERT_TRUE(t->done()) << turn << ' ' << i;
      EXPECT_EQ(t->result().text, "again " + std::to_string(turn)) << i;
      EXPECT_LE(in_memory(s), 3u) << turn << ' ' << i;
    }
  EXPECT_GE(in_memory(s), 1u);
  const auto found = s->session("s0");
  ASSERT_TRUE(found.what);
  EXPECT_EQ(found.what->turns.size(), 3u);
  EXPECT_EQ(found.what->context, (json{{"count", 3}}));
}

TEST(idle_sessions, one_in_which_nothing_may_wait_is_looked_up_all_the_same) {
  auto d = talk();
  d.sessions.queue_limit = 0;
  stage s{d};
  s.room.works["chat"] = [](const agent_call& x) {
    return say("hello " + shown<std::string>(x, "name", "stranger"),
               {{"context", {{"name", "Ann"}}}});
  };
  ASSERT_TRUE(s->ask(turn_of("s1", "first"))->done());
  s.restart();
  const auto t = s->ask(turn_of("s1", "second"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "hello Ann");
}

} // namespace idle_sessions_cases
