// What people see of tasks while the shards that they belong to move from node to node.
#include "tests/fixtures/asks_people.hpp"
#include "tests/fixtures/moved_tasks.hpp"
#include "tests/fixtures/stage.hpp"
#include "tests/fixtures/turns.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace moving_shards_cases {

using namespace troupe::testing;
using namespace std::chrono_literals;

void drain(virtual_cluster& c, const std::string& node) {
  c.nodes.at(node)->api().drain(true, [](const drain_state&, const refused&) {});
  c.stage.run();
}

/// Three nodes with tasks that wait for people, of shards all over the cluster.
struct asking_cluster {
  virtual_cluster c{asks_people(24h)};
  std::vector<heard_ptr> tasks;
  asking_cluster() {
    c.up_all({"A", "B", "C"});
    for (int i = 0; i < 24; ++i)
      tasks.push_back(c.submit("A", wants("")));
    c.stage.advance(100ms);
  }
};

/// What lies at the human desk of this node alone.
std::vector<std::string> at_desk_of(virtual_cluster& c, const std::string& node) {
  std::vector<std::string> out;
  const auto desk = c.nodes.at(node)->resolve({address_kind::node, node + "/human_desk"});
  c.stage.system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->send(desk, list_questions{1, {}});
    return {[&out, self](const questions_seen& x) {
      for (const auto& q : x.open)
        out.push_back(q->id);
      self->quit();
    }};
  });
  c.stage.run();
  return out;
}

struct moved_question {
  virtual_cluster c{asks_people(24h)};
  heard_ptr task;
  std::string id; ///< of the question
  std::string before;
  std::string after;

  moved_question() {
    c.up_all({"A", "B", "C"});
    task = c.submit("A", wants(""));
    c.stage.advance(100ms);
    before = c.owner_of("d", task->id());
    if (before.empty() || at_desk_of(c, before).size() != 1)
      throw std::runtime_error{"nobody is asked"};
    id = at_desk_of(c, before)[0];
    drain(c, before);
    for (int i = 0; i < 400; ++i) {
      after = c.owner_of("d", task->id());
      if (!after.empty() && after != before && !at_desk_of(c, after).empty())
        return;
      c.stage.advance(5ms);
    }
    throw std::runtime_error{"the task does not move"};
  }
  std::string asker() const { return before == "A" ? "B" : "A"; }
};

TEST(moving_shards, a_question_goes_with_its_task) {
  moved_question m;
  EXPECT_EQ(at_desk_of(m.c, m.before), std::vector{m.id}) << "for a while it is at both";
  m.c.stage.advance(6s);
  EXPECT_TRUE(at_desk_of(m.c, m.before).empty());
  EXPECT_EQ(at_desk_of(m.c, m.after), std::vector{m.id});
  std::vector<refusal> said;
  m.c.nodes.at(m.asker())->api().answer(
      m.id, "ann", say("yes"), [&](question_ptr, const refused& x) { said.push_back(x.why); });
  m.c.stage.advance(1s);
  EXPECT_EQ(said, std::vector{refusal::none});
  EXPECT_TRUE(m.task->done());
}

TEST(moving_shards, an_answer_while_a_question_is_at_two_desks_is_settled_at_both) {
  moved_question m;
  std::vector<refusal> said;
  m.c.nodes.at(m.asker())->api().answer(
      m.id, "ann", say("yes"), [&](question_ptr, const refused& x) { said.push_back(x.why); });
  m.c.stage.advance(1s);
  EXPECT_EQ(said, std::vector{refusal::none});
  ASSERT_TRUE(m.task->done());
  const auto all_of_it = m.c.find(m.after, m.task->id());
  ASSERT_TRUE(all_of_it);
  EXPECT_EQ(count_of(*all_of_it, event_kind::answered), 1u);
  // Neither has it any more, with or without the answer.
  for (const auto& node : {m.before, m.after}) {
    std::vector<refusal> again;
    const auto desk = m.c.nodes.at(node)->resolve({address_kind::node, node + "/human_desk"});
    m.c.stage.system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
      self->send(desk,
                 answer_question{1, m.id, "bob", std::make_shared<const outcome>(say("late"))});
      return {[&again, self](const question_done& x) {
        again.push_back(x.why.why);
        self->quit();
      }};
    });
    m.c.stage.run();
    EXPECT_EQ(again, std::vector{refusal::unknown_question}) << node;
  }
}

TEST(moving_shards, a_replica_that_drains_to_move_is_not_called_back) {
  asking_cluster asking;
  auto& [c, tasks] = asking;
  // Nobody has said anything of the agents: only what is said is carried out at other nodes.
  const auto seats = c.nodes.at("A")->parts()->places->all(address_kind::agent);
  ASSERT_FALSE(seats.empty());
  for (const auto& place : seats)
    place->set_duty(duty::draining);
  c.stage.advance(10s);
  for (const auto& place : seats)
    EXPECT_EQ(place->now_for(), duty::draining) << place->where().str();
}

