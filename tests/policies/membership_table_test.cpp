// What passes between a node and the table: leases, renewals, writes, and a store that is away.
#include "tests/policies/membership_town.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace membership_table_cases {

using testing::member_books;
using testing::town;
using kind = membership_action::kind;

TEST(membership, a_version_told_of_during_a_read_is_read_afterwards_and_a_lie_only_once) {
  member m;
  m.node = "a";
  m.token = 1;
  membership a{m, {}};
  member_books books;
  const timestamp now{std::chrono::hours{1}};
  const auto read_op = [](const membership::actions& all) {
    std::uint64_t op = 0;
    for (const auto& x : all)
      if (x.what == kind::read)
        op = x.op;
    return op;
  };
  membership::actions todo;
  a.start(now, todo);
  auto op = read_op(todo);
  ASSERT_NE(op, 0u);
  // It is told while the read is under way, and the read has not seen it.
  membership::actions none;
  a.on_version_heard(7, now, none);
  EXPECT_EQ(read_op(none), 0u);
  membership::actions next;
  a.on_table(op, books.read(now), now, next);
  op = read_op(next);
  ASSERT_NE(op, 0u);
  // There is no version 7: what was begun after the word of it has settled that.
  membership::actions more;
  a.on_table(op, books.read(now), now, more);
  EXPECT_EQ(read_op(more), 0u);
}

TEST(membership, a_renewal_without_an_answer_is_given_up_however_much_else_happens) {
  membership_settings settings;
  member self;
  self.node = "a";
  self.token = 1;
  membership a{self, settings};
  member_books books;
  timestamp now{std::chrono::hours{1}};
  std::size_t renewals = 0;
  const auto carry_out = [&](membership::actions todo) {
    while (!todo.empty()) {
      const auto x = todo.front();
      todo.erase(todo.begin());
      membership::actions more;
      if (x.what == kind::read)
        a.on_table(x.op, books.read(now), now, more);
      else if (x.what == kind::write)
        a.on_written(x.op, books.apply(x.write, now), now, more);
      else if (x.what == kind::renew)
        ++renewals; // and nobody ever answers
      todo.insert(todo.end(), more.begin(), more.end());
    }
  };
  membership::actions todo;
  a.start(now, todo);
  carry_out(std::exchange(todo, {}));
  ASSERT_TRUE(a.is_up());
  for (std::uint64_t heard = 100; heard < 600; ++heard) {
    now += milliseconds{10};
    a.on_version_heard(heard, now, todo);
    carry_out(std::exchange(todo, {}));
    if (a.next_timer() <= now)
      a.tick(now, todo);
    carry_out(std::exchange(todo, {}));
  }
  EXPECT_GE(renewals, 3u);
}

TEST(membership, nobody_dies_while_the_store_is_away_and_the_dead_do_afterwards) {
  town t;
  t.found({"a", "b", "c"});
  for (auto& [id, n] : t.nodes)
    n.has_store = false;
  t.run(milliseconds{600});
  const auto lease = t.of("a").leased_until();
  t.run(milliseconds{30000});
  EXPECT_FALSE(t.of("a").store_reachable());
  EXPECT_LE(t.of("a").leased_until(), lease);
  EXPECT_LT(t.of("a").leased_until(), t.now);
  t.nodes.at("c").running = false;
  t.lose("a", "c", link_loss::refused);
  t.lose("b", "c", link_loss::refused);
  t.run(milliseconds{30000});
  for (const auto* id : {"a", "b", "c"})
    EXPECT_EQ(t.state(id), member_state::up) << id;
  for (auto& [id, n] : t.nodes)
    n.has_store = true;
  t.run(milliseconds{1000});
  EXPECT_EQ(t.state("c"), member_state::down);
  t.run(milliseconds{10000});
  for (const auto* id : {"a", "b"}) {
    EXPECT_EQ(t.state(id), member_state::up) << id;
    EXPECT_FALSE(t.books.now().find(id)->cut_off) << id;
    EXPECT_TRUE(t.nodes.at(id).told.empty()) << id;
    EXPECT_GT(t.of(id).leased_until(), t.now) << id;
  }
}

TEST(membership, a_node_without_the_store_is_marked_keeps_its_place_and_comes_back) {
  town t;
  t.found({"a", "b", "c"});
  t.nodes.at("b").has_store = false;
  t.run(milliseconds{4000});
  EXPECT_FALSE(t.books.now().find("b")->cut_off);
  t.run(milliseconds{3000});
  EXPECT_TRUE(t.books.now().find("b")->cut_off);
  EXPECT_EQ(t.state("b"), member_state::up);
  t.nodes.at("b").has_store = true;
  t.run(milliseconds{1500});
  EXPECT_FALSE(t.books.now().find("b")->cut_off);
  EXPECT_TRUE(t.of("b").is_up());
}

TEST(membership, a_restarted_node_waits_for_its_former_lease_and_is_a_new_incarnation) {
  town t;
  t.found({"a", "b"});
  const auto first = t.of("b").incarnation();
  t.start("b"); // killed and started again before anybody has noticed
  EXPECT_EQ(t.of("b").incarnation(), 0u);
  t.lose("a", "b", link_loss::silent);
  t.run(milliseconds{300});
  EXPECT_EQ(t.state("b"), member_state::down);
  t.run(milliseconds{600});
  EXPECT_GT(t.of("b").incarnation(), first);
  t.link("a", "b");
  EXPECT_EQ(t.state("b"), member_state::up);
  // Whatever is said of the former link means nothing for the new one.
  membership::actions todo;
  t.of("a").on_link_down("b", first, link_loss::silent, t.now, todo);
  t.carry_out("a", todo);
  t.run(milliseconds{3000});
  EXPECT_EQ(t.state("b"), member_state::up);
}

