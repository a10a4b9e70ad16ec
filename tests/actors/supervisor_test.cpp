// The supervisor actor by OTP's rules, on virtual time.
#include "tests/actors/supervisor_family.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>

#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <unistd.h>
#include <vector>

namespace supervisor_cases {

class supervisor_rules
    : public ::testing::TestWithParam<std::tuple<supervision, restart_type, exit_kind>> {};

TEST_P(supervisor_rules, restart_exactly_whom_otp_restarts) {
  const auto [strategy, restart, how] = GetParam();
  family f;
  f.start(
      {"s", strategy, {}, {f.child("a", restart), f.child("b", restart), f.child("c", restart)}});
  EXPECT_EQ(f.take(), (words{"+a", "+b", "+c"}));
  f.end("b", how);
  const bool restarts = restart == restart_type::permanent ||
                        (restart == restart_type::transient && how == exit_kind::abnormal);
  words expected{"-b"};
  if (restarts) {
    switch (strategy) {
    case supervision::one_for_one:
      expected = {"-b", "+b"};
      break;
    case supervision::one_for_all:
      expected = {"-b", "-c", "-a", "+a", "+b", "+c"};
      break;
    case supervision::rest_for_one:
      expected = {"-b", "-c", "+b", "+c"};
    }
  }
  EXPECT_EQ(f.take(), expected);
  EXPECT_EQ(static_cast<bool>(f.at("b")), restarts);
  EXPECT_TRUE(f.at("a"));
  EXPECT_FALSE(f.ended);
}

INSTANTIATE_TEST_SUITE_P(
    all, supervisor_rules,
    ::testing::Combine(::testing::Values(supervision::one_for_one, supervision::one_for_all,
                                         supervision::rest_for_one),
                       ::testing::Values(restart_type::permanent, restart_type::transient,
                                         restart_type::temporary),
                       ::testing::Values(exit_kind::normal, exit_kind::shutdown,
                                         exit_kind::abnormal)));

TEST(supervisor, restarts_at_once_first_and_after_a_growing_wait_later) {
  family f;
  f.start({"s", supervision::one_for_one, {}, {f.child("a")}});
  f.end("a", exit_kind::abnormal);
  EXPECT_EQ(f.take(), (words{"+a", "-a", "+a"}));
  f.end("a", exit_kind::abnormal);
  f.advance(49ms);
  EXPECT_EQ(f.take(), words{"-a"});
  f.advance(3ms);
  EXPECT_EQ(f.take(), words{"+a"});
  f.end("a", exit_kind::abnormal);
  f.advance(99ms);
  EXPECT_EQ(f.take(), words{"-a"});
  f.advance(3ms);
  EXPECT_EQ(f.take(), words{"+a"});
}

TEST(supervisor, gives_up_over_its_intensity_and_fails_upwards) {
  family f;
  supervisor_config in{"in", supervision::one_for_one, {1, 10000ms, 0ms, 0ms}, {}};
  in.children = {f.child("a"), f.child("b")};
  f.start({"out", supervision::one_for_one, {1, 10000ms, 0ms, 0ms}, {f.inner(in)}});
  f.take();
  f.end("a", exit_kind::abnormal);
  EXPECT_EQ(f.take(), (words{"-a", "+a"}));
  // The second within the period: the inner supervisor ends its children and fails; it is started
  // anew.
  f.end("a", exit_kind::abnormal);
  EXPECT_EQ(f.take(), (words{"-a", "-b", "+a", "+b"}));
  EXPECT_FALSE(f.ended);
  EXPECT_EQ(f.tree().children.at(0).restarts, 1u);
  f.end("a", exit_kind::abnormal);
  f.end("a", exit_kind::abnormal);
  f.run();
  EXPECT_TRUE(f.ended);
  EXPECT_FALSE(is_normal_exit(f.reason));
  EXPECT_FALSE(is_shutdown_exit(f.reason));
  EXPECT_EQ(f.actors(), 0u);
}

TEST(supervisor, that_isolates_leaves_the_broken_child_down_alone_and_tries_it_again_later) {
  family f;
  supervisor_config c{"s", supervision::one_for_one, {1, 10000ms, 0ms, 0ms}, {}, 60000ms};
  c.children = {f.child("a"), f.child("b")};
  f.start(std::move(c));
  f.end("a", exit_kind::abnormal);
  f.end("a", exit_kind::abnormal);
  EXPECT_EQ(f.tree().children.at(0).state, "quarantined");
  EXPECT_FALSE(f.ended);
  // Its failures are not counted against its sibling.
  f.take();
  f.end("b", exit_kind::abnormal);
  EXPECT_EQ(f.take(), (words{"-b", "+b"}));
  f.advance(60001ms);
  EXPECT_EQ(f.take(), words{"+a"});
  EXPECT_EQ(f.tree().children.at(0).state, "up");
}

TEST(supervisor, restarts_that_lie_further_apart_than_the_period_never_add_up) {
  family f;
  f.start({"s", supervision::one_for_one, {1, 100ms, 0ms, 0ms}, {f.child("a")}});
  for (int i = 0; i < 10; ++i) {
    f.end("a", exit_kind::abnormal);
    f.advance(101ms);
  }
  EXPECT_FALSE(f.ended);
}

TEST(supervisor, ends_its_children_in_reverse_order) {
  family f;
  supervisor_config in{"in", supervision::one_for_one, {}, {}};
  in.children = {f.child("b"), f.child("c")};
  f.start({"s", supervision::one_for_one, {}, {f.child("a"), f.inner(in), f.child("d")}});
  EXPECT_EQ(f.take(), (words{"+a", "+d", "+b", "+c"}));
  caf::anon_send_exit(f.root, caf::exit_reason::user_shutdown);
  f.run();
  EXPECT_EQ(f.take(), (words{"-d", "-c", "-b", "-a"}));
  EXPECT_TRUE(f.ended);
  EXPECT_TRUE(is_shutdown_exit(f.reason));
  EXPECT_EQ(f.actors(), 0u);
}

TEST(supervisor, kills_who_does_not_stop_in_time) {
  family f;
  f.start({"s",
           supervision::one_for_one,
           {},
           {f.child("a"), f.child("b", restart_type::permanent, true)}});
  f.take();
  caf::anon_send_exit(f.root, caf::exit_reason::user_shutdown);
  f.advance(999ms);
  EXPECT_EQ(f.take(), words{});
  f.advance(2ms);
  EXPECT_EQ(f.take(), (words{"-b", "-a"}));
  EXPECT_TRUE(f.ended);
}

TEST(supervisor, leaves_no_orphan_when_it_is_killed) {
  family f;
  supervisor_config in{"in", supervision::one_for_one, {}, {}};
  in.children = {f.child("b", restart_type::permanent, true), f.child("c")};
  f.start({"s", supervision::one_for_one, {}, {f.child("a"), f.inner(in)}});
  EXPECT_EQ(f.actors(), 5u);
  caf::anon_send_exit(f.root, caf::exit_reason::kill);
  f.run();
  EXPECT_EQ(f.actors(), 0u);
  // Nobody sits where nobody lives.
  for (const auto* id : {"a", "b", "c"})
    EXPECT_FALSE(f.at(id)) << id;
}

TEST(supervisor, a_start_that_throws_counts_as_a_failed_child_and_harms_no_sibling) {
  family f;
  f.start({"s", supervision::one_for_one, {3, 10000ms, 10ms, 10ms}, {f.child("a"), f.child("b")}});
  f.take();
  f.broken = "b";
  f.end("b", exit_kind::abnormal);
  EXPECT_FALSE(f.ended);
  EXPECT_TRUE(f.at("a"));
  f.broken.clear();
  f.advance(12ms);
  EXPECT_EQ(f.take(), (words{"-b", "+b"}));
  EXPECT_TRUE(f.at("b"));
}

TEST(supervisor, a_search_of_the_log_by_agent_says_why_it_is_down) {
  const auto folder = std::filesystem::path{::testing::TempDir()} /
                      ("supervisor_log_" + std::to_string(::getpid()));
  log_book_settings settings;
  settings.dir = folder;
  const auto book = std::make_shared<log_book>(settings);
  {
    family f;
    f.write_to(book);
    f.start({"d/agents",
             supervision::one_for_one,
             {0, 10000ms, 50ms, 5000ms},
             {f.child("d/a"), f.child("d/b")},
             60000ms});
    f.end("d/b", exit_kind::abnormal);
    f.broken = "d/a";
    f.end("d/a", exit_kind::abnormal);
    f.advance(60001ms);
  }
  ASSERT_TRUE(book->flush());
  log_filter by_agent;
  by_agent.agent = "d/a";
  words found;
  for (const auto& line : book->search(by_agent))
    found.insert(found.begin(), line.event + ": " + line.message);
  const std::string left = "agent.down: d/agents: d/a keeps failing and is left down; next try in "
                           "60 s; last: ";
  ASSERT_GE(found.size(), 4u);
  EXPECT_EQ(found[0], "agent.down: d/agents: d/a ended: told to");
  EXPECT_EQ(found[1], left + "told to");
  EXPECT_EQ(found[2], "agent.down: d/agents: d/a cannot be started: the factory of d/a is broken");
  EXPECT_EQ(found[3], left + "d/a cannot be started: the factory of d/a is broken");
  std::filesystem::remove_all(folder);
}

TEST(supervisor, that_was_killed_before_it_began_takes_no_seat_from_its_successor) {
  family f;
  f.start({"s", supervision::one_for_one, {}, {f.child("b")}});
  const auto place = f.child("a").place;
  const auto sits = f.at("b");
  // Its successor began later, and was quicker.
  ASSERT_EQ(place->take_for(std::numeric_limits<caf::actor_id>::max(), sits, {}), 1u);
  f.take();
  caf::anon_send(f.root, start_child{std::make_shared<const child_spec>(f.child("a"))});
  f.run();
  EXPECT_TRUE(f.ended);
  EXPECT_EQ(place->now().handle, sits);
  EXPECT_EQ(place->now().incarnation, 1u);
  auto said = f.take();
  std::sort(said.begin(), said.end());
  EXPECT_EQ(said, (words{"+a", "-a", "-b"}));
}

TEST(supervisor, ends_and_starts_single_children_as_it_is_told) {
  family f;
  f.start({"s", supervision::one_for_one, {}, {f.child("a")}});
  caf::anon_send(f.root, start_child{std::make_shared<const child_spec>(f.child("b"))});
  f.run();
  EXPECT_EQ(f.take(), (words{"+a", "+b"}));
  caf::anon_send(f.root, end_child{"a"});
  f.run();
  EXPECT_EQ(f.take(), words{"-a"});
  f.advance(1s);
  EXPECT_EQ(f.take(), words{});
  // Its place is with another supervisor by then, or nowhere.
  const auto tree = f.tree();
  ASSERT_EQ(tree.children.size(), 1u);
  EXPECT_EQ(tree.children.at(0).id, "b");
  EXPECT_EQ(tree.children.at(0).state, "up");
  caf::anon_send(f.root, start_child{std::make_shared<const child_spec>(f.child("a"))});
  f.run();
  EXPECT_EQ(f.take(), words{"+a"});
  caf::anon_send(f.root, kill_child{"b"});
  f.run();
  EXPECT_EQ(f.take(), (words{"-b", "+b"}));
}

TEST(supervisor, shows_its_tree) {
  family f;
  supervisor_config in{"in", supervision::rest_for_one, {}, {}};
  in.children = {f.child("b")};
  f.start({"s", supervision::one_for_one, {}, {f.child("a"), f.inner(in)}});
  f.end("b", exit_kind::abnormal);
  const auto tree = f.tree();
  EXPECT_EQ(tree.id, "s");
  EXPECT_EQ(tree.detail, "one_for_one");
  ASSERT_EQ(tree.children.size(), 2u);
  EXPECT_EQ(tree.children[0].id, "a");
  EXPECT_EQ(tree.children[1].id, "in");
  EXPECT_EQ(tree.children[1].detail, "rest_for_one");
  ASSERT_EQ(tree.children[1].children.size(), 1u);
  EXPECT_EQ(tree.children[1].children[0].restarts, 1u);
}

TEST(supervisor, refuses_children_without_id_or_start_and_two_of_one_name) {
  family f;
  EXPECT_THROW((supervisor_config{"s", {}, {}, {f.child("a"), f.child("a")}}.validate()),
               std::invalid_argument);
  EXPECT_THROW((supervisor_config{"s", {}, {}, {child_spec{}}}.validate()), std::invalid_argument);
}

TEST(supervisor, whose_child_says_nothing_tells_the_rest_of_the_tree_also_when_it_ends) {
  for (const bool ends : {false, true}) {
    family f;
    auto deaf = f.child("deaf");
    deaf.is_supervisor = true;
    deaf.start = [](caf::event_based_actor* self) {
      return self->system().spawn([](caf::event_based_actor* me) -> caf::behavior {
        // Whoever asks waits for a promise that nobody keeps.
        return {[me](view_tree) { return me->make_response_promise(); }};
      });
    };
    f.start({"s", supervision::one_for_one, {}, {f.child("a"), deaf}});
    auto seen = f.tree();
    EXPECT_TRUE(seen.id.empty());
    if (ends)
      caf::anon_send_exit(f.root, caf::exit_reason::kill);
    f.advance(ends ? 1ms : 2100ms);
    seen = f.seen();
    ASSERT_EQ(seen.children.size(), 2u) << ends;
    EXPECT_EQ(seen.children[0].state, "up");
    EXPECT_EQ(seen.children[1].id, "deaf");
    EXPECT_EQ(seen.children[1].state, "silent");
  }
}

} // namespace supervisor_cases
