#include "tests/fixtures/post_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

using namespace troupe::testing;

const address lab{address_kind::domain, "lab#0"};
const address worker{address_kind::agent, "d/work"};

agent_call_ptr a_call(timestamp deadline = no_deadline, std::string text = "do it") {
  auto t = std::make_shared<task>();
  t->id = "t";
  t->text = std::move(text);
  auto c = std::make_shared<agent_call>();
  c->about = t;
  c->text = t->text;
  c->deadline = deadline;
  return c;
}

std::shared_ptr<const agent_spec> a_spec() {
  auto out = std::make_shared<agent_spec>();
  out->card.name = "work";
  out->card.domain = "d";
  out->card.skills = {"work"};
  out->slots = 2;
  out->queue_limit = 10;
  return out;
}

/// Two nodes with posts; on B an actor sits at `lab` and another one, an agent, at `worker`.
struct two_nodes {
  explicit two_nodes(std::uint64_t seed = 1,
                     const std::function<void(post_config&)>& tune = nullptr)
      : stage(seed) {
    stage.add("A", tune);
    stage.add("B", tune);
    seat_both();
    stage.advance(milliseconds{500});
    me = stage.spawn(mine, caf::message_handler{
                               [this](const call_ended& x) { ended.push_back(x); },
                               [this](const call_undelivered& x) {
                                 ended.push_back({x.call,
                                                  std::make_shared<const outcome>(outcome::of(
                                                      {reason::unavailable, x.why, {}})),
                                                  nullptr});
                               },
                           });
  }
  void seat_both() {
    at_lab = stage.spawn(notes, takes_calls());
    stage.sit(stage.at("B"), lab, at_lab);
    at_work = stage.spawn(notes, takes_calls());
    stage.sit(stage.at("B"), worker, at_work, a_spec());
  }
  /// Calls are written down; those that say "at once" are answered.
  caf::message_handler takes_calls() {
    return caf::message_handler{[this](const run_call& x) -> caf::result<call_ended> {
      calls.push_back(x.call);
      if (x.what->text == "at once")
        return call_ended{x.call, std::make_shared<const outcome>(), nullptr};
      return caf::delegated<call_ended>{};
    }};
  }
  caf::actor proxy_of(const address& x) { return stage.at("A").places().resolve(x); }
  seat_ptr seat_at_a(const address& x) { return stage.at("A").places().find(x); }
  /// Whatever `who` sends leaves from our actor at A.
  template <class T>
  void send(const caf::actor& to, T x) {
    stage.make(me, [to, x](caf::event_based_actor* self) { self->send(to, x); });
  }
  [[nodiscard]] timestamp now() { return stage.now(stage.at("A")); }

  // What actors write to outlives the stage.
  diary_ptr notes = std::make_shared<diary>();
  diary_ptr mine = std::make_shared<diary>();
  std::vector<std::uint64_t> calls;
  std::vector<call_ended> ended;
  post_stage stage;
  caf::actor at_lab;
  caf::actor at_work;
  caf::actor me;
};

TEST(post, brings_everything_once_and_in_order_whatever_becomes_of_the_links) {
  two_nodes two{7, [](post_config& c) { c.window.envelopes = 100000; }};
  auto& stage = two.stage;
  constexpr int senders = 3;
  std::vector<caf::actor> who;
  for (int s = 0; s < senders; ++s)
    who.push_back(stage.spawn(std::make_shared<diary>()));
  const auto target = two.proxy_of(lab);
  ASSERT_TRUE(target);
  // So many cuts per burst at most: the work of making a link anew would else be cut for ever.
  int cuts_left = 0;
  const auto chaos = [&] {
    if (cuts_left > 0 && stage.net.dice().draw() % 8 == 0) {
      --cuts_left;
      stage.net.cut_any();
    }
  };
  std::map<std::uint64_t, int> answers;
  std::uint64_t sent = 0;
  while (stage.net.cuts() < 1000) {
    for (int s = 0; s < senders; ++s)
      stage.make(who[static_cast<std::size_t>(s)], [&, s, from = sent](auto* self) {
        for (auto i = from; i < from + 20; ++i) {
          self->send(target, watch_task{std::to_string(s) + "/" + std::to_string(i), false});
          const auto number = i * senders + static_cast<std::uint64_t>(s);
          self->request(target, std::chrono::seconds{60},
                        find_task{std::to_string(s) + "?" + std::to_string(i), number})
              .then([&](const task_found& x) { ++answers[x.request]; },
                    [&](const caf::error& e) { ADD_FAILURE() << stage.system().render(e); });
        }
      });
    sent += 20;
    cuts_left = 12;
    stage.advance(milliseconds{50}, chaos);
  }
  stage.advance(std::chrono::seconds{1});
  ASSERT_GE(stage.net.cuts(), 1000u);
  std::vector<std::vector<std::string>> got(senders);
  for (const auto& line : two.notes->got) {
    const auto said = line.substr(line.find(' ') + 1);
    got[static_cast<std::size_t>(said[0] - '0')].push_back(said.substr(1));
  }
  for (int s = 0; s < senders; ++s) {
    std::vector<std::string> expected;
    for (std::uint64_t i = 0; i < sent; ++i) {
      expected.push_back("/" + std::to_string(i));
      expected.push_back("?" + std::to_string(i));
    }
    EXPECT_EQ(got[static_cast<std::size_t>(s)], expected) << "sender " << s;
  }
  EXPECT_EQ(answers.size(), sent * senders);
  for (const auto& [number, times] : answers)
    EXPECT_EQ(times, 1) << number;
  EXPECT_GT(stage.counted(stage.at("A"), "troupe_post_resent_total", "B"), 0);
  EXPECT_EQ(stage.counted(stage.at("A"), "troupe_post_peer_losses_total", "B"), 0);
  EXPECT_EQ(stage.counted(stage.at("A"), "troupe_post_under_way", "B"), 0);
}

