#include "src/store/store.hpp"

#include "tests/src/store/postgres_kit.hpp"
#include "tests/src/store/store_fixture.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace store_cases {

struct in_memory {
  static std::unique_ptr<store> open(const std::string&) { return make_memory_store(); }
};
struct in_sqlite {
  static std::unique_ptr<store> open(const std::string& path) { return open_sqlite_store(path); }
};
struct in_postgres {
  static std::unique_ptr<store> open(const std::string&) {
    return open_postgres_store(schema_of_test());
  }
};

template <class Kind>
class any_store : public ::testing::Test {
 protected:
  temporary_folder folder;
  std::unique_ptr<store> s = Kind::open(folder.file("a.db"));
  void apply(std::vector<store_write> batch) { s->apply(batch); }
};

using kinds = ::testing::Types<in_memory, in_sqlite, in_postgres>;
TYPED_TEST_SUITE(any_store, kinds);

TYPED_TEST(any_store, gives_back_what_it_was_given) {
  auto o = opened(7);
  o.session = "s1";
  o.key = "k1";
  o.body = std::string("a\0b", 3);
  this->apply({o, appended(7, 2, "two"), appended(7, 1, "one")});
  this->apply({appended(7, 3, std::string(50000, 'x'), task_state::input_required)});
  auto t = this->s->task(id_of(7));
  ASSERT_TRUE(t);
  EXPECT_EQ(t->id, id_of(7));
  EXPECT_EQ(t->domain, "support");
  EXPECT_EQ(t->session, "s1");
  EXPECT_EQ(t->key, "k1");
  EXPECT_EQ(t->shard, 7u);
  EXPECT_EQ(t->state, task_state::input_required);
  EXPECT_EQ(t->created, o.at);
  EXPECT_EQ(t->updated, time_of(7) + microseconds{3});
  EXPECT_EQ(t->task_body, o.body);
  EXPECT_EQ(t->outcome_body, "");
  ASSERT_EQ(t->events.size(), 3u);
  EXPECT_EQ(t->events[0], "one");
  EXPECT_EQ(t->events[1], "two");
  EXPECT_EQ(t->events[2].size(), 50000u);
  this->apply({closed(7)});
  t = this->s->task(id_of(7));
  EXPECT_EQ(t->state, task_state::completed);
  EXPECT_EQ(t->outcome_body, "end");
  EXPECT_EQ(t->events.size(), 3u);
  EXPECT_FALSE(this->s->task(id_of(8)));
}

TYPED_TEST(any_store, keeps_the_last_order_for_each_agent_and_an_agents_replaces_its_replicas) {
  const auto say = [this](const std::string& who, agent_duty what, int second) {
    this->s->keep_order({who, what, time_of(second)});
  };
  EXPECT_TRUE(this->s->orders().empty());
  say("a/x", agent_duty::quarantined, 1);
  say("a/x", agent_duty::stopped, 2);
  say("a/x#2", agent_duty::serving, 3);
  say("a/xy#1", agent_duty::draining, 4);
  const std::vector<standing_order> all{{"a/x", agent_duty::stopped, time_of(2)},
                                        {"a/x#2", agent_duty::serving, time_of(3)},
                                        {"a/xy#1", agent_duty::draining, time_of(4)}};
  EXPECT_EQ(this->s->orders(), all);
  say("a/x", agent_duty::serving, 5);
  EXPECT_EQ(this->s->orders(), std::vector{all.back()});
}

TYPED_TEST(any_store, keeps_the_newest_of_what_each_node_has_learned) {
  EXPECT_TRUE(this->s->learned().empty());
  const learned_row first{"d", "ask", "n1", 3, "three"};
  const learned_row other{"d", "ask", "n2", 1, std::string{"o\0ne", 5}};
  this->s->keep_learned(std::vector{first, other});
  this->s->keep_learned(std::vector{learned_row{"d", "ask", "n1", 2, "two"}});
  EXPECT_EQ(this->s->learned(), (std::vector{first, other}));
  const learned_row newer{"d", "ask", "n1", 4, "four"};
  this->s->keep_learned(std::vector{newer});
  EXPECT_EQ(this->s->learned(), (std::vector{newer, other}));
}

TYPED_TEST(any_store, repeated_and_late_writes_change_nothing) {
  auto again = opened(1);
  again.body = "other";
  this->apply({opened(1), appended(1, 1, "a"), again, appended(1, 1, "b")});
  auto closed_again = closed(1);
  closed_again.body = "other";
  this->apply({closed(1), closed_again, appended(1, 2, "late"), again});
  this->apply({appended(2, 1, "unknown"), closed(2), again});
  auto t = this->s->task(id_of(1));
  EXPECT_EQ(t->task_body, "task");
  EXPECT_EQ(t->outcome_body, "end");
  EXPECT_EQ(t->events, std::vector<std::string>{"a"});
  EXPECT_EQ(t->state, task_state::completed);
  EXPECT_FALSE(this->s->task(id_of(2)));
  EXPECT_TRUE(this->s->open_tasks("support", 1).empty());
}

