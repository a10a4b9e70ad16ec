// What a node knows of who sits at another, and who may end whom.
#include "tests/fixtures/two_posts.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace post_seats_cases {

using namespace troupe::testing;

TEST(post, shows_what_a_seat_elsewhere_is_like) {
  two_nodes two;
  auto& stage = two.stage;
  const auto here = two.seat_at_a(worker);
  const auto there = stage.at("B").places().find(worker);
  ASSERT_TRUE(here);
  ASSERT_TRUE(here->spec());
  EXPECT_EQ(here->spec()->card.skills, (std::vector<std::string>{"work"}));
  EXPECT_EQ(here->capacity(), 12u);
  EXPECT_TRUE(here->serves());
  there->load.store(3);
  there->set_duty(duty::draining);
  stage.advance(milliseconds{300});
  EXPECT_EQ(here->load.load(), 3u);
  EXPECT_EQ(here->state.load(), health::draining);
  there->set_duty(duty::serving);
  stage.advance(milliseconds{300});
  EXPECT_TRUE(here->serves());
  // Calls from elsewhere count where they run; whoever sends them counts them himself.
  two.send(two.proxy_of(worker), run_call{1, a_call()});
  two.send(two.proxy_of(worker), run_call{2, a_call(no_deadline, "at once")});
  stage.advance(milliseconds{300});
  EXPECT_EQ(there->load.load(), 4u);
  EXPECT_EQ(here->load.load(), 3u);
  // And end with whoever gave them.
  caf::anon_send_exit(two.me, caf::exit_reason::kill);
  stage.advance(milliseconds{300});
  EXPECT_EQ(there->load.load(), 3u);
  // What a seat was like goes with the one who sat there.
  caf::anon_send_exit(two.at_work, caf::exit_reason::kill);
  stage.advance(milliseconds{300});
  EXPECT_FALSE(here->serves());
  EXPECT_EQ(here->load.load(), 0u);
}

TEST(post, tells_of_a_seat_again_that_was_told_out_of_turn) {
  two_nodes two;
  auto& stage = two.stage;
  const auto here = two.seat_at_a(worker);
  const auto there = stage.at("B").places().find(worker);
  ASSERT_TRUE(here);
  stage.advance(milliseconds{300});
  there->load.store(2);
  stage.at("B").places().announce_taken(there);
  stage.run();
  ASSERT_EQ(here->load.load(), 2u) << "before the next look at all seats";
  there->load.store(0);
  stage.advance(milliseconds{600});
  EXPECT_EQ(here->load.load(), 0u) << "as it was at the look before";
}

TEST(post, prefers_who_sits_on_its_own_node) {
  two_nodes two;
  auto& stage = two.stage;
  const auto own = std::make_shared<diary>();
  const address both{address_kind::domain, "both#0"};
  auto here = stage.spawn(own);
  stage.sit(stage.at("A"), both, here);
  stage.sit(stage.at("B"), both, stage.spawn(two.notes));
  stage.advance(milliseconds{500});
  EXPECT_EQ(two.proxy_of(both), here);
  caf::anon_send_exit(here, caf::exit_reason::kill);
  stage.advance(milliseconds{500});
  // When he leaves, the other one is there.
  two.send(two.proxy_of(both), watch_task{"x", false});
  stage.run();
  EXPECT_EQ(two.notes->got, (std::vector<std::string>{"watch x"}));
}