TEST(post, says_no_when_the_credit_of_a_peer_is_used_up) {
  two_nodes two{1, [](post_config& c) { c.window.envelopes = 16; }};
  auto& stage = two.stage;
  const auto target = two.proxy_of(worker);
  stage.net.part("A", "B");
  stage.run();
  for (std::uint64_t i = 0; i < 100; ++i)
    two.send(target, run_call{i, a_call()});
  stage.run();
  // A quarter of the window is kept for answers.
  ASSERT_EQ(two.ended.size(), 88u);
  EXPECT_EQ(two.ended.front().call, 12u);
  for (const auto& x : two.ended) {
    EXPECT_EQ(x.x->failed.why, reason::rate_limited);
    EXPECT_GT(x.x->failed.retry_after, milliseconds{0});
  }
  // A request is refused as well, with an error.
  caf::error said;
  stage.make(two.me, [&](caf::event_based_actor* self) {
    self->request(two.proxy_of(lab), std::chrono::seconds{5}, find_task{"x", 1})
        .then([](const task_found&) { ADD_FAILURE() << "found"; },
              [&](const caf::error& e) { said = e; });
  });
  stage.run();
  EXPECT_NE(failure_text(stage.system(), said).find("too much is under way"), std::string::npos)
      << failure_text(stage.system(), said);
  // What was taken is delivered as soon as it can be, and then there is credit again.
  stage.net.heal("A", "B");
  stage.advance(milliseconds{500});
  EXPECT_EQ(two.calls.size(), 12u);
  two.send(target, run_call{1000, a_call()});
  stage.run();
  EXPECT_EQ(two.calls.back(), 1000u);
}

TEST(post, drops_and_reports_what_came_too_late_to_be_sent) {
  two_nodes two;
  auto& stage = two.stage;
  stage.net.part("A", "B");
  stage.run();
  two.send(two.proxy_of(worker), run_call{5, a_call(two.now() + milliseconds{300})});
  stage.advance(milliseconds{250});
  EXPECT_TRUE(two.ended.empty());
  stage.advance(milliseconds{500});
  ASSERT_EQ(two.ended.size(), 1u);
  EXPECT_EQ(two.ended[0].call, 5u);
  EXPECT_EQ(two.ended[0].x->failed.why, reason::timeout);
  stage.net.heal("A", "B");
  stage.advance(milliseconds{500});
  EXPECT_TRUE(two.calls.empty());
}

TEST(post, drops_and_reports_what_arrives_too_late) {
  two_nodes two;
  auto& stage = two.stage;
  stage.net.paused = true;
  two.send(two.proxy_of(worker), run_call{5, a_call(two.now() + milliseconds{300})});
  stage.advance(milliseconds{400});
  EXPECT_TRUE(two.ended.empty());
  stage.net.paused = false;
  stage.run();
  EXPECT_TRUE(two.calls.empty());
  ASSERT_EQ(two.ended.size(), 1u);
  EXPECT_EQ(two.ended[0].x->failed.why, reason::timeout);
}

TEST(post, reports_what_is_too_large) {
  two_nodes two;
  two.stage.net.max_body = 4000;
  two.send(two.proxy_of(worker), run_call{1, a_call(no_deadline, std::string(5000, 'x'))});
  two.send(two.proxy_of(worker), run_call{2, a_call()});
  two.stage.run();
  ASSERT_EQ(two.ended.size(), 1u);
  EXPECT_EQ(two.ended[0].call, 1u);
  EXPECT_EQ(two.ended[0].x->failed.why, reason::invalid_input);
  EXPECT_EQ(two.calls, (std::vector<std::uint64_t>{2}));
}

