#include "policies/membership.hpp"

#include "tests/policies/member_books.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace troupe {
namespace {

using testing::member_books;
using kind = membership_action::kind;

/// Some nodes on one table whose store answers at once, on one clock, with links as the test says.
struct town {
  struct inhabitant {
    std::unique_ptr<membership> is;
    std::vector<membership_action> told; ///< stop and refuse
    bool running = true;
    bool has_store = true;
  };
  member_books books;
  std::map<std::string, inhabitant> nodes;
  timestamp now{std::chrono::hours{1}};
  std::uint64_t tokens = 0;
  membership_settings settings;

  void carry_out(const std::string& id, membership::actions todo) {
    auto& n = nodes.at(id);
    while (!todo.empty()) {
      const auto a = todo.front();
      todo.erase(todo.begin());
      membership::actions more;
      if (a.what == kind::stop || a.what == kind::refuse) {
        n.told.push_back(a);
      } else if (a.what == kind::tell) {
        for (auto& [other, x] : nodes)
          if (other != id && x.running && linked(id, other)) {
            membership::actions theirs;
            x.is->on_version_heard(a.version, now, theirs);
            carry_out(other, std::move(theirs));
          }
      } else if (a.op != 0 && !n.has_store) {
        n.is->on_store_failed(a.op, now, more);
      } else if (a.what == kind::read) {
        n.is->on_table(a.op, books.read(now), now, more);
      } else if (a.what == kind::write) {
        n.is->on_written(a.op, books.apply(a.write, now), now, more);
      } else if (a.what == kind::renew) {
        n.is->on_renewed(a.op, books.renew(a.write.row, now), now, more);
      }
      todo.insert(todo.end(), more.begin(), more.end());
    }
  }

  bool linked(const std::string& a, const std::string& b) {
    const auto* row = nodes.at(a).is->table() ? nodes.at(a).is->table()->find(b) : nullptr;
    return row && nodes.at(a).is->linked_to(*row);
  }

  void start(const std::string& id) {
    member m;
    m.node = id;
    m.token = ++tokens;
    nodes[id] = {std::make_unique<membership>(m, settings), {}, true, true};
    membership::actions todo;
    nodes[id].is->start(now, todo);
    carry_out(id, std::move(todo));
  }

  void link(const std::string& a, const std::string& b) {
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      membership::actions todo;
      nodes.at(from).is->on_link_up(to, nodes.at(to).is->incarnation(), now, todo);
      carry_out(from, std::move(todo));
    }
  }

  void lose(const std::string& who, const std::string& peer, link_loss how) {
    membership::actions todo;
    const auto* row = nodes.at(who).is->table()->find(peer);
    nodes.at(who).is->on_link_down(peer, row ? row->incarnation : 0, how, now, todo);
    carry_out(who, std::move(todo));
  }

  void run(milliseconds time) {
    for (const auto end = now + time; now < end; now += milliseconds{50})
      for (auto& [id, n] : nodes)
        if (n.running) {
          membership::actions todo;
          n.is->tick(now, todo);
          carry_out(id, std::move(todo));
        }
  }

  /// Starts and links all of them.
  void found(std::initializer_list<const char*> ids) {
    for (const auto* id : ids) {
      start(id);
      for (const auto& [other, n] : nodes)
        if (other != id)
          link(id, other);
      run(milliseconds{200});
    }
    run(milliseconds{4000}); // until ages count
    for (const auto* id : ids)
      ASSERT_EQ(state(id), member_state::up) << id;
  }

  member_state state(const std::string& id) {
    const auto* row = books.now().find(id);
    return row ? row->state : member_state::down;
  }
  membership& of(const std::string& id) { return *nodes.at(id).is; }
};

TEST(membership, the_first_node_is_up_at_once) {
  town t;
  t.start("a");
  EXPECT_EQ(t.state("a"), member_state::up);
  EXPECT_TRUE(t.of("a").is_up());
  t.run(milliseconds{600});
  EXPECT_GT(t.of("a").leased_until(), t.now);
}

TEST(membership, a_second_node_is_up_once_it_has_its_links) {
  town t;
  t.start("a");
  t.start("b");
  t.run(milliseconds{1000});
  EXPECT_EQ(t.state("b"), member_state::joining);
  t.link("a", "b");
  EXPECT_EQ(t.state("b"), member_state::up);
}