TYPED_TEST(any_store, lists_the_open_tasks_of_a_shard) {
  this->apply({opened(1), opened(9), opened(2), opened(17), appended(9, 1, "e")});
  auto other = opened(25);
  other.domain = "sales";
  this->apply({other, closed(17)});
  auto open = this->s->open_tasks("support", 1);
  ASSERT_EQ(open.size(), 2u);
  EXPECT_EQ(open[0].id, id_of(1));
  EXPECT_EQ(open[1].id, id_of(9));
  EXPECT_EQ(open[1].events.size(), 1u);
  EXPECT_EQ(this->s->open_tasks("sales", 1).size(), 1u);
  EXPECT_TRUE(this->s->open_tasks("support", 5).empty());
}

TYPED_TEST(any_store, files_sub_tasks_and_foreign_ids) {
  std::vector<store_write> batch;
  std::vector<std::string> ids{"x", "", "Ünïcode", std::string(500, 'l'),
                               "ffffffffffffffffffffffffffff"};
  for (int i = 0; i < 3000; ++i)
    ids.push_back(id_of(1) + "." + std::to_string(i));
  for (const auto& id : ids) {
    batch.push_back(opened(1));
    batch.back().id = id;
    batch.back().body = id;
  }
  this->apply(batch);
  this->apply(batch);
  EXPECT_EQ(this->s->open_tasks("support", 1).size(), ids.size());
  for (const auto& id : ids) {
    auto t = this->s->task(id);
    ASSERT_TRUE(t);
    EXPECT_EQ(t->task_body, id);
  }
  EXPECT_FALSE(this->s->task(id_of(1)));
}

TYPED_TEST(any_store, finds_tasks_by_idempotency_key) {
  auto a = opened(3), b = opened(4), c = opened(5);
  a.key = b.key = "same";
  c.key = "same";
  c.domain = "sales";
  this->apply({a, b, c, opened(6)});
  EXPECT_EQ(this->s->task_by_key("support", "same"), id_of(3));
  EXPECT_EQ(this->s->task_by_key("sales", "same"), id_of(5));
  EXPECT_FALSE(this->s->task_by_key("support", "other"));
  EXPECT_FALSE(this->s->task_by_key("support", ""));
}

TYPED_TEST(any_store, keeps_the_latest_of_a_session) {
  this->apply({session_of("s", 0, "one"), session_of("s", 1, "two")});
  this->apply({session_of("s", 3'600'000, "three"), session_of("t", 0, "other")});
  EXPECT_EQ(this->s->session("support", "s"), "three");
  EXPECT_EQ(this->s->session("support", "t"), "other");
  EXPECT_FALSE(this->s->session("sales", "s"));
}

TYPED_TEST(any_store, lists_sessions_that_were_written_last_first) {
  // Not in the order of their names, of one hour and of several, one written again.
  const int hour = 3'600'000;
  this->apply({session_of("b", 2, "b"), session_of("c", 1, "c"), session_of("a", hour, "a"),
               session_of("d", 3, "once")});
  this->apply({session_of("d", 2 * hour, "d")});
  auto sold = session_of("e", 3 * hour, "e");
  sold.domain = "sales/in";
  this->apply({sold});
  using list = std::vector<std::string>;
  session_filter f;
  EXPECT_EQ(this->s->sessions(f), (list{"e", "d", "a", "b", "c"}));
  f.limit = 2;
  EXPECT_EQ(this->s->sessions(f), (list{"e", "d"}));
  f.within = {"support", "sale"};
  EXPECT_EQ(this->s->sessions(f), (list{"d", "a"}));
  f.within = {"sales"};
  EXPECT_EQ(this->s->sessions(f), list{"e"});
  f.limit = 0;
  EXPECT_TRUE(this->s->sessions(f).empty());
}