TEST(post, is_not_harmed_by_garbage) {
  two_nodes two;
  auto& stage = two.stage;
  auto& dice = stage.net.dice();
  const auto target = two.proxy_of(lab);
  // The bodies of what actors send are spoilt; numbers, and so the order, are not.
  stage.net.meddle = [&](envelope& x) {
    if (x.kind == "find_task" && !x.body.empty())
      x.body = std::string(1 + dice.draw() % 20, '\xff');
    if (x.kind == "watch_task")
      x.kind = "no_such_kind";
  };
  caf::error said;
  stage.make(two.me, [&](caf::event_based_actor* self) {
    self->request(target, std::chrono::seconds{120}, find_task{"x", 1})
        .then([](const task_found&) { ADD_FAILURE() << "found"; },
              [&](const caf::error& e) { said = e; });
    self->send(target, watch_task{"x", false});
  });
  stage.run();
  stage.net.meddle = nullptr;
  two.send(target, watch_task{"after", false});
  stage.advance(milliseconds{400});
  EXPECT_EQ(two.notes->got, (std::vector<std::string>{"watch after"}));
  EXPECT_EQ(stage.counted(stage.at("B"), "troupe_post_malformed_total", "A"), 2);
  EXPECT_EQ(stage.counted(stage.at("A"), "troupe_post_peer_losses_total", "B"), 0);
  // Nobody waits for ever for what could not be read.
  stage.advance(std::chrono::seconds{31});
  EXPECT_EQ(said, caf::make_error(caf::sec::request_timeout));

  // Everything is spoilt for a while: links come and go, and when it is over all is well again.
  stage.net.meddle = [&](envelope& x) {
    x.body = std::string(dice.draw() % 20, static_cast<char>(dice.draw()));
    if (dice.draw() % 3 == 0)
      x.number = dice.draw() % 10;
  };
  for (int i = 0; i < 20; ++i) {
    two.send(target, watch_task{"spoilt", false});
    for (int j = 0; j < 30; ++j) {
      stage.net.step();
      static_cast<caf::scheduler::test_coordinator&>(stage.system().scheduler()).try_run_once();
    }
  }
  stage.net.meddle = nullptr;
  stage.advance(std::chrono::seconds{3});
  two.notes->got.clear();
  two.send(two.proxy_of(lab), watch_task{"well again", false});
  stage.run();
  EXPECT_EQ(two.notes->got, (std::vector<std::string>{"watch well again"}));
}

TEST(post, tells_everybody_that_a_peer_was_restarted) {
  two_nodes two;
  auto& stage = two.stage;
  const auto target = two.proxy_of(lab);
  const auto place = two.seat_at_a(lab);
  const auto before = place->now().incarnation;
  std::vector<caf::error> said;
  stage.make(two.me, [&](caf::event_based_actor* self) {
    self->monitor(target);
    self->request(target, std::chrono::seconds{50}, run_call{1, a_call()})
        .then([](const call_ended&) { ADD_FAILURE() << "answered"; },
              [&](const caf::error& e) { said.push_back(e); });
  });
  stage.run();
  ASSERT_EQ(two.calls.size(), 1u);
  stage.restart_post("B");
  ASSERT_EQ(two.mine->downs.size(), 1u);
  EXPECT_EQ(two.mine->downs[0], caf::exit_reason::remote_link_unreachable);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0], caf::make_error(caf::sec::request_receiver_down));
  // The same actor is there all the time: a new proxy leads to it, and the old one is no way in.
  stage.advance(milliseconds{500});
  EXPECT_EQ(place->now().incarnation, before + 1);
  EXPECT_NE(two.proxy_of(lab), target);
  two.send(target, watch_task{"old", false});
  two.send(two.proxy_of(lab), watch_task{"new", false});
  stage.run();
  EXPECT_EQ(two.notes->got, (std::vector<std::string>{"watch new"}));
}

TEST(post, that_is_restarted_itself_tells_everybody_on_its_own_node) {
  two_nodes two;
  auto& stage = two.stage;
  const auto target = two.proxy_of(lab);
  caf::error said;
  stage.make(two.me, [&](caf::event_based_actor* self) {
    self->monitor(target);
    self->request(target, std::chrono::seconds{50}, run_call{1, a_call()})
        .then([](const call_ended&) { ADD_FAILURE() << "answered"; },
              [&](const caf::error& e) { said = e; });
  });
  stage.run();
  stage.stop_post("A");
  EXPECT_EQ(two.mine->downs.size(), 1u);
  EXPECT_TRUE(said);
  EXPECT_FALSE(two.seat_at_a(lab)->now().handle);
  stage.restart_post("A");
  stage.advance(milliseconds{500});
  two.send(two.proxy_of(lab), watch_task{"again", false});
  stage.run();
  EXPECT_EQ(two.notes->got.back(), "watch again");
}