TEST(membership, a_killed_node_is_down_as_soon_as_two_are_refused) {
  town t;
  t.found({"a", "b", "c"});
  t.nodes.at("c").running = false;
  t.lose("a", "c", link_loss::closed);
  t.lose("a", "c", link_loss::refused);
  EXPECT_EQ(t.state("c"), member_state::up);
  EXPECT_EQ(t.books.now().find("c")->accused.size(), 1u);
  t.lose("b", "c", link_loss::closed);
  t.lose("b", "c", link_loss::refused);
  EXPECT_EQ(t.state("c"), member_state::down);
  // Everybody knows at once, and why is written down.
  EXPECT_EQ(t.of("a").table()->find("c")->state, member_state::down);
  EXPECT_EQ(t.books.now().find("c")->why, "declared dead: a: link refused; b: link refused");
}

TEST(membership, whoever_said_goodbye_may_open_its_door_again) {
  town t;
  t.found({"a", "b", "c"});
  t.nodes.at("c").running = false;
  for (const auto* by : {"a", "b"}) {
    t.lose(by, "c", link_loss::goodbye);
    t.lose(by, "c", link_loss::refused);
  }
  EXPECT_EQ(t.state("c"), member_state::up);
  EXPECT_TRUE(t.books.now().find("c")->accused.empty());
  t.run(t.settings.relink_wait + milliseconds{100});
  EXPECT_EQ(t.state("c"), member_state::down);
}

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

TEST(membership, of_two_nodes_one_is_enough) {
  town t;
  t.found({"a", "b"});
  t.nodes.at("b").running = false;
  t.lose("a", "b", link_loss::silent);
  t.run(milliseconds{300});
  EXPECT_EQ(t.state("b"), member_state::down);
}

TEST(membership, of_two_that_cannot_see_each_other_exactly_one_stays) {
  town t;
  t.found({"a", "b"});
  t.lose("a", "b", link_loss::silent);
  t.lose("b", "a", link_loss::silent);
  t.run(milliseconds{2000});
  EXPECT_EQ(t.state("a"), member_state::up);
  EXPECT_EQ(t.state("b"), member_state::down);
  ASSERT_EQ(t.nodes.at("b").told.size(), 1u);
  EXPECT_EQ(t.nodes.at("b").told[0].what, kind::stop);
  EXPECT_TRUE(t.nodes.at("a").told.empty());
}

TEST(membership, a_cut_between_two_of_three_kills_nobody) {
  town t;
  t.found({"a", "b", "c"});
  t.lose("a", "b", link_loss::silent);
  t.lose("b", "a", link_loss::silent);
  t.run(milliseconds{60000});
  for (const auto* id : {"a", "b", "c"})
    EXPECT_EQ(t.state(id), member_state::up) << id;
  EXPECT_EQ(t.books.now().find("b")->accused.size(), 1u);
  t.link("a", "b");
  t.run(milliseconds{100});
  EXPECT_TRUE(t.books.now().find("a")->accused.empty());
  EXPECT_TRUE(t.books.now().find("b")->accused.empty());
}

TEST(membership, an_isolated_node_accuses_nobody_and_is_voted_out) {
  town t;
  t.found({"a", "b", "c", "d"});
  for (const auto* other : {"b", "c", "d"}) {
    t.lose("a", other, link_loss::silent);
    t.run(milliseconds{100});
  }
  for (const auto* other : {"b", "c", "d"})
    EXPECT_EQ(t.state(other), member_state::up) << other;
  for (const auto* other : {"b", "c", "d"})
    t.lose(other, "a", link_loss::silent);
  t.run(milliseconds{300});
  EXPECT_EQ(t.state("a"), member_state::down);
  t.run(milliseconds{1100});
  EXPECT_TRUE(t.of("a").over());
  EXPECT_EQ(t.of("a").leased_until(), timestamp{});
  for (const auto* other : {"b", "c", "d"})
    EXPECT_EQ(t.state(other), member_state::up) << other;
}

