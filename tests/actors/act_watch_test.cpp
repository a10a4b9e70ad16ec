// What is to be asked about waits until no other node works on it any more.
#include "actors/act_watch.hpp"
#include "actors/cluster_view.hpp"
#include "actors/respondent.hpp"
#include "tests/fixtures/post_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace act_watch_cases {

using namespace troupe::testing;
using namespace std::chrono_literals;

/// A and B, which both say what is under way there, and on A somebody who is told.
struct watched {
  watched() {
    for (const auto* node : {"A", "B"}) {
      auto& m = stage.add(node, [](post_config& c) { c.exposed = {"respondent"}; });
      m.parts->places->claim({address_kind::node, std::string{node} + "/respondent"})
          ->take(stage.system().spawn(respondent, m.parts,
                                      node_subjects{{"act", act_subject(m.parts)}}));
    }
    stage.advance(500ms);
    me =
        stage.spawn(std::make_shared<diary>(),
                    caf::message_handler{[this](const act_over& x) { told.push_back(x.attempt); }});
  }
  ~watched() {
    for (const auto* node : {"A", "B"})
      caf::anon_send_exit(
          stage.at(node).places().resolve({address_kind::node, std::string{node} + "/respondent"}),
          caf::exit_reason::kill);
    stage.run();
  }
  void watch(std::uint32_t attempt, std::vector<std::string> nodes, milliseconds most = 1min) {
    const auto& parts = stage.at("A").parts;
    watch_act(stage.system(), parts,
              {std::move(nodes),
               "t/1/0",
               {7, attempt},
               parts->time.at(stage.system().clock().now()) + most,
               me,
               {0, 0, 1, attempt, nullptr, 0}});
    stage.advance(300ms);
  }

  post_stage stage;
  caf::actor me;
  std::vector<std::uint32_t> told;
};

TEST(act_watch, tells_when_an_act_is_over_where_it_was) {
  watched w;
  auto act = w.stage.at("B").parts->acts->begin("t/1/0");
  auto other = w.stage.at("B").parts->acts->begin("t/1/1");
  w.watch(2, {"B"});
  w.stage.advance(20s);
  EXPECT_TRUE(w.told.empty());
  act.reset();
  w.stage.advance(1s);
  EXPECT_EQ(w.told, std::vector<std::uint32_t>{2});
}

TEST(act_watch, lets_no_call_begin_that_was_still_on_its_way) {
  watched w;
  w.watch(3, {"B"});
  ASSERT_EQ(w.told, std::vector<std::uint32_t>{3});
  auto& acts = *w.stage.at("B").parts->acts;
  EXPECT_FALSE(acts.begin("t/1/0", {7, 2})) << "its step goes by what was said of it";
  EXPECT_FALSE(acts.begin("t/1/0", {6, 9})) << "of a former owner";
  EXPECT_TRUE(acts.begin("t/1/0", {7, 4}));
  EXPECT_TRUE(acts.begin("t/1/0", {8, 1})) << "the task has begun anew";
  EXPECT_TRUE(acts.begin("t/2/0", {7, 1}));
}

TEST(act_watch, asks_all_nodes_that_had_it) {
  watched w;
  auto here = w.stage.at("A").parts->acts->begin("t/1/0");
  auto there = w.stage.at("B").parts->acts->begin("t/1/0");
  w.watch(3, {"A", "B", "gone"});
  there.reset();
  w.stage.advance(5s);
  EXPECT_TRUE(w.told.empty());
  here.reset();
  w.stage.advance(1s);
  EXPECT_EQ(w.told, std::vector<std::uint32_t>{3});
}

TEST(act_watch, ends_with_the_node_and_with_its_time) {
  watched w;
  auto act = w.stage.at("B").parts->acts->begin("t/1/0");
  w.watch(4, {"B"}, 10s);
  w.stage.advance(11s);
  EXPECT_EQ(w.told, std::vector<std::uint32_t>{4}) << "its step has no more time";
  w.watch(5, {"B"});
  w.stage.net.part("A", "B");
  w.stage.advance(30s);
  EXPECT_EQ(w.told, (std::vector<std::uint32_t>{4, 5})) << "the node is lost";
}

TEST(act_watch, waits_for_a_member_that_there_is_no_link_with) {
  watched w;
  const auto seen = std::make_shared<cluster_view>();
  std::const_pointer_cast<node_parts>(w.stage.at("A").parts)->cluster = seen;
  member b;
  b.node = "B";
  b.state = member_state::up;
  seen->show({1, {b}, {}, {}});
  w.stage.net.part("A", "B");
  w.stage.advance(30s);
  w.watch(2, {"B"});
  w.stage.advance(5s);
  EXPECT_TRUE(w.told.empty());
  b.state = member_state::down;
  seen->show({2, {b}, {}, {}});
  w.stage.advance(1s);
  EXPECT_EQ(w.told, std::vector<std::uint32_t>{2});
}

} // namespace act_watch_cases
} // namespace troupe