TEST(post, gives_a_link_time_to_come_back_and_then_gives_up) {
  two_nodes two;
  auto& stage = two.stage;
  const auto target = two.proxy_of(lab);
  const auto place = two.seat_at_a(lab);
  stage.make(two.me, [&](caf::event_based_actor* self) { self->monitor(target); });
  stage.run();
  stage.net.part("A", "B");
  stage.advance(milliseconds{1000});
  // Nobody is sent there while another one would do.
  EXPECT_FALSE(place->serves());
  two.send(target, watch_task{"patient", false});
  stage.run();
  stage.net.heal("A", "B");
  stage.advance(milliseconds{300});
  EXPECT_TRUE(place->serves());
  EXPECT_EQ(two.notes->got, (std::vector<std::string>{"watch patient"}));
  EXPECT_TRUE(two.mine->downs.empty());

  stage.net.part("A", "B");
  stage.advance(milliseconds{100});
  two.send(target, watch_task{"lost", false});
  stage.advance(milliseconds{3000});
  ASSERT_EQ(two.mine->downs.size(), 1u);
  EXPECT_EQ(two.mine->downs[0], caf::exit_reason::remote_link_unreachable);
  EXPECT_FALSE(place->now().handle);
  stage.net.heal("A", "B");
  stage.advance(milliseconds{500});
  // What was given up does not come afterwards.
  two.send(two.proxy_of(lab), watch_task{"after", false});
  stage.run();
  EXPECT_EQ(two.notes->got.back(), "watch after");
  EXPECT_EQ(two.notes->got.size(), 2u);
}

TEST(post, gives_up_at_once_a_node_that_is_no_member_any_more) {
  two_nodes two;
  auto& stage = two.stage;
  const auto target = two.proxy_of(lab);
  stage.make(two.me, [&](caf::event_based_actor* self) { self->monitor(target); });
  stage.run();
  stage.net.part("A", "B");
  caf::anon_send(stage.at("A").post, forget_node{"B", "voted out"});
  stage.run();
  EXPECT_EQ(two.mine->downs.size(), 1u);
}

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

TEST(post, that_ends_answers_the_requests_that_it_has_not_come_to) {
  two_nodes two;
  auto& stage = two.stage;
  caf::error said;
  stage.make(two.me, [&](caf::event_based_actor* self) {
    // The post is told to end first, so that the request finds it gone or waits behind that.
    caf::anon_send_exit(stage.at("A").post, caf::exit_reason::kill);
    self->request(two.proxy_of(lab), std::chrono::minutes{10}, find_task{"x", 1})
        .then([](const task_found&) { ADD_FAILURE() << "found"; },
              [&](const caf::error& e) { said = e; });
  });
  stage.run();
  EXPECT_EQ(said, caf::make_error(caf::sec::request_receiver_down));
  stage.stop_post("A");
}

TEST(post, does_not_let_a_message_through_that_is_no_word_between_nodes) {
  two_nodes two;
  auto& stage = two.stage;
  caf::error said;
  stage.make(two.me, [&](caf::event_based_actor* self) {
    self->request(two.proxy_of(lab), std::chrono::seconds{5}, view_tree{})
        .then([](const tree_viewed&) { ADD_FAILURE() << "viewed"; },
              [&](const caf::error& e) { said = e; });
  });
  stage.run();
  EXPECT_EQ(said, caf::make_error(caf::sec::unexpected_message));
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

TEST(post, converts_deadlines_between_clocks_that_differ) {
  std::vector<timestamp> deadlines;
  post_stage stage;
  const auto with_clock = [&](const std::string& node, timestamp wall) {
    auto own = std::make_shared<node_parts>();
    own->fleet.node_id = node;
    own->seed = stage.net.dice().draw();
    own->time = timeline{wall, stage.system().clock().now()};
    own->log = post_stage::log();
    own->counters = std::make_shared<metrics>();
    stage.add(node, nullptr, own);
  };
  with_clock("A", post_stage::wall);
  with_clock("B", post_stage::wall + std::chrono::hours{2});
  const auto there = stage.spawn(
      std::make_shared<diary>(),
      caf::message_handler{[&](const run_call& x) { deadlines.push_back(x.what->deadline); }});
  stage.sit(stage.at("B"), lab, there);
  stage.advance(milliseconds{500});
  const auto me = stage.spawn(std::make_shared<diary>());
  const auto now = stage.now(stage.at("A"));
  stage.make(me, [&](caf::event_based_actor* self) {
    const auto target = stage.at("A").places().resolve(lab);
    self->send(target, run_call{1, a_call(now + std::chrono::seconds{10})});
    self->send(target, run_call{2, a_call()});
  });
  stage.run();
  EXPECT_EQ(deadlines, (std::vector<timestamp>{
                           now + std::chrono::hours{2} + std::chrono::seconds{10}, no_deadline}));
}

} // namespace
} // namespace troupe