TEST(membership, who_loses_its_links_one_after_the_other_knows_of_all_before_it_accuses) {
  town t;
  t.found({"a", "b", "c", "d", "e", "f"});
  // A cut between two and four. The two notice it first, and not everywhere at once: with three
  // links still there, both would take the fourth peer for dead.
  for (const auto* other : {"c", "d", "e", "f"}) {
    for (const auto* lost : {"a", "b"})
      t.lose(lost, other, link_loss::silent);
    t.run(milliseconds{50});
  }
  for (const auto* other : {"c", "d", "e", "f"})
    for (const auto* lost : {"a", "b"})
      t.lose(other, lost, link_loss::silent);
  t.run(milliseconds{5000});
  for (const auto* other : {"c", "d", "e", "f"})
    EXPECT_EQ(t.state(other), member_state::up) << other;
  for (const auto* lost : {"a", "b"})
    EXPECT_EQ(t.state(lost), member_state::down) << lost;
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

TEST(membership, halves_that_cannot_see_each_other_do_not_both_live_nor_both_die) {
  town t;
  t.found({"a", "b", "c", "d"});
  for (const auto& [x, y] : {std::pair{"a", "c"},
                             {"c", "a"},
                             {"b", "d"},
                             {"d", "b"},
                             {"a", "d"},
                             {"d", "a"},
                             {"b", "c"},
                             {"c", "b"}})
    t.lose(x, y, link_loss::silent);
  t.run(milliseconds{10000});
  const bool left = t.state("a") == member_state::up && t.state("b") == member_state::up;
  const bool right = t.state("c") == member_state::up && t.state("d") == member_state::up;
  const bool left_gone = t.state("a") == member_state::down && t.state("b") == member_state::down;
  const bool right_gone = t.state("c") == member_state::down && t.state("d") == member_state::down;
  EXPECT_TRUE((left && right_gone) || (right && left_gone));
}

TEST(membership, the_only_survivor_of_three_declares_both_once_their_leases_are_over) {
  town t;
  t.found({"a", "b", "c"});
  t.nodes.at("b").running = t.nodes.at("c").running = false;
  const auto died = t.now;
  t.lose("a", "b", link_loss::silent);
  t.lose("a", "c", link_loss::silent);
  t.run(milliseconds{1000});
  EXPECT_EQ(t.state("b"), member_state::up);
  while (t.state("b") != member_state::down || t.state("c") != member_state::down) {
    ASSERT_LT(t.now, died + milliseconds{3000});
    t.run(milliseconds{50});
  }
  EXPECT_TRUE(t.of("a").is_up());
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

TEST(membership, an_orderly_leave_needs_no_votes) {
  town t;
  t.found({"a", "b", "c"});
  membership::actions todo;
  t.of("b").leave(t.now, todo);
  t.carry_out("b", todo);
  EXPECT_EQ(t.state("b"), member_state::leaving);
  t.run(milliseconds{5000});
  EXPECT_EQ(t.state("b"), member_state::leaving);
  todo.clear();
  t.of("b").left(t.now, todo);
  t.carry_out("b", todo);
  EXPECT_EQ(t.state("b"), member_state::down);
  ASSERT_EQ(t.nodes.at("b").told.size(), 1u);
  EXPECT_EQ(t.nodes.at("b").told[0].why, "left");
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

TEST(membership, a_frozen_node_that_was_replaced_stops_when_it_wakes) {
  town t;
  t.found({"a"});
  auto frozen = std::move(t.nodes.at("a"));
  t.now += milliseconds{2500};
  t.start("a");
  EXPECT_EQ(t.state("a"), member_state::up);
  auto fresh = std::move(t.nodes.at("a"));
  t.nodes["a"] = std::move(frozen);
  t.run(milliseconds{100});
  ASSERT_EQ(t.nodes.at("a").told.size(), 1u);
  EXPECT_EQ(t.nodes.at("a").told[0].what, kind::stop);
  EXPECT_EQ(t.books.now().find("a")->incarnation, fresh.is->incarnation());
}

TEST(membership, a_new_node_buries_a_cluster_that_was_killed) {
  town t;
  t.found({"a", "b", "c"});
  for (auto& [id, n] : t.nodes)
    n.running = false;
  t.run(milliseconds{1000});
  t.start("d");
  for (const auto* id : {"a", "b", "c"})
    t.lose("d", id, link_loss::refused);
  t.run(milliseconds{4000});
  EXPECT_EQ(t.state("d"), member_state::up);
  for (const auto* id : {"a", "b", "c"})
    EXPECT_EQ(t.state(id), member_state::down) << id;
}

TEST(membership, an_accusation_ends_with_the_window) {
  town t;
  t.found({"a", "b", "c"});
  t.lose("a", "c", link_loss::silent);
  t.nodes.at("a").running = false; // it says nothing more
  t.run(milliseconds{11000});
  t.lose("b", "c", link_loss::silent);
  t.run(milliseconds{200});
  // One vote that counts; a is not among the living any more, so only b and c's own links matter.
  const auto* c = t.books.now().find("c");
  EXPECT_EQ(std::count_if(c->accused.begin(), c->accused.end(),
                          [](const auto& a) { return a.by == "a"; }),
            0);
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

} // namespace
} // namespace troupe