TEST(moving_shards, what_agents_work_on_is_not_begun_again) {
  virtual_cluster c;
  c.up_all({"A", "B"});
  c.pool->held = true;
  std::vector<heard_ptr> tasks;
  for (int i = 0; i < 24; ++i)
    tasks.push_back(c.submit("A", wants("work")));
  c.stage.advance(100ms);
  ASSERT_EQ(c.pool->waiting(), tasks.size());
  c.up("C");
  c.stage.advance(4s);
  const auto moved = std::count_if(tasks.begin(), tasks.end(),
                                   [&](const auto& t) { return c.owner_of("d", t->id()) == "C"; });
  EXPECT_GT(moved, 0);
  EXPECT_EQ(c.pool->waiting(), tasks.size());
  expect_each_done_once(c, tasks);
}

TEST(moving_shards, sessions_of_a_node_that_died_are_listed) {
  auto chat = an_agent("chat");
  chat.slots = 32;
  virtual_cluster c{a_domain("d", {chat})};
  c.up_all({"A", "B", "C"});
  for (int i = 0; i < 24; ++i)
    c.submit("A", turn_of("s" + std::to_string(i)));
  c.stage.advance(1s);
  const auto listed = [&c](const std::string& at) {
    std::set<std::string> out;
    c.nodes.at(at)->api().list_sessions(100, [&](const auto& all, const refused& why) {
      EXPECT_EQ(why.why, refusal::none) << why.detail;
      for (const auto& x : all) {
        EXPECT_EQ(x->turns.size(), 1u) << x->id;
        EXPECT_TRUE(out.insert(x->id).second) << x->id << " is listed twice";
      }
    });
    c.stage.advance(4s);
    return out;
  };
  for (const auto* at : {"A", "B", "C"})
    EXPECT_EQ(listed(at).size(), 24u) << at;
  ASSERT_GT(c.nodes.at("C")->api().shards().size(), 0u);
  c.kill("C");
  // Whoever takes its shards up reads no session before its next message.
  EXPECT_EQ(listed("A").size(), 24u);
  EXPECT_EQ(listed("B").size(), 24u);
}

TEST(moving_shards, whoever_answers_meanwhile_waits_for_the_question) {
  asking_cluster asking;
  auto& [c, tasks] = asking;
  std::vector<std::string> open;
  for (const auto* node : {"A", "B", "C"})
    for (auto& id : at_desk_of(c, node))
      open.push_back(std::move(id));
  ASSERT_EQ(open.size(), tasks.size());
  // C dies with its tasks and its desk, and nobody has taken them up.
  c.kill("C");
  std::vector<std::string> said;
  for (const auto& id : open) {
    c.nodes.at("A")->api().answer(id, "ann", say("yes"), [&](question_ptr, const refused& x) {
      said.emplace_back(to_string(x.why));
    });
    c.stage.advance(1ms);
  }
  c.stage.advance(4s);
  EXPECT_EQ(said, std::vector<std::string>(open.size(), std::string{to_string(refusal::none)}));
  for (const auto& t : tasks)
    EXPECT_TRUE(t->done());
}

TEST(moving_shards, whoever_reads_or_cancels_meanwhile_waits_and_is_answered) {
  asking_cluster asking;
  auto& [c, tasks] = asking;
  struct reader {
    int answers = 0;
    std::vector<std::string> wrong;
  };
  reader reads;
  std::uint64_t asked = 0;
  const auto read_all = [&] {
    for (const auto& t : tasks) {
      ++asked;
      c.nodes.at("A")->api().find_task(t->id(), [&](const task_record_ptr& r, const refused& why) {
        ++reads.answers;
        if (!r)
          reads.wrong.push_back("find: " + why.detail);
      });
    }
    asked += 2;
    c.nodes.at("A")->api().list_tasks(
        {}, [&](const std::vector<task_record_ptr>& all, const refused& why) {
          ++reads.answers;
          if (why.why != refusal::none || all.size() < tasks.size())
            reads.wrong.push_back("list: " + std::to_string(all.size()));
        });
    c.nodes.at("A")->api().questions({}, [&](const std::vector<question_ptr>&, const refused& why) {
      ++reads.answers;
      if (why.why != refusal::none)
        reads.wrong.push_back("questions: " + why.detail);
    });
  };
  // B hands its shards on, and C dies with what it has: whatever is asked at whichever moment is
  // answered, and nobody waits for the time of a request to be over.
  drain(c, "B");
  for (int i = 0; i < 100; ++i) {
    read_all();
    if (i == 50)
      c.kill("C");
    c.stage.advance(10ms);
  }
  c.stage.advance(3s);
  EXPECT_EQ(reads.answers, asked);
  EXPECT_TRUE(reads.wrong.empty()) << reads.wrong.size() << " " << reads.wrong.front();
  // What is cancelled while it moves is cancelled.
  c.nodes.at("B")->api().drain(false, [](const drain_state&, const refused&) {});
  c.stage.advance(6s);
  std::size_t cancelled = 0;
  drain(c, "B");
  for (const auto& t : tasks) {
    c.nodes.at("A")->api().cancel(t->id(), "enough",
                                  [&](const task_record_ptr& r, const refused& why) {
                                    EXPECT_EQ(why.why, refusal::none) << why.detail;
                                    cancelled += r != nullptr;
                                  });
    c.stage.advance(1ms);
  }
  c.stage.advance(6s);
  EXPECT_EQ(cancelled, tasks.size());
  for (const auto& t : tasks) {
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->record().state, task_state::canceled);
  }
}

} // namespace moving_shards_cases
} // namespace troupe
