// The front desk alone, while shards move: their orchestrators come and go when the test says so.
#include "actors/front_desk.hpp"
#include "tests/fixtures/post_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace troupe {
namespace front_desk_cases {

using namespace troupe::testing;
using namespace std::chrono_literals;

constexpr parking_limits room;

struct lone_desk {
  lone_desk() {
    parts->fleet.node_id = "A";
    parts->time = timeline{post_stage::wall, stage.system().clock().now()};
    parts->log = post_stage::log();
    const auto place = parts->places->claim({address_kind::node, "A/front_desk"});
    shard = parts->places->claim(directory::orchestrator_of("d", 0));
    other = parts->places->claim(directory::orchestrator_of("d", 1));
    desk = stage.system().spawn(front_desk, parts_ptr{parts}, place, seat_ptr{}, seat_ptr{});
    place->take(desk);
    stage.run();
  }
  ~lone_desk() {
    caf::anon_send_exit(desk, caf::exit_reason::kill);
    for (const auto& who : orchestrators)
      caf::anon_send_exit(who, caf::exit_reason::kill);
    stage.run();
  }

  /// Somebody works on the shard from now on, who only notes what he is given.
  void arrive(const seat_ptr& at) {
    auto who = stage.system().spawn([this](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(caf::drop);
      return {[this](const submit_task& x) { given.push_back(x.what->id); }};
    });
    orchestrators.push_back(who);
    at->take(who);
    parts->places->announce_taken(at);
    stage.run();
  }
  void go(const seat_ptr& at) {
    parts->places->announce_down(at, at->leave(), "its shard moves");
    stage.run();
  }
  /// `count` tasks named after `name`; the number of the first.
  std::uint64_t flood(const std::string& name, std::size_t count, const seat_ptr& to,
                      const std::string& text = {}) {
    for (std::size_t i = 0; i < count; ++i) {
      auto what = std::make_shared<task>();
      what->id = name + std::to_string(i);
      what->text = text;
      task_watch w;
      w.id = what->id;
      w.what = what;
      w.where = to;
      w.refused_ = [this, id = what->id](const refused& x) { refusals.emplace_back(id, x); };
      tell([number = ++last, w](front_desk_state& x) { x.submit(number, w); });
    }
    stage.run();
    return last - count + 1;
  }
  void tell(std::function<void(front_desk_state&)> what) {
    caf::anon_send(desk, at_front_desk{std::move(what)});
  }
  static std::vector<std::string> names(const std::string& name, std::size_t count) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < count; ++i)
      out.push_back(name + std::to_string(i));
    return out;
  }

  post_stage stage;
  std::shared_ptr<node_parts> parts = std::make_shared<node_parts>();
  seat_ptr shard;
  seat_ptr other;
  caf::actor desk;
  std::vector<caf::actor> orchestrators;
  std::vector<std::string> given; ///< ids of tasks, as orchestrators got them
  std::vector<std::pair<std::string, refused>> refusals;
  std::uint64_t last = 0;
};

TEST(front_desk, a_flood_at_a_shard_that_moves_is_kept_up_to_a_bound_and_refused_beyond) {
  lone_desk x;
  const auto most = room.requests_per_shard_max;
  x.flood("a", most + 500, x.shard);
  ASSERT_EQ(x.refusals.size(), 500u);
  for (const auto& [id, why] : x.refusals) {
    EXPECT_EQ(why.why, refusal::busy);
    EXPECT_GT(why.retry_after.count(), 0);
  }
  EXPECT_EQ(x.refusals.front().first, "a" + std::to_string(most));
  // Another shard has its own room.
  x.flood("b", 1, x.other);
  EXPECT_EQ(x.refusals.size(), 500u);
  EXPECT_TRUE(x.given.empty());
  x.stage.advance(1s);
  x.arrive(x.shard);
  EXPECT_EQ(x.given, lone_desk::names("a", most));
  // The line is gone, and with it the bound.
  x.flood("c", 2 * most, x.shard);
  EXPECT_EQ(x.given.size(), 3 * most);
  EXPECT_EQ(x.refusals.size(), 500u);
  // Nobody comes for the other: whoever waits hears so in time.
  x.stage.advance(front_desk_state::patience);
  ASSERT_EQ(x.refusals.size(), 501u);
  EXPECT_EQ(x.refusals.back().first, "b0");
  EXPECT_EQ(x.refusals.back().second.why, refusal::busy);
}

TEST(front_desk, bytes_that_wait_are_bounded_over_all_shards) {
  lone_desk x;
  const std::string large(room.bytes_max / 8, 'x');
  x.flood("a", 5, x.shard, large);
  x.flood("b", 4, x.other, large);
  ASSERT_EQ(x.refusals.size(), 1u);
  EXPECT_EQ(x.refusals.front().first, "b3");
  EXPECT_EQ(x.refusals.front().second.why, refusal::busy);
}

TEST(front_desk, whoever_waits_no_longer_makes_room) {
  lone_desk x;
  const auto first = x.flood("a", room.requests_per_shard_max, x.shard);
  x.flood("b", 1, x.shard);
  ASSERT_EQ(x.refusals.size(), 1u);
  x.tell([first](front_desk_state& desk) { desk.forget(first); });
  x.flood("c", 1, x.shard);
  EXPECT_EQ(x.refusals.size(), 1u);
  x.arrive(x.shard);
  EXPECT_EQ(x.given.size(), room.requests_per_shard_max);
  EXPECT_EQ(x.given.front(), "a1");
  EXPECT_EQ(x.given.back(), "c0");
}

TEST(front_desk, what_was_accepted_before_its_shard_moved_is_never_refused) {
  lone_desk x;
  const auto most = room.requests_per_shard_max;
  x.arrive(x.shard);
  x.flood("a", 2 * most, x.shard);
  for (const auto& id : x.given)
    caf::anon_send(x.desk, task_accepted{id, false, {}});
  x.stage.run();
  x.given.clear();
  x.go(x.shard);
  // It takes no room from what is new, and waits for longer.
  x.flood("b", most + 1, x.shard);
  ASSERT_EQ(x.refusals.size(), 1u);
  x.stage.advance(2 * front_desk_state::patience);
  EXPECT_EQ(x.refusals.size(), most + 1);
  x.arrive(x.shard);
  std::sort(x.given.begin(), x.given.end());
  auto all = lone_desk::names("a", 2 * most);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(x.given, all);
}

} // namespace front_desk_cases
} // namespace troupe
