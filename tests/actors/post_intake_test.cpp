#include "tests/fixtures/post_stage.hpp"

#include "actors/call_messages.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace troupe {
namespace post_intake_cases {

using namespace troupe::testing;

const address plant{address_kind::agent, "d/plant"};
constexpr std::size_t text_bytes = 2000;

/// An agent at B that holds the calls it gets until it is told to answer; who calls it is at A. On
/// both nodes so many bytes may wait for the post as are a quarter of a window of these.
struct busy_nodes {
  explicit busy_nodes(std::size_t window_bytes) {
    const auto tune = [window_bytes](post_config& c) { c.window.bytes = window_bytes; };
    stage.add("A", tune);
    stage.add("B", tune);
    at_plant =
        stage.spawn(std::make_shared<diary>(), caf::message_handler{[this](const run_call& x) {
                      calls.push_back(x.call);
                      asker = plant_self->current_sender();
                    }});
    stage.make(at_plant, [this](caf::event_based_actor* self) { plant_self = self; });
    auto what = std::make_shared<agent_spec>();
    what->card.name = "plant";
    what->card.domain = "d";
    stage.sit(stage.at("B"), plant, at_plant, what);
    stage.advance(milliseconds{500});
    me = stage.spawn(std::make_shared<diary>(),
                     caf::message_handler{[this](const call_ended& x) { ended.push_back(x); }});
    auto about = std::make_shared<task>();
    about->id = "t";
    about->text = std::string(text_bytes, 'x');
    auto c = std::make_shared<agent_call>();
    c->about = about;
    c->text = about->text;
    call = c;
  }
  /// All in one turn of the caller's, so that the post comes to none of them before the last.
  void offer(std::uint64_t from, std::uint64_t to) {
    stage.make(me, [this, from, to](caf::event_based_actor* self) {
      const auto whom = stage.at("A").places().resolve(plant);
      for (auto i = from; i < to; ++i)
        self->send(whom, run_call{i, call});
    });
  }
  [[nodiscard]] double counted(const std::string& metric) {
    for (const auto& family : stage.at("A").parts->counters->Collect())
      if (family.name == metric)
        return family.metric.front().counter.value + family.metric.front().gauge.value;
    return -1;
  }

  std::vector<std::uint64_t> calls;
  std::vector<call_ended> ended;
  agent_call_ptr call;
  caf::strong_actor_ptr asker; ///< as B sees it
  post_stage stage;
  caf::actor at_plant;
  caf::event_based_actor* plant_self = nullptr;
  caf::actor me;
};

TEST(post_intake, admits_what_asks_for_work_up_to_its_limit_and_everything_else_always) {
  post_intake x{1000, 4000};
  EXPECT_TRUE(x.admit(5000, true)) << "nothing waits: one message may be larger than the limit";
  EXPECT_FALSE(x.admit(1, true));
  EXPECT_TRUE(x.admit(3000, false));
  EXPECT_EQ(x.waiting(), 8000u);
  EXPECT_EQ(x.refused(), 1u);
  x.release(5000);
  EXPECT_FALSE(x.admit(1, true));
  x.release(3000);
  EXPECT_TRUE(x.admit(1, true));
  EXPECT_EQ(x.waiting(), 1u);
}

TEST(post_intake, lets_the_post_gather_while_more_comes_but_not_for_ever) {
  post_intake x{1000, 4000};
  EXPECT_FALSE(x.gathers()) << "nothing waits";
  ASSERT_TRUE(x.admit(10, true));
  int rounds = 0;
  while (x.gathers())
    ASSERT_LT(++rounds, 100);
  EXPECT_GT(rounds, 0);
  EXPECT_TRUE(x.gathers()) << "for the next frame again";
}

TEST(post, turns_away_what_a_sender_offers_faster_than_it_can_take) {
  constexpr std::size_t window = std::size_t{4} << 20;
  constexpr std::uint64_t offered = 2000;
  busy_nodes two{window};
  two.offer(0, offered);
  two.stage.run();
  // Whoever was turned away knows it at once, and when to come back; the rest has arrived in order.
  EXPECT_EQ(two.calls.size() + two.ended.size(), offered);
  EXPECT_TRUE(std::is_sorted(two.calls.begin(), two.calls.end()));
  EXPECT_LE(two.calls.size() * text_bytes, window / 4);
  EXPECT_GT(two.calls.size() * text_bytes, window / 8);
  for (const auto& x : two.ended) {
    EXPECT_EQ(x.x->failed.why, reason::rate_limited);
    EXPECT_EQ(x.x->failed.retry_after, post_come_back);
  }
  two.stage.advance(milliseconds{500});
  EXPECT_EQ(two.counted("troupe_post_turned_away_total"), static_cast<double>(two.ended.size()));
  EXPECT_EQ(two.counted("troupe_post_waiting_bytes"), 0);
  // What the post has taken makes room.
  const auto before = two.calls.size();
  two.offer(offered, offered + 10);
  two.stage.run();
  EXPECT_EQ(two.calls.size(), before + 10);
}

TEST(post, turns_a_request_away_with_an_error_and_at_once) {
  busy_nodes two{std::size_t{1} << 20};
  caf::error said;
  two.stage.make(two.me, [&](caf::event_based_actor* self) {
    const auto whom = two.stage.at("A").places().resolve(plant);
    for (std::uint64_t i = 0; i < 1000; ++i)
      self->send(whom, run_call{i, two.call});
    self->request(whom, std::chrono::minutes{10}, find_task{"x", 1})
        .then([](const task_found&) { ADD_FAILURE() << "found"; },
              [&](const caf::error& e) { said = e; });
  });
  two.stage.run();
  EXPECT_NE(failure_text(two.stage.system(), said).find("too much waits"), std::string::npos)
      << failure_text(two.stage.system(), said);
}

TEST(post, turns_no_answer_away_however_much_waits) {
  constexpr std::size_t window = std::size_t{4} << 20;
  constexpr std::uint64_t each = 300;
  constexpr int times = 3;
  busy_nodes two{window};
  for (int i = 0; i < times; ++i) {
    two.offer(static_cast<std::uint64_t>(i) * each, static_cast<std::uint64_t>(i + 1) * each);
    two.stage.advance(milliseconds{300});
  }
  ASSERT_EQ(two.calls.size(), each * times);
  ASSERT_TRUE(two.ended.empty());
  // More than may wait for the post at B, and in one turn.
  const auto result = std::make_shared<outcome>();
  result->text = std::string(text_bytes, 'y');
  ASSERT_GT(two.calls.size() * text_bytes, window / 4);
  two.stage.make(two.at_plant, [&](caf::event_based_actor* self) {
    for (const auto call : two.calls)
      self->send(caf::actor_cast<caf::actor>(two.asker), call_ended{call, result, nullptr});
  });
  two.stage.run();
  EXPECT_EQ(two.ended.size(), each * times);
}

} // namespace post_intake_cases
} // namespace troupe
