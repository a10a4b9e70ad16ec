// What becomes of messages between two nodes, whatever becomes of the links and the posts.
#include "tests/fixtures/two_posts.hpp"

#include "actors/tree_messages.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace troupe {
namespace post_cases {

using namespace troupe::testing;

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

TEST(post, acknowledges_with_what_it_sends_or_after_a_moment_or_when_much_has_come) {
  two_nodes two;
  std::vector<std::string> crossed;
  two.stage.net.meddle = [&](envelope& x) { crossed.push_back(x.kind); };
  const auto to = two.proxy_of(lab);
  std::uint64_t number = 0;
  const auto call = [&](const char* text) {
    two.send(to, run_call{++number, a_call(no_deadline, text)});
    two.stage.run();
  };
  const auto acks = [&] { return std::count(crossed.begin(), crossed.end(), post_talk::ack_kind); };
  const auto under_way = [&](const char* from, const char* at) {
    return two.stage.counted(two.stage.at(from), "troupe_post_under_way", at);
  };
  // Nothing else is sent back: it comes by itself, and soon.
  call("later");
  EXPECT_EQ(crossed, std::vector<std::string>{"run_call"});
  two.stage.advance(milliseconds{30});
  EXPECT_EQ(acks(), 1);
  // With an answer it is there at once.
  crossed.clear();
  call("at once");
  EXPECT_EQ(crossed,
            (std::vector<std::string>{"run_call", std::string{post_talk::ack_kind}, "call_ended"}));
  two.stage.advance(milliseconds{30});
  // Many calls are not kept until then.
  crossed.clear();
  for (int i = 0; i < 100; ++i)
    call("later");
  EXPECT_GE(acks(), 2);
  EXPECT_LE(acks(), 8);
  two.stage.advance(milliseconds{500});
  EXPECT_EQ(under_way("A", "B"), 0);
  EXPECT_EQ(under_way("B", "A"), 0);
  two.stage.net.meddle = nullptr;
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

} // namespace post_cases
} // namespace troupe