TEST(post, leaks_nothing_when_many_addresses_come_and_go) {
  two_nodes two;
  auto& stage = two.stage;
  stage.advance(milliseconds{100});
  const auto before = stage.system().registry().running();
  std::vector<caf::actor_addr> proxies;
  for (int round = 0; round < 10; ++round) {
    std::vector<caf::actor> there;
    std::vector<caf::actor> callers;
    int answered = 0;
    for (int i = 0; i < 100; ++i) {
      auto who = stage.spawn(std::make_shared<diary>());
      auto spec = std::make_shared<agent_spec>(*a_spec());
      spec->card.name = std::to_string(round) + "x" + std::to_string(i);
      stage.sit(stage.at("B"), {address_kind::agent, "d/" + spec->card.name}, who, spec);
      there.push_back(std::move(who));
    }
    stage.advance(milliseconds{500});
    for (int i = 0; i < 100; ++i) {
      const auto to = two.proxy_of(
          {address_kind::agent, "d/" + std::to_string(round) + "x" + std::to_string(i)});
      ASSERT_TRUE(to);
      proxies.push_back(caf::actor_cast<caf::actor_addr>(to));
      callers.push_back(stage.spawn(std::make_shared<diary>()));
      stage.make(callers.back(), [to, &answered](caf::event_based_actor* self) {
        self->request(to, std::chrono::seconds{5}, find_task{"x", 1})
            .then([&](const task_found&) { ++answered; }, [](const caf::error&) {});
      });
    }
    stage.advance(milliseconds{100});
    EXPECT_EQ(answered, 100);
    for (const auto& x : there)
      caf::anon_send_exit(x, caf::exit_reason::kill);
    for (const auto& x : callers)
      caf::anon_send_exit(x, caf::exit_reason::kill);
    there.clear();
    callers.clear();
    stage.advance(milliseconds{500});
  }
  stage.advance(std::chrono::seconds{25});
  EXPECT_EQ(stage.system().registry().running(), before);
  for (const auto& x : proxies)
    EXPECT_FALSE(caf::actor_cast<caf::strong_actor_ptr>(x));
  // Their seats on the other node are forgotten, but for the one that is still taken.
  EXPECT_EQ(stage.at("A").places().all(address_kind::agent).size(), 1u);
}

TEST(post, keeps_alive_who_waits_for_an_answer_and_is_held_by_nobody_else) {
  two_nodes two;
  auto& stage = two.stage;
  std::vector<std::uint64_t> answered;
  const auto to = two.proxy_of(lab);
  auto about = a_call(no_deadline, "at once");
  auto ask = [&](std::uint64_t call) {
    return caf::actor_cast<caf::actor_addr>(
        stage.system().spawn([&, call, to](caf::event_based_actor* self) -> caf::behavior {
          self->send(to, run_call{call, about});
          return {[&, self](const call_ended& x) {
            answered.push_back(x.call);
            if (x.call == 1)
              self->quit();
          }};
        }));
  };
  const auto ends = ask(1);
  stage.run();
  EXPECT_EQ(answered, std::vector<std::uint64_t>{1});
  EXPECT_FALSE(caf::actor_cast<caf::actor>(ends));
  // One that does not end is held while a peer has its address, and not for ever.
  const auto stays = ask(2);
  stage.advance(std::chrono::seconds{1});
  EXPECT_EQ(answered, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(caf::actor_cast<caf::actor>(stays));
  stage.net.part("A", "B");
  stage.advance(std::chrono::seconds{10});
  EXPECT_FALSE(caf::actor_cast<caf::actor>(stays));
}

TEST(post, tells_of_a_new_sitter_at_once) {
  two_nodes two;
  const address other{address_kind::agent, "d/other"};
  two.stage.sit(two.stage.at("B"), other, two.stage.spawn(two.notes), a_spec());
  const auto& places = two.stage.at("B").places();
  places.announce_taken(places.find(other));
  two.stage.run();
  EXPECT_TRUE(two.proxy_of(other));
}

TEST(post, says_of_a_task_that_it_came_to_nobody) {
  two_nodes two;
  std::vector<std::string> undelivered;
  const auto asker = two.stage.spawn(
      std::make_shared<diary>(),
      caf::message_handler{[&](const task_undelivered& x) { undelivered.push_back(x.id); }});
  auto what = std::make_shared<task>();
  what->id = "018bcfe5680000000000000000a107";
  const auto target = two.proxy_of(lab);
  two.stage.net.paused = true;
  two.stage.make(asker, [&](auto* self) {
    self->send(target, submit_task{what, false, false});
    self->send(target, watch_task{"other", false});
  });
  two.stage.run();
  // Its orchestrator ends before the task is there.
  caf::anon_send_exit(two.at_lab, caf::exit_reason::kill);
  two.stage.run();
  two.stage.net.paused = false;
  two.stage.run();
  EXPECT_EQ(undelivered, (std::vector<std::string>{what->id, "other"}));
}

TEST(post, lets_nobody_elsewhere_end_an_actor_of_a_node) {
  two_nodes two{1, [](post_config& c) { c.takes_exits = false; }};
  const auto target = two.proxy_of(lab);
  two.stage.make(two.me, [&](caf::event_based_actor* self) {
    self->send_exit(target, caf::exit_reason::kill);
  });
  two.stage.run();
  EXPECT_EQ(two.stage.at("B").places().resolve(lab), two.at_lab);
  EXPECT_EQ(two.proxy_of(lab), target);
}

} // namespace post_seats_cases
} // namespace troupe