TEST(membership, a_second_process_with_the_same_id_does_not_start) {
  town t;
  t.found({"a"});
  auto original = std::move(t.nodes.at("a"));
  t.start("a");
  for (int i = 0; i < 100 && t.nodes.at("a").told.empty(); ++i) {
    t.books.renew(*t.books.now().find("a"), t.now); // as the original does
    t.run(milliseconds{50});
  }
  ASSERT_EQ(t.nodes.at("a").told.size(), 1u);
  EXPECT_EQ(t.nodes.at("a").told[0].what, kind::refuse);
  EXPECT_EQ(t.books.now().find("a")->incarnation, original.is->incarnation());
}

TEST(membership, rows_of_the_dead_are_forgotten_after_a_day) {
  town t;
  t.settings.forget_after = milliseconds{20000};
  t.found({"a", "b", "c"});
  t.nodes.at("c").running = false;
  t.lose("a", "c", link_loss::refused);
  t.lose("b", "c", link_loss::refused);
  t.run(milliseconds{15000});
  EXPECT_NE(t.books.now().find("c"), nullptr);
  t.run(milliseconds{10000});
  EXPECT_EQ(t.books.now().find("c"), nullptr);
}

TEST(membership, a_write_whose_end_nobody_knows_is_settled_by_reading) {
  town t;
  member m;
  m.node = "a";
  m.token = 1;
  membership a{m, t.settings};
  membership::actions todo;
  a.start(t.now, todo);
  ASSERT_EQ(todo.size(), 1u);
  const auto read = todo[0].op;
  todo.clear();
  a.on_table(read, t.books.read(t.now), t.now, todo);
  ASSERT_EQ(todo.back().what, kind::write);
  const auto join = todo.back();
  ASSERT_TRUE(t.books.apply(join.write, t.now));
  todo.clear();
  t.now += milliseconds{1000};
  a.tick(t.now, todo); // no answer in time
  EXPECT_FALSE(a.store_reachable());
  t.now += milliseconds{500};
  a.tick(t.now, todo);
  ASSERT_EQ(todo.size(), 1u);
  ASSERT_EQ(todo[0].what, kind::read);
  const auto again = todo[0].op;
  todo.clear();
  // The late answer to what was given up means nothing.
  a.on_written(join.op, true, t.now, todo);
  EXPECT_TRUE(todo.empty());
  a.on_table(again, t.books.read(t.now), t.now, todo);
  EXPECT_EQ(a.incarnation(), join.write.row.incarnation);
}

TEST(membership, a_lease_counts_from_when_the_renewal_was_sent) {
  town t;
  t.found({"a"});
  t.run(milliseconds{50});
  auto& a = t.of("a");
  membership::actions todo;
  while (
      std::none_of(todo.begin(), todo.end(), [](const auto& x) { return x.what == kind::renew; })) {
    t.now += milliseconds{50};
    todo.clear();
    a.tick(t.now, todo);
    for (const auto& x : todo)
      if (x.what == kind::read) {
        membership::actions more;
        a.on_table(x.op, t.books.read(t.now), t.now, more);
      }
  }
  const auto sent = t.now;
  const auto renewal =
      *std::find_if(todo.begin(), todo.end(), [](const auto& x) { return x.what == kind::renew; });
  t.now += milliseconds{700};
  todo.clear();
  a.on_renewed(renewal.op, t.books.renew(renewal.write.row, t.now), t.now, todo);
  EXPECT_EQ(a.leased_until(), sent + milliseconds{2000});
}

TEST(membership, a_renewal_under_a_newer_table_counts_once_that_is_read) {
  town t;
  t.found({"a"});
  auto& a = t.of("a");
  const auto before = a.leased_until();
  member other;
  other.node = "z";
  other.token = 99;
  other.incarnation = 1;
  ASSERT_TRUE(
      t.books.apply({member_write::kind::put, t.books.now().version, other, {}, {}}, t.now));
  t.now += milliseconds{550};
  membership::actions todo;
  a.tick(t.now, todo);
  const auto renewal =
      std::find_if(todo.begin(), todo.end(), [](const auto& x) { return x.what == kind::renew; });
  ASSERT_NE(renewal, todo.end());
  const auto read =
      std::find_if(todo.begin(), todo.end(), [](const auto& x) { return x.what == kind::read; });
  membership::actions more;
  a.on_renewed(renewal->op, t.books.renew(renewal->write.row, t.now), t.now, more);
  EXPECT_EQ(a.leased_until(), before);
  const auto op =
      read != todo.end() ? read->op : std::find_if(more.begin(), more.end(), [](const auto& x) {
                                        return x.what == kind::read;
                                      })->op;
  a.on_table(op, t.books.read(t.now), t.now, more);
  EXPECT_EQ(a.leased_until(), t.now + milliseconds{2000});
}

} // namespace membership_table_cases
} // namespace troupe
