#include "policies/ownership.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace troupe {
namespace ownership_cases {

using kind = ownership_action::kind;
constexpr milliseconds full_wait{2125}; // a lease and a sixteenth

timestamp at_ms(std::int64_t ms) {
  return timestamp{std::chrono::hours{1}} + milliseconds{ms};
}

member up(const std::string& node, std::uint64_t incarnation = 1) {
  member m;
  m.node = node;
  m.incarnation = incarnation;
  m.state = member_state::up;
  return m;
}

member_table table(std::uint64_t version, std::vector<member> rows) {
  return {version, std::move(rows), {}, {}};
}

/// A domain with one shard: whoever of `rows` owns it.
std::string owner(const member_table& t) {
  return owners_of(t, "support", {{}, 1}).at(0);
}

const shard_key shard{"support", 0};

struct seen {
  ownership is;
  ownership::actions todo;

  explicit seen(std::string self, ownership_settings settings = {})
      : is(std::move(self), {"support"}, {{}, 1}, settings) {}
  std::vector<kind> take_all() {
    std::vector<kind> out;
    for (const auto& a : todo)
      out.push_back(a.what);
    last = todo.empty() ? ownership_action{} : todo.back();
    todo.clear();
    return out;
  }
  ownership_action last{};
};

using kinds = std::vector<kind>;

/// Two nodes of which the first owns the shard while it is up.
struct pair_of_nodes {
  std::string first = owner(table(1, {up("a"), up("b")}));
  std::string second = first == "a" ? "b" : "a";
  member_table alone = table(1, {up(second)});
  member_table both = table(2, first < second ? std::vector{up(first), up(second)}
                                              : std::vector{up(second), up(first)});
};

TEST(ownership, what_nobody_owned_is_taken_at_once_and_leased_after_a_lease) {
  seen a{"a"};
  a.is.use(table(1, {up("a")}), at_ms(0), a.todo);
  EXPECT_EQ(a.take_all(), kinds{kind::take});
  EXPECT_EQ(a.is.epoch_of(shard), 0u);
  a.is.taken(shard, 7, at_ms(10), a.todo);
  EXPECT_EQ(a.is.epoch_of(shard), 7u);
  const auto lease = at_ms(100000);
  EXPECT_FALSE(a.is.leases().allow(shard, at_ms(0) + full_wait - milliseconds{1}, lease));
  EXPECT_TRUE(a.is.leases().allow(shard, at_ms(0) + full_wait, lease));
  EXPECT_FALSE(a.is.leases().allow(shard, lease, lease));
}

TEST(ownership, a_living_owner_hands_over_in_order) {
  pair_of_nodes x;
  seen old{x.second};
  seen fresh{x.first};
  old.is.use(x.alone, at_ms(0), old.todo);
  fresh.is.use(x.alone, at_ms(0), fresh.todo);
  old.is.taken(shard, 1, at_ms(0), old.todo);
  EXPECT_TRUE(fresh.take_all().empty());
  old.take_all();

  fresh.is.use(x.both, at_ms(5000), fresh.todo);
  EXPECT_EQ(fresh.take_all(), kinds{kind::ask});
  EXPECT_EQ(fresh.last.node, x.second);
  // The old owner has not seen the new table yet.
  old.is.asked(shard, x.first, 2, old.todo);
  EXPECT_EQ(old.take_all(), kinds{kind::refresh});
  EXPECT_TRUE(old.is.leases().allow(shard, at_ms(5000), at_ms(9000)));
  old.is.use(x.both, at_ms(5001), old.todo);
  EXPECT_EQ(old.take_all(), kinds{kind::drain});
  EXPECT_FALSE(old.is.leases().allow(shard, at_ms(5001), at_ms(9000)));
  EXPECT_EQ(old.is.epoch_of(shard), 1u); // what is under way is still written
  old.is.asked(shard, x.first, 2, old.todo);
  EXPECT_TRUE(old.take_all().empty());
  old.is.drained(shard, at_ms(5100), old.todo);
  EXPECT_EQ(old.take_all(), kinds{kind::released});
  EXPECT_EQ(old.last.leased_in, milliseconds{0});
  EXPECT_EQ(old.is.busy(), 0u);

  fresh.is.released(shard, x.second, 2, milliseconds{0}, at_ms(5101), fresh.todo);
  EXPECT_EQ(fresh.take_all(), kinds{kind::take});
  fresh.is.taken(shard, 2, at_ms(5105), fresh.todo);
  EXPECT_TRUE(fresh.is.leases().allow(shard, at_ms(5105), at_ms(9000)));
}

TEST(ownership, an_owner_that_does_not_answer_is_not_waited_for_for_ever) {
  pair_of_nodes x;
  seen fresh{x.first};
  fresh.is.use(x.alone, at_ms(0), fresh.todo);
  fresh.is.use(x.both, at_ms(1000), fresh.todo);
  std::size_t asked = 0;
  std::int64_t ms = 1000;
  for (; ms < 20000; ms += 50) {
    fresh.is.tick(at_ms(ms), fresh.todo);
    const auto did = fresh.take_all();
    asked += static_cast<std::size_t>(std::count(did.begin(), did.end(), kind::ask));
    if (std::count(did.begin(), did.end(), kind::take) > 0)
      break;
  }
  EXPECT_EQ(ms, 6000);
  EXPECT_EQ(asked, 10u);
}

TEST(ownership, a_dead_owner_is_not_asked) {
  pair_of_nodes x;
  seen heir{x.second};
  heir.is.use(x.both, at_ms(0), heir.todo);
  EXPECT_TRUE(heir.take_all().empty());
  auto dead = x.both;
  dead.version = 3;
  for (auto& m : dead.rows)
    if (m.node == x.first)
      m.state = member_state::down;
  heir.is.use(dead, at_ms(100), heir.todo);
  EXPECT_EQ(heir.take_all(), kinds{kind::take});
}

TEST(ownership, an_owner_that_dies_while_it_is_asked_is_not_waited_for) {
  pair_of_nodes x;
  seen fresh{x.first};
  fresh.is.use(x.alone, at_ms(0), fresh.todo);
  fresh.is.use(x.both, at_ms(0), fresh.todo);
  EXPECT_EQ(fresh.take_all(), kinds{kind::ask});
  auto dead = x.both;
  dead.version = 3;
  for (auto& m : dead.rows)
    if (m.node == x.second)
      m.incarnation = 2;
  fresh.is.use(dead, at_ms(600), fresh.todo);
  EXPECT_EQ(fresh.take_all(), kinds{kind::take});
}

TEST(ownership, whoever_is_fenced_reads_the_table_before_it_takes_again) {
  seen a{"a"};
  a.is.use(table(1, {up("a")}), at_ms(0), a.todo);
  a.is.taken(shard, 3, at_ms(1), a.todo);
  a.take_all();
  a.is.fenced(shard, 2, at_ms(5000), a.todo);
  EXPECT_TRUE(a.take_all().empty());
  a.is.fenced(shard, 3, at_ms(5000), a.todo);
  EXPECT_EQ(a.take_all(), (kinds{kind::drop, kind::refresh}));
  EXPECT_EQ(a.is.epoch_of(shard), 0u);
  a.is.tick(at_ms(10000), a.todo);
  EXPECT_TRUE(a.take_all().empty());
  a.is.use(table(1, {up("a")}), at_ms(10001), a.todo);
  EXPECT_EQ(a.take_all(), kinds{kind::take});
  a.is.taken(shard, 5, at_ms(10002), a.todo);
  EXPECT_FALSE(a.is.leases().allow(shard, at_ms(10002), at_ms(20000)));
}

TEST(ownership, nodes_that_never_agree_do_not_fight) {
  seen a{"a"};
  a.is.use(table(1, {up("a")}), at_ms(0), a.todo);
  std::int64_t ms = 0;
  std::uint64_t epoch = 0;
  int takes = 0;
  for (; ms < 600000; ms += 100) {
    a.is.tick(at_ms(ms), a.todo);
    for (const auto what : a.take_all())
      if (what == kind::take) {
        // Somebody else takes it right away, every time.
        ++takes;
        a.is.taken(shard, epoch += 2, at_ms(ms), a.todo);
        a.is.fenced(shard, epoch, at_ms(ms), a.todo);
        a.is.use(table(1, {up("a")}), at_ms(ms), a.todo);
        break;
      }
  }
  EXPECT_GE(takes, 20);
  EXPECT_LE(takes, 30);
}

TEST(ownership, a_skipped_version_may_have_had_another_owner) {
  seen a{"a"};
  a.is.use(table(1, {up("a")}), at_ms(0), a.todo);
  a.is.taken(shard, 3, at_ms(1), a.todo);
  const auto lease = at_ms(100000);
  a.is.use(table(2, {up("a")}), at_ms(5000), a.todo);
  EXPECT_TRUE(a.is.leases().allow(shard, at_ms(5000), lease));
  a.is.use(table(4, {up("a")}), at_ms(6000), a.todo);
  EXPECT_FALSE(a.is.leases().allow(shard, at_ms(6000), lease));
  EXPECT_TRUE(a.is.leases().allow(shard, at_ms(6000) + full_wait, lease));
  EXPECT_EQ(a.is.epoch_of(shard), 3u); // the store knows better whether it still is the owner
}

TEST(ownership, an_older_table_changes_nothing) {
  pair_of_nodes x;
  seen fresh{x.first};
  fresh.is.use(x.both, at_ms(0), fresh.todo);
  EXPECT_EQ(fresh.take_all(), kinds{kind::take});
  fresh.is.use(x.alone, at_ms(1), fresh.todo);
  EXPECT_TRUE(fresh.take_all().empty());
  EXPECT_EQ(fresh.is.owner_of(shard), x.first);
}

TEST(ownership, a_take_that_failed_is_repeated_and_a_late_answer_counts_the_higher_epoch) {
  seen a{"a"};
  a.is.use(table(1, {up("a")}), at_ms(0), a.todo);
  a.take_all();
  a.is.take_failed(shard, at_ms(10));
  a.is.tick(at_ms(100), a.todo);
  EXPECT_TRUE(a.take_all().empty());
  a.is.tick(at_ms(510), a.todo);
  EXPECT_EQ(a.take_all(), kinds{kind::take});
  a.is.taken(shard, 4, at_ms(520), a.todo);
  a.is.taken(shard, 5, at_ms(530), a.todo);
  EXPECT_EQ(a.is.epoch_of(shard), 5u);
  a.is.taken(shard, 4, at_ms(540), a.todo);
  EXPECT_EQ(a.is.epoch_of(shard), 5u);
}

TEST(ownership, takes_are_spread_in_time) {
  ownership is{"a", {"support", "billing"}, {{}, 100}, {}};
  ownership::actions todo;
  is.use(table(1, {up("a")}), at_ms(0), todo);
  EXPECT_EQ(todo.size(), 64u);
  const auto first = todo.front().shard;
  todo.clear();
  is.tick(at_ms(200), todo);
  EXPECT_TRUE(todo.empty());
  is.taken(first, 1, at_ms(210), todo);
  is.tick(at_ms(300), todo);
  EXPECT_EQ(todo.size(), 1u);
}

TEST(ownership, what_is_another_ones_by_now_is_not_taken_any_more) {
  pair_of_nodes x;
  seen a{x.second};
  a.is.use(x.alone, at_ms(0), a.todo);
  EXPECT_EQ(a.take_all(), kinds{kind::take});
  a.is.use(x.both, at_ms(10), a.todo);
  EXPECT_EQ(a.take_all(), kinds{kind::drain});
  a.is.asked(shard, x.first, 2, a.todo);
  EXPECT_TRUE(a.take_all().empty());
  // Its answer was under way; and nobody asks for it again.
  a.is.taken(shard, 1, at_ms(30), a.todo);
  a.is.tick(at_ms(30) + ownership_settings{}.handover_wait, a.todo);
  EXPECT_TRUE(a.take_all().empty());
  a.is.drained(shard, at_ms(40), a.todo);
  EXPECT_EQ(a.take_all(), kinds{kind::released});
  EXPECT_EQ(a.last.node, x.first);
  // It never had the right to leased work itself: what it waited for goes on with the shard.
  EXPECT_EQ(a.last.leased_in, at_ms(0) + full_wait - at_ms(40));
}

TEST(ownership, the_end_of_an_incarnation_drops_everything) {
  seen a{"a"};
  a.is.use(table(1, {up("a")}), at_ms(0), a.todo);
  a.is.taken(shard, 3, at_ms(1), a.todo);
  a.take_all();
  a.is.stop(a.todo);
  EXPECT_EQ(a.take_all(), kinds{kind::drop});
  EXPECT_EQ(a.is.busy(), 0u);
  EXPECT_EQ(a.is.next_timer(), no_deadline);
}

TEST(ownership, requests_go_to_the_owner_by_the_best_way_there_is) {
  using to = shard_route::kind;
  auto rows = std::vector{up("a"), up("b"), up("c")};
  const auto its = owner(table(1, rows));
  const std::string self = its == "a" ? "b" : "a";
  seen x{self};
  x.is.use(table(1, rows), at_ms(0), x.todo);
  const auto all = [](std::string_view) { return true; };
  const auto none = [](std::string_view) { return false; };
  const auto not_owner = [&](std::string_view n) { return n != its; };
  EXPECT_EQ(x.is.route(shard, 0, all).where, to::forward);
  EXPECT_EQ(x.is.route(shard, 0, all).node, its);
  EXPECT_EQ(x.is.route(shard, 3, all).where, to::park);
  EXPECT_EQ(x.is.route(shard, 0, none).where, to::park);
  const auto relay = x.is.route(shard, 0, not_owner);
  EXPECT_EQ(relay.where, to::relay);
  EXPECT_NE(relay.node, its);
  EXPECT_NE(relay.node, self);
  EXPECT_EQ(x.is.route(shard, 1, not_owner).where, to::park);

  seen o{its};
  o.is.use(table(1, rows), at_ms(0), o.todo);
  EXPECT_EQ(o.is.route(shard, 0, all).where, to::park);
  o.is.taken(shard, 1, at_ms(1), o.todo);
  EXPECT_EQ(o.is.route(shard, 0, all).where, to::here);

  for (auto& m : rows)
    m.state = member_state::down;
  x.is.use(table(2, rows), at_ms(2), x.todo);
  EXPECT_EQ(x.is.route(shard, 0, all).where, to::refuse);
}

TEST(ownership, a_domain_that_comes_is_taken_and_one_that_goes_is_dropped) {
  seen a{"a"};
  a.is.use(table(1, {up("a")}), at_ms(0), a.todo);
  a.is.taken(shard, 1, at_ms(0), a.todo);
  a.take_all();
  a.is.serve({"sales", "support"}, at_ms(10), a.todo);
  EXPECT_EQ(a.take_all(), kinds{kind::take});
  EXPECT_EQ(a.last.shard.domain, "sales");
  a.is.taken({"sales", 0}, 4, at_ms(20), a.todo);
  EXPECT_EQ(a.is.epoch_of({"sales", 0}), 4u);
  EXPECT_EQ(a.is.epoch_of(shard), 1u);
  a.take_all();
  a.is.serve({"sales"}, at_ms(30), a.todo);
  EXPECT_EQ(a.take_all(), kinds{kind::drop});
  EXPECT_EQ(a.last.shard.domain, "support");
  EXPECT_EQ(a.is.epoch_of(shard), 0u);
  // A later table does not bring it back.
  a.is.use(table(2, {up("a")}), at_ms(40), a.todo);
  EXPECT_TRUE(a.take_all().empty());
}

} // namespace ownership_cases
} // namespace troupe
