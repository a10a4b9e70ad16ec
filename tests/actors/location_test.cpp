// One test of request, monitor, link and exit reasons, run unchanged against an actor of the same
// node, of another one, and one that moves from node to node meanwhile.
#include "tests/fixtures/post_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace location_cases {

using namespace troupe::testing;

enum class distance { local, remote, moving };

const address where{address_kind::domain, "lab#0"};

class location : public ::testing::TestWithParam<distance> {
 protected:
  location() {
    for (const auto* node : {"A", "B", "C"})
      stage.add(node);
    stage.run();
    settle();
  }

  /// A new actor at the address.
  void seat_one() {
    notes = std::make_shared<diary>();
    who = stage.spawn(notes);
    stage.sit(stage.at(home), where, who);
    settle();
  }
  /// What a caller on A gets.
  caf::actor resolved() { return stage.at("A").places().resolve(where); }
  /// In the middle of something: whoever can move does.
  void meanwhile() {
    if (GetParam() != distance::moving)
      return;
    const auto from = std::exchange(home, home == "B" ? "C" : "B");
    const auto before = who;
    // Both keep one diary: to their callers they are one.
    who = stage.spawn(notes);
    stage.sit(stage.at(home), where, who);
    caf::anon_send(stage.at(from).post, hand_over{where});
    movers.push_back(before);
  }
  /// Whoever has moved away works off what he has been given, and ends.
  void settle() {
    stage.run();
    stage.advance(milliseconds{500});
    for (const auto& x : movers)
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    movers.clear();
    stage.advance(milliseconds{500});
  }
  caf::actor caller(const diary_ptr& of) { return stage.spawn(of); }

  post_stage stage;
  std::string home = GetParam() == distance::local ? "A" : "B";
  diary_ptr notes;
  caf::actor who;
  std::vector<caf::actor> movers;
};

TEST_P(location, a_request_is_answered_with_its_own_answer_and_all_come_in_order) {
  seat_one();
  const auto target = resolved();
  ASSERT_TRUE(target);
  const auto mine = std::make_shared<diary>();
  const auto me = caller(mine);
  std::vector<std::uint64_t> answers;
  const auto ask = [&](std::uint64_t from, std::uint64_t to) {
    stage.make(me, [&, from, to](caf::event_based_actor* self) {
      for (auto i = from; i < to; ++i) {
        self->send(target, watch_task{std::to_string(i), false});
        self->request(target, std::chrono::seconds{5}, find_task{std::to_string(i), i})
            .then([&](const task_found& x) { answers.push_back(x.request); },
                  [&](const caf::error& e) { ADD_FAILURE() << stage.system().render(e); });
      }
    });
  };
  ask(0, 100);
  meanwhile();
  ask(100, 200);
  for (int i = 0; i < 40; ++i)
    stage.net.step();
  ask(200, 300);
  settle();
  ASSERT_EQ(answers.size(), 300u);
  std::vector<std::string> expected;
  for (std::uint64_t i = 0; i < 300; ++i) {
    expected.push_back("watch " + std::to_string(i));
    expected.push_back("find " + std::to_string(i));
    EXPECT_TRUE(std::find(answers.begin(), answers.end(), i) != answers.end());
  }
  EXPECT_EQ(notes->got, expected);
}

TEST_P(location, a_request_that_fails_says_why) {
  seat_one();
  const auto me = caller(std::make_shared<diary>());
  caf::error said;
  stage.make(me, [&](caf::event_based_actor* self) {
    self->request(resolved(), std::chrono::seconds{5}, find_task{"nothing", 1})
        .then([](const task_found&) { ADD_FAILURE() << "found"; },
              [&](const caf::error& e) { said = e; });
  });
  meanwhile();
  settle();
  EXPECT_EQ(said, failure_error("nothing is found here"));
  EXPECT_EQ(failure_text(stage.system(), said), "nothing is found here");
}

