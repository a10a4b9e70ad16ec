// What agents do to the world outside while the shards of their tasks, or they themselves, move
// from node to node.
#include "actors/cluster_messages.hpp"
#include "policies/agent_placement.hpp"
#include "tests/fixtures/moved_tasks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe {
namespace moving_acts_cases {

using namespace troupe::testing;
using namespace std::chrono_literals;

void drain(
    virtual_cluster& c, const std::string& node,
    std::function<void(const drain_state&)> then = [](const drain_state&) {}) {
  c.nodes.at(node)->api().drain(
      true, [then = std::move(then)](const drain_state& x, const refused&) { then(x); });
  c.stage.run();
}

/// Tells the node to stop; `left` once it has left the cluster.
void leave(virtual_cluster& c, const std::string& node, bool& left) {
  const auto keeper = c.nodes.at(node)->resolve({address_kind::node, node + "/cluster_keeper"});
  c.stage.system().spawn([&left, keeper](caf::event_based_actor* self) {
    self->request(keeper, 60s, leave_cluster{})
        .then([&left](cluster_left) { left = true; }, [](const caf::error&) {});
  });
}

/// An agent that acts, and people who are asked when nobody knows what it did.
domain_spec acting(effects does) {
  auto worker = an_agent("work", "script");
  worker.slots = 32;
  worker.card.does = does;
  worker.fallback = {"human:desk"};
  auto d = a_domain("d", {worker});
  d.human_queue = "desk";
  return d;
}

constexpr effects kinds_of_acts[] = {effects::idempotent, effects::queryable, effects::unsafe};

TEST(moving_acts, go_on_whatever_their_effects) {
  for (const auto does : kinds_of_acts) {
    SCOPED_TRACE(to_string(does));
    virtual_cluster c{acting(does)};
    c.up_all({"A", "B"});
    c.pool->held = true;
    std::vector<heard_ptr> tasks;
    for (int i = 0; i < 24; ++i)
      tasks.push_back(c.submit("A", wants("work")));
    c.stage.advance(100ms);
    ASSERT_EQ(c.pool->waiting(), tasks.size());
    c.up("C");
    c.stage.advance(4s);
    const auto moved = std::count_if(
        tasks.begin(), tasks.end(), [&](const auto& t) { return c.owner_of("d", t->id()) == "C"; });
    EXPECT_GT(moved, 0);
    EXPECT_EQ(c.pool->waiting(), tasks.size());
    expect_each_done_once(c, tasks);
  }
}

/// Three nodes, and acts under way for sessions of the node where their agent lives.
struct acts_at_home {
  virtual_cluster c;
  std::string home;
  std::string other;
  std::vector<heard_ptr> tasks;

  explicit acts_at_home(effects does, durability keep = durability::step)
      : c(acting(does)) {
    c.up_all({"A", "B", "C"});
    home = records_of(c.members->read()).at("d").replicas.at("d/work").node;
    other = home == "A" ? "B" : "A";
    std::vector<std::string> sessions;
    for (int i = 0; i < 60 && sessions.size() < 6; ++i) {
      auto what = wants("work");
      what.context_id = "session-" + std::to_string(i);
      const auto t = c.submit(other, what);
      c.stage.advance(20ms);
      if (c.owner_of("d", t->id()) == home)
        sessions.push_back(what.context_id);
    }
    c.room.calls.clear();
    c.pool->held = true;
    for (const auto& id : sessions) {
      auto what = wants("work");
      what.context_id = id;
      what.keep = keep;
      tasks.push_back(c.submit(other, what));
    }
    c.stage.advance(100ms);
    if (tasks.empty() || c.pool->waiting() != tasks.size())
      throw std::runtime_error{"nothing is under way"};
  }
  [[nodiscard]] seat_ptr place_at(const std::string& node) {
    return c.nodes.at(node)->parts()->places->find({address_kind::agent, "d/work"});
  }
};

TEST(moving_acts, go_on_where_their_agent_is_about_to_end) {
  for (const auto does : kinds_of_acts) {
    SCOPED_TRACE(to_string(does));
    acts_at_home x{does};
    drain(x.c, x.home);
    x.c.stage.advance(6s);
    for (const auto& t : x.tasks)
      EXPECT_NE(x.c.owner_of("d", t->id()), x.home);
    EXPECT_EQ(x.c.pool->waiting(), x.tasks.size()) << "nothing acts a second time";
    EXPECT_EQ(x.place_at(x.home)->held.load(), x.tasks.size());
    expect_each_done_once(x.c, x.tasks);
    drain_state now;
    drain(x.c, x.home, [&](const drain_state& s) { now = s; });
    x.c.stage.advance(1s);
    EXPECT_TRUE(now.draining);
    EXPECT_EQ(now.agents, 0u) << "it ends with its calls";
  }
}

TEST(moving_acts, that_nobody_asks_for_are_ended_before_their_agent_moves) {
  // Of such tasks nobody knows which attempt it was: a person is asked when the act is over.
  acts_at_home x{effects::unsafe, durability::task};
  drain(x.c, x.home);
  x.c.stage.advance(6s);
  EXPECT_EQ(x.place_at(x.home)->load.load(), 0u);
  EXPECT_EQ(x.place_at(x.home)->held.load(), x.tasks.size());
  x.c.pool->held = false;
  x.c.stage.advance(2s);
  EXPECT_EQ(x.c.room.count("work"), x.tasks.size());
  for (const auto& t : x.tasks) {
    const auto seen = x.c.find(x.other, t->id());
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->state, task_state::input_required);
  }
}

TEST(moving_acts, are_waited_for_by_a_node_that_is_told_to_stop) {
  acts_at_home x{effects::unsafe};
  bool left = false;
  leave(x.c, x.home, left);
  x.c.stage.advance(6s);
  EXPECT_FALSE(left);
  EXPECT_EQ(x.c.pool->waiting(), x.tasks.size());
  expect_each_done_once(x.c, x.tasks);
  EXPECT_TRUE(left);
}

TEST(moving_acts, are_not_waited_for_for_ever) {
  acts_at_home x{effects::unsafe};
  bool left = false;
  leave(x.c, x.home, left);
  x.c.stage.advance(35s);
  EXPECT_TRUE(left);
}

TEST(moving_acts, go_by_the_ledger_when_their_agent_is_gone) {
  acts_at_home x{effects::unsafe};
  x.c.kill(x.home);
  x.c.pool->forget();
  x.c.pool->held = false;
  x.c.stage.advance(6s);
  EXPECT_EQ(x.c.room.count("work"), 0u) << "nobody acts before it is known";
  for (const auto& t : x.tasks) {
    EXPECT_FALSE(t->done());
    const auto seen = x.c.find(x.other, t->id());
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->state, task_state::input_required);
    const auto why = std::find_if(seen->history.begin(), seen->history.end(),
                                  [](const event& e) { return e.kind == event_kind::interrupted; });
    ASSERT_NE(why, seen->history.end());
    EXPECT_TRUE(why->why_failed()->detail.starts_with("the node ended while d/work"))
        << why->why_failed()->detail;
  }
}

} // namespace moving_acts_cases
} // namespace troupe