TYPED_TEST(any_store, lists_newest_first_by_filter) {
  for (int i = 0; i < 10; ++i) {
    auto o = opened(i);
    o.session = i % 2 ? "odd" : "";
    o.domain = i < 5 ? "support" : "sales";
    this->apply({o});
  }
  this->apply({closed(4), closed(7), appended(8, 1, "e", task_state::input_required)});
  const auto ids = [&](task_filter f) {
    std::vector<std::string> out;
    for (auto& t : this->s->tasks(f)) {
      EXPECT_TRUE(t.events.empty());
      out.push_back(t.id);
    }
    return out;
  };
  using list = std::vector<std::string>;
  task_filter f;
  EXPECT_EQ(ids(f).size(), 10u);
  f.limit = 2;
  EXPECT_EQ(ids(f), (list{id_of(9), id_of(8)}));
  f.before = time_of(8);
  EXPECT_EQ(ids(f), (list{id_of(7), id_of(6)}));
  f.state = task_state::completed;
  EXPECT_EQ(ids(f), (list{id_of(7), id_of(4)}));
  f.domain = "support";
  EXPECT_EQ(ids(f), (list{id_of(4)}));
  task_filter odd;
  odd.session = "odd";
  odd.before = time_of(6);
  EXPECT_EQ(ids(odd), (list{id_of(5), id_of(3), id_of(1)}));
  odd.state = task_state::submitted;
  odd.domain = "sales";
  EXPECT_EQ(ids(odd), (list{id_of(5)}));
  task_filter own;
  own.within = {"sale", "sales/in", "sales"};
  own.limit = 2;
  EXPECT_EQ(ids(own), (list{id_of(9), id_of(8)}));
  own.within = {"support"};
  EXPECT_EQ(ids(own), (list{id_of(4), id_of(3)}));
  own.state = task_state::submitted;
  EXPECT_EQ(ids(own), (list{id_of(3), id_of(2)}));
  own.within = {"sup", "sales/in"};
  EXPECT_TRUE(ids(own).empty());
  auto deep = opened(10);
  deep.domain = "sales/in/deep";
  this->apply({deep});
  EXPECT_EQ(ids(own), (list{id_of(10)}));
  task_filter waiting;
  waiting.state = task_state::input_required;
  EXPECT_EQ(ids(waiting), (list{id_of(8)}));
  waiting.limit = 0;
  EXPECT_TRUE(ids(waiting).empty());
}

TYPED_TEST(any_store, forgets_old_closed_tasks_and_idle_sessions) {
  for (int i = 0; i < 6; ++i)
    this->apply({opened(i), appended(i, 1, "e"), session_of("s" + std::to_string(i), i, "s")});
  for (int i = 1; i < 6; ++i)
    this->apply({closed(i)});
  const auto limit = time_of(4) - microseconds{500};
  EXPECT_EQ(this->s->prune({limit}, 2), 2u);
  EXPECT_FALSE(this->s->task(id_of(1)));
  EXPECT_FALSE(this->s->task(id_of(2)));
  EXPECT_TRUE(this->s->task(id_of(3)));
  EXPECT_EQ(this->s->prune({limit}, 100), 5u); // task 3 and sessions 0 to 3
  EXPECT_EQ(this->s->prune({limit}, 100), 0u);
  EXPECT_TRUE(this->s->task(id_of(0))) << "an open task is never forgotten";
  EXPECT_FALSE(this->s->task(id_of(3)));
  EXPECT_TRUE(this->s->task(id_of(4)));
  EXPECT_FALSE(this->s->session("support", "s3"));
  EXPECT_TRUE(this->s->session("support", "s4"));
  this->apply({opened(1)});
  EXPECT_TRUE(this->s->task(id_of(1))->events.empty());
}

TYPED_TEST(any_store, spares_sessions_that_have_an_open_task_or_were_used_lately) {
  auto waits = opened(1);
  waits.session = "waits";
  auto ends = opened(2);
  ends.session = "rests";
  auto other = opened(3);
  other.session = "rests";
  other.domain = "sales";
  this->apply({waits, ends, closed(2), other, session_of("waits", 1, "s"),
               session_of("rests", 2, "s"), session_of("lately", 5, "s")});
  EXPECT_EQ(this->s->prune({time_of(100), time_of(4)}, 100), 2u);
  EXPECT_FALSE(this->s->task(id_of(2)));
  EXPECT_FALSE(this->s->session("support", "rests")) << "the open task is of another domain";
  EXPECT_TRUE(this->s->session("support", "waits"));
  EXPECT_TRUE(this->s->session("support", "lately"));
  this->apply({closed(1)});
  EXPECT_EQ(this->s->prune({time_of(100), time_of(4)}, 100), 2u);
  EXPECT_FALSE(this->s->session("support", "waits"));
  EXPECT_EQ(this->s->prune({time_of(4), time_of(100)}, 100), 0u) << "neither limit is passed over";
  EXPECT_TRUE(this->s->session("support", "lately"));
  EXPECT_EQ(this->s->prune({time_of(100)}, 100), 1u);
  EXPECT_FALSE(this->s->session("support", "lately"));
}

} // namespace store_cases
} // namespace troupe