TEST_P(location, whoever_monitors_hears_the_reason_of_the_end) {
  struct kind {
    std::string how;
    caf::error reason;
    std::string text;
  };
  const std::vector<kind> kinds{
      {"quit", {}, "ended normally"},
      {"shutdown", caf::exit_reason::user_shutdown, "user_shutdown"},
      {"fail", failure_error("it failed: \xE2\x82\xAC"), "it failed: \xE2\x82\xAC"},
      {"throw", failure_error("it threw"), "it threw"},
      {"kill", caf::exit_reason::kill, "kill"},
      {"exit", failure_error("go away"), "go away"},
  };
  for (const auto& k : kinds) {
    SCOPED_TRACE(k.how);
    seat_one();
    const auto target = resolved();
    ASSERT_TRUE(target);
    const auto mine = std::make_shared<diary>();
    const auto me = caller(mine);
    stage.make(me, [&](caf::event_based_actor* self) {
      self->monitor(target);
      self->monitor(target);
    });
    stage.run();
    meanwhile();
    settle();
    EXPECT_TRUE(mine->downs.empty()) << "moving is not ending";
    stage.make(me, [&](caf::event_based_actor* self) {
      if (k.how == "kill")
        self->send_exit(target, caf::exit_reason::kill);
      else if (k.how == "exit")
        self->send_exit(target, failure_error("go away"));
      else
        self->send(target, cancel_task{"t", k.how});
    });
    settle();
    ASSERT_EQ(mine->downs.size(), 2u);
    for (const auto& reason : mine->downs) {
      EXPECT_EQ(reason, k.reason);
      EXPECT_NE(failure_text(stage.system(), reason).find(k.text), std::string::npos)
          << failure_text(stage.system(), reason);
    }
    // Who comes too late hears the same, and is not left waiting.
    caf::error late;
    stage.make(me, [&](caf::event_based_actor* self) {
      self->monitor(target);
      self->request(target, std::chrono::seconds{5}, find_task{"x", 1})
          .then([](const task_found&) { ADD_FAILURE() << "found"; },
                [&](const caf::error& e) { late = e; });
    });
    stage.run();
    ASSERT_EQ(mine->downs.size(), 3u);
    EXPECT_EQ(mine->downs.back(), k.reason);
    EXPECT_EQ(late, caf::make_error(caf::sec::request_receiver_down));
    EXPECT_FALSE(resolved());
  }
}

TEST_P(location, a_link_ends_both_sides_with_the_reason) {
  // The one at the address ends: the caller is linked to it.
  seat_one();
  auto mine = std::make_shared<diary>();
  auto me = caller(mine);
  const auto watched = std::make_shared<diary>();
  const auto watcher = caller(watched);
  auto target = resolved();
  stage.make(me, [&](caf::event_based_actor* self) { self->link_to(target); });
  stage.make(watcher, [me](caf::event_based_actor* self) { self->monitor(me); });
  stage.run();
  meanwhile();
  settle();
  stage.make(watcher, [&](caf::event_based_actor* self) {
    self->send(target, cancel_task{"t", "fail"});
  });
  settle();
  ASSERT_EQ(watched->downs.size(), 1u);
  EXPECT_EQ(watched->downs[0], failure_error("it failed: \xE2\x82\xAC"));
  EXPECT_EQ(failure_text(stage.system(), watched->downs[0]), "it failed: \xE2\x82\xAC");

  // The caller ends: the one at the address goes with it.
  seat_one();
  me = caller(mine);
  target = resolved();
  stage.make(me, [&](caf::event_based_actor* self) { self->link_to(target); });
  stage.make(watcher, [&](caf::event_based_actor* self) { self->monitor(target); });
  stage.run();
  meanwhile();
  settle();
  stage.make(me, [](caf::event_based_actor* self) { self->quit(failure_error("I go")); });
  settle();
  ASSERT_EQ(watched->downs.size(), 2u);
  EXPECT_EQ(watched->downs[1], failure_error("I go"));
  EXPECT_EQ(failure_text(stage.system(), watched->downs[1]), "I go");
}

TEST_P(location, requests_in_line_at_one_that_dies_are_answered_with_that) {
  seat_one();
  const auto me = caller(std::make_shared<diary>());
  std::vector<caf::error> said;
  const auto target = resolved();
  stage.make(me, [&](caf::event_based_actor* self) {
    self->send(target, cancel_task{"t", "fail"});
    for (int i = 0; i < 10; ++i)
      self->request(target, std::chrono::seconds{50}, find_task{"x", 1})
          .then([](const task_found&) { ADD_FAILURE() << "found"; },
                [&](const caf::error& e) { said.push_back(e); });
  });
  settle();
  EXPECT_EQ(said.size(), 10u);
  for (const auto& e : said)
    EXPECT_EQ(e, caf::make_error(caf::sec::request_receiver_down));
}

INSTANTIATE_TEST_SUITE_P(any, location,
                         ::testing::Values(distance::local, distance::remote, distance::moving),
                         [](const auto& x) {
                           return x.param == distance::local    ? "local"
                                  : x.param == distance::remote ? "remote"
                                                                : "moving";
                         });

} // namespace location_cases
} // namespace troupe
