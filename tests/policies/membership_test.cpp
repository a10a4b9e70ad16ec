// Who takes part: accusations, votes, and cuts of every kind.
#include "tests/policies/membership_town.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace membership_cases {

using testing::town;
using kind = membership_action::kind;

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

TEST(membership, who_begins_its_links_anew_does_not_count_the_former_ones) {
  town t;
  t.found({"a", "b"});
  membership::actions todo;
  t.of("a").on_links_gone(t.now, todo);
  t.carry_out("a", std::move(todo));
  EXPECT_FALSE(t.linked("a", "b"));
  // As long as a peer waits for who has said goodbye to it.
  t.run(milliseconds{1500});
  EXPECT_EQ(t.state("b"), member_state::up);
  EXPECT_TRUE(t.books.now().find("b")->accused.empty());
  t.link("a", "b");
  EXPECT_TRUE(t.linked("a", "b"));
  t.run(milliseconds{3000});
  EXPECT_EQ(t.state("b"), member_state::up);

  todo.clear();
  t.of("a").on_links_gone(t.now, todo);
  t.carry_out("a", std::move(todo));
  t.nodes.at("b").running = false;
  t.run(t.settings.votes.lease + milliseconds{1500});
  EXPECT_EQ(t.state("b"), member_state::down);
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

} // namespace membership_cases
} // namespace troupe
