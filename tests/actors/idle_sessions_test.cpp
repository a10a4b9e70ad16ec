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

std::vector<std::shared_ptr<const session_snapshot>> listed(stage& s) {
  std::vector<std::shared_ptr<const session_snapshot>> out;
  s->api().list_sessions(100, [&out](const auto& all, const refused&) { out = all; });
  s->run();
  return out;
}

/// Those that are in memory.
std::size_t in_memory(stage& s) {
  s.around->disk->lists_no_sessions = true;
  const auto out = listed(s).size();
  s.around->disk->lists_no_sessions = false;
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
      s->advance(1ms);
    }
  EXPECT_GE(in_memory(s), 1u);
  // Who lists them sees no difference.
  const auto all = listed(s);
  ASSERT_EQ(all.size(), 10u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i]->id, "s" + std::to_string(9 - i)) << "the newest is first";
    EXPECT_EQ(all[i]->turns.size(), 3u) << i;
  }
  const auto found = s->session("s0");
  ASSERT_TRUE(found.what);
  EXPECT_EQ(found.what->turns.size(), 3u);
  EXPECT_EQ(found.what->context, (json{{"count", 3}}));
}

TEST(idle_sessions, of_former_nodes_are_listed_once_and_with_what_is_newest) {
  stage s{talk()};
  const auto seen = [&s] {
    std::vector<std::string> out;
    for (const auto& x : listed(s))
      out.push_back(x->id + " " + std::to_string(x->turns.size()));
    return out;
  };
  using list = std::vector<std::string>;
  for (const auto* id : {"s1", "s2", "s3"}) {
    ASSERT_TRUE(s->ask(turn_of(id))->done());
    s->advance(1s);
  }
  s.restart();
  EXPECT_EQ(seen(), (list{"s3 1", "s2 1", "s1 1"}));
  ASSERT_TRUE(s->ask(turn_of("s2"))->done());
  EXPECT_EQ(seen(), (list{"s2 2", "s3 1", "s1 1"}));
  // What memory knows of a session that it still looks up is not shown for what is stored.
  s.restart();
  s.around->disk->no_task = store_error::kind::busy;
  s->submit(turn_of("s1"));
  s->run();
  EXPECT_EQ(seen(), (list{"s2 2", "s3 1", "s1 1"}));
  s.around->disk->no_task.reset();
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
