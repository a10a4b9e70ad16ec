// Limits of language models: the window, the queue, and how the owner of a limit lends it.
#include "policies/dice.hpp"
#include "policies/quota_book.hpp"
#include "policies/quota_flows.hpp"
#include "policies/quota_queue.hpp"
#include "policies/quota_slice.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace troupe {
namespace {

using namespace std::chrono_literals;

constexpr timestamp t0{std::chrono::hours{1000}};
constexpr quota_amount requests(std::uint64_t n) {
  return {{n, 0, 0}};
}

quota_slice whole(quota_amount limit) {
  quota_slice out{limit};
  out.lend(limit, limit, no_deadline);
  return out;
}

// -- the slice ------------------------------------------------------------------

TEST(quota_slice, what_is_not_lent_cannot_be_used) {
  quota_slice s{requests(10)};
  EXPECT_FALSE(s.look(0, true, 1, t0).goes);
  s.lend(requests(2), requests(2), t0 + 10s);
  EXPECT_TRUE(s.look(0, true, 1, t0).goes);
  s.take(0, t0);
  s.take(0, t0);
  const auto full = s.look(0, true, 1, t0);
  EXPECT_FALSE(full.goes);
  EXPECT_EQ(full.when, t0 + quota_minute + quota_on_its_way);
  EXPECT_FALSE(s.look(0, true, 1, t0 + 10s).goes);
}

TEST(quota_slice, a_request_counts_for_a_minute_from_when_the_provider_must_have_had_it) {
  auto s = whole(requests(1));
  const auto number = s.take(0, t0);
  s.ended(number, 0, t0 + 300ms);
  const auto free = t0 + 300ms + quota_minute + quota_clocks;
  EXPECT_FALSE(s.look(0, true, 1, free - 1ms).goes);
  EXPECT_TRUE(s.look(0, true, 1, free).goes);
  s.take(0, free); // Its answer never comes.
  EXPECT_FALSE(s.look(0, true, 1, free + quota_minute).goes);
  EXPECT_TRUE(s.look(0, true, 1, free + quota_minute + quota_on_its_way).goes);
}

TEST(quota_slice, tokens_count_as_expected_and_then_as_they_were) {
  auto s = whole({{0, 1000, 0}});
  const auto number = s.take(900, t0);
  EXPECT_FALSE(s.look(200, true, 1, t0).goes);
  s.ended(number, 300, t0 + 1s);
  EXPECT_TRUE(s.look(700, true, 1, t0 + 1s).goes);
  EXPECT_FALSE(s.look(701, true, 1, t0 + 1s).goes);
  EXPECT_EQ(s.used(t0 + 1s), (quota_amount{{1, 300, 0}}));
}

TEST(quota_slice, so_many_are_under_way_and_no_more) {
  auto s = whole({{0, 0, 2}});
  const auto a = s.take(0, t0);
  s.take(0, t0);
  EXPECT_FALSE(s.look(0, true, 1, t0 + 1h).goes) << "however long they take";
  s.ended(a, 0, t0 + 1h);
  EXPECT_TRUE(s.look(0, true, 1, t0 + 1h).goes);
}

TEST(quota_slice, what_is_frozen_waits) {
  auto s = whole(requests(100));
  s.freeze(t0 + 7s);
  EXPECT_EQ(s.look(0, true, 1, t0).when, t0 + 7s);
  EXPECT_TRUE(s.look(0, true, 1, t0 + 7s).goes);
}

TEST(quota_slice, what_is_owed_is_given_back_as_it_gets_free_and_not_used_again) {
  auto s = whole(requests(10));
  for (int i = 0; i < 6; ++i)
    s.take(0, t0 + i * 1s);
  s.lend(requests(10), requests(3), no_deadline);
  EXPECT_EQ(s.give_back(t0 + 10s), requests(6));
  EXPECT_FALSE(s.look(0, true, 1, t0 + 10s).goes);
  EXPECT_EQ(s.give_back(t0 + 63s), requests(3));
  EXPECT_TRUE(s.look(0, true, 1, t0 + 64s).goes);
}

TEST(quota_slice, after_its_lease_nothing_is_sent_and_all_is_owed_that_is_not_in_use) {
  quota_slice s{requests(10)};
  s.lend(requests(10), requests(10), t0 + 10s);
  const auto number = s.take(0, t0);
  EXPECT_FALSE(s.lapse(t0 + 9s));
  EXPECT_TRUE(s.lapse(t0 + 10s));
  EXPECT_FALSE(s.lapse(t0 + 10s)) << "that was said";
  EXPECT_FALSE(s.look(0, true, 1, t0 + 10s).goes);
  EXPECT_EQ(s.give_back(t0 + 10s), requests(1));
  s.ended(number, 0, t0 + 500ms);
  EXPECT_EQ(s.give_back(t0 + 59s), requests(1)) << "the provider counts it";
  EXPECT_FALSE(s.forget(t0 + 59s));
  auto late = s;
  EXPECT_TRUE(late.forget(t0 + 60s)) << "its owner may lend it to others a second later";
  EXPECT_FALSE(late.forget(t0 + 60s));
  EXPECT_TRUE(late.give_back(t0 + 60s).none());
  EXPECT_TRUE(s.give_back(t0 + 62s).none());
  EXPECT_TRUE(s.used(t0 + 62s).none());
}

TEST(quota_slice, a_few_go_at_once_and_too_many_are_spread) {
  auto s = whole(requests(600));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(s.look(0, false, 100 - i, t0).goes) << i;
    s.take(0, t0);
  }
  // More than there is room for: someone urgent must find something a moment later.
  auto now = t0;
  int sent = 100;
  for (; now < t0 + 5min; now += 50ms) {
    while (s.look(0, false, 5000, now).goes) {
      s.take(0, now);
      ++sent;
    }
    if (now > t0 + 2min)
      continue;
    const auto urgent = s.look(0, true, 5000, now);
    ASSERT_TRUE(urgent.goes || urgent.when < now + 500ms) << (now - t0).count();
  }
  EXPECT_GE(sent, 5 * 600 * 0.95);
}

// -- the queue ------------------------------------------------------------------

quota_wish wish(std::uint64_t id, priority urgency, std::string tenant, double weight = 1) {
  quota_wish out;
  out.id = id;
  out.urgency = urgency;
  out.tenant = std::move(tenant);
  out.weight = weight;
  return out;
}

std::vector<std::uint64_t> drain(quota_queue& q, std::size_t most) {
  std::vector<std::uint64_t> out;
  while (out.size() < most) {
    const auto x = q.pop([](const quota_wish&, bool) { return quota_queue::fit::yes; });
    if (!x)
      break;
    out.push_back(x->id);
  }
  return out;
}

TEST(quota_queue, the_more_urgent_go_first) {
  quota_queue q{100};
  q.push(wish(1, priority::low, "a"));
  q.push(wish(2, priority::medium, "a"));
  q.push(wish(3, priority::urgent, "a"));
  q.push(wish(4, priority::high, "a"));
  EXPECT_EQ(drain(q, 9), (std::vector<std::uint64_t>{3, 4, 2, 1}));
}

TEST(quota_queue, tenants_share_by_their_weights_whatever_they_bring) {
  quota_queue q{10000};
  std::uint64_t id = 0;
  std::map<std::uint64_t, std::string> whose;
  const auto add = [&](const std::string& tenant, double weight, int n) {
    for (int i = 0; i < n; ++i) {
      whose[++id] = tenant;
      q.push(wish(id, priority::medium, tenant, weight));
    }
  };
  add("flood", 1, 3000);
  add("small", 1, 200);
  add("gold", 3, 600);
  std::map<std::string, int> got;
  for (const auto x : drain(q, 700))
    ++got[whose[x]];
  // Every eighth turn is the eldest's, which is the flood's; it is charged for it.
  EXPECT_NEAR(got["gold"], 3 * got["small"], 12);
  EXPECT_NEAR(got["flood"], got["small"], 12);
}

TEST(quota_queue, nobody_starves) {
  quota_queue q{10000};
  q.push(wish(1, priority::low, "patient"));
  std::uint64_t id = 1;
  for (int turn = 0; turn < 20; ++turn) {
    for (int i = 0; i < 3; ++i)
      q.push(wish(++id, priority::urgent, "busy"));
    const auto got = drain(q, 1);
    if (got.front() == 1)
      return;
  }
  FAIL() << "it waits behind every urgent one that comes";
}

TEST(quota_queue, the_eldest_holds_up_nobody_urgent_because_it_has_to_go_evenly) {
  auto s = whole(requests(20));
  quota_queue q{100};
  const auto fits = [&](const quota_wish& x, bool urgent) {
    return s.look(x.tokens, urgent, 100, t0 + 1s).goes ? quota_queue::fit::yes
                                                       : quota_queue::fit::none;
  };
  q.push(wish(1, priority::low, "patient"));
  for (std::uint64_t id = 2; id <= 12; ++id) {
    s.take(0, t0);
    if (id <= 8) {
      q.push(wish(id, priority::urgent, "vip"));
      ASSERT_EQ(q.pop(fits)->id, id);
    }
  }
  EXPECT_FALSE(q.pop(fits)) << "more than half is used: it has to wait";
  q.push(wish(100, priority::urgent, "vip"));
  std::set<std::uint64_t> went;
  while (const auto x = q.pop(fits))
    went.insert(x->id);
  EXPECT_TRUE(went.contains(100));
  EXPECT_EQ(q.size(), 0u) << "and it was its turn";
}

TEST(quota_queue, who_floods_it_loses_its_own) {
  quota_queue q{4};
  for (std::uint64_t id = 1; id <= 4; ++id)
    EXPECT_FALSE(q.push(wish(id, priority::medium, "flood")));
  EXPECT_EQ(q.push(wish(5, priority::medium, "flood")), 5u);
  EXPECT_EQ(q.push(wish(6, priority::medium, "other")), 4u);
  EXPECT_EQ(q.push(wish(7, priority::urgent, "third")), 3u);
  EXPECT_EQ(q.push(wish(8, priority::low, "fourth")), 8u) << "nobody is less urgent";
  EXPECT_EQ(q.size(), 4u);
}

TEST(quota_queue, a_lane_without_room_holds_nobody_else_up) {
  quota_queue q{100};
  for (std::uint64_t id = 1; id <= 6; ++id) {
    auto w = wish(id, priority::medium, "a");
    w.lane = id % 2;
    q.push(w);
  }
  const auto even = [](const quota_wish& x, bool) {
    return x.lane == 0 ? quota_queue::fit::yes : quota_queue::fit::not_this_lane;
  };
  std::vector<std::uint64_t> got;
  while (const auto x = q.pop(even))
    got.push_back(x->id);
  EXPECT_EQ(got, (std::vector<std::uint64_t>{2, 4, 6}));
  EXPECT_EQ(q.size(), 3u);
}

TEST(quota_queue, deadlines_and_those_who_give_up) {
  quota_queue q{100};
  for (std::uint64_t id = 1; id <= 3; ++id) {
    auto w = wish(id, priority::medium, "a");
    w.deadline = t0 + id * 1s;
    q.push(w);
  }
  EXPECT_EQ(q.next_deadline(), t0 + 1s);
  EXPECT_TRUE(q.erase(2));
  EXPECT_FALSE(q.erase(2));
  EXPECT_EQ(q.expire(t0 + 1s).size(), 1u);
  EXPECT_EQ(q.next_deadline(), t0 + 3s);
  EXPECT_EQ(drain(q, 9), (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(q.next_deadline(), no_deadline);
}

// -- shares ---------------------------------------------------------------------

quota_need need(std::vector<quota_flow> flows, std::uint64_t largest = 0,
                milliseconds longest = 0ms) {
  return {std::move(flows), requests(largest), longest, {}};
}
quota_flow flow(priority urgency, std::uint64_t tenant, std::uint64_t n, double weight = 1) {
  return {urgency, tenant, weight, requests(n)};
}
std::vector<std::uint64_t> shares(std::uint64_t all, const std::vector<quota_need>& nodes) {
  std::vector<const quota_need*> at;
  for (const auto& n : nodes)
    at.push_back(&n);
  return quota_shares(all, quota_kind::requests, at);
}

TEST(quota_shares, are_even_where_nobody_needs_anything) {
  EXPECT_EQ(shares(10, {need({}), need({}), need({})}), (std::vector<std::uint64_t>{4, 3, 3}));
  EXPECT_TRUE(shares(10, {}).empty());
}

TEST(quota_shares, follow_the_need) {
  EXPECT_EQ(shares(100, {need({flow(priority::medium, 1, 80)}), need({})}),
            (std::vector<std::uint64_t>{90, 10}));
  EXPECT_EQ(
      shares(100, {need({flow(priority::medium, 1, 300)}), need({flow(priority::medium, 1, 100)})}),
      (std::vector<std::uint64_t>{75, 25}));
}

TEST(quota_shares, are_the_same_for_each_tenant_wherever_it_is) {
  // A flood at one node, two small ones at the other.
  EXPECT_EQ(shares(90, {need({flow(priority::medium, 1, 5000)}),
                        need({flow(priority::medium, 2, 40), flow(priority::medium, 3, 40)})}),
            (std::vector<std::uint64_t>{30, 60}));
  EXPECT_EQ(
      shares(90, {need({flow(priority::medium, 1, 5000)}), need({flow(priority::medium, 2, 10)})}),
      (std::vector<std::uint64_t>{80, 10}));
  EXPECT_EQ(shares(80, {need({flow(priority::medium, 1, 500)}),
                        need({flow(priority::medium, 2, 500, 3)})}),
            (std::vector<std::uint64_t>{20, 60}));
}

TEST(quota_shares, what_is_urgent_comes_first_and_leaves_something) {
  EXPECT_EQ(
      shares(160, {need({flow(priority::urgent, 1, 500)}), need({flow(priority::low, 2, 500)})}),
      (std::vector<std::uint64_t>{150, 10}));
}

TEST(quota_shares, a_node_that_waits_gets_what_its_largest_needs) {
  // Three places for five nodes: those that have waited longest.
  std::vector<quota_need> nodes;
  for (int i = 0; i < 5; ++i)
    nodes.push_back(need({flow(priority::medium, 1, 10)}, 1, i * 1s));
  EXPECT_EQ(shares(3, nodes), (std::vector<std::uint64_t>{0, 0, 1, 1, 1}));
  EXPECT_EQ(shares(100, {need({flow(priority::medium, 1, 900)}),
                         need({flow(priority::medium, 2, 30)}, 60)}),
            (std::vector<std::uint64_t>{40, 60}));
}

TEST(quota_shares, what_others_use_beyond_theirs_is_waited_for_by_all) {
  auto large = need({flow(priority::medium, 1, 68)});
  auto larger = need({flow(priority::medium, 1, 138)});
  auto small = need({flow(priority::medium, 1, 2)}, 1);
  large.used = requests(48);
  larger.used = requests(52);
  const auto got = shares(120, {large, larger, small});
  EXPECT_EQ(got[0], 39u) << "it gives back what gets free";
  EXPECT_LE(got[1], 71u) << "it has some of what the third one needs";
  EXPECT_GE(got[2], 1u);
}

// -- the book -------------------------------------------------------------------

quota_claim claim(std::uint64_t has = 0, bool knew = false, std::uint64_t life = 1) {
  quota_claim out;
  out.life = life;
  out.has = requests(has);
  out.knew = knew;
  return out;
}

TEST(quota_book, begins_when_all_members_say_that_there_was_none) {
  quota_book b{requests(100), t0};
  b.use({"a", "b"});
  EXPECT_TRUE(b.asked("a", claim(), t0).has.none()) << "b may know of something";
  EXPECT_EQ(b.asked("b", claim(), t0).has, requests(50));
  EXPECT_EQ(b.asked("a", claim(), t0).has, requests(50));
  EXPECT_TRUE(b.free().none());
}

TEST(quota_book, takes_for_used_what_nobody_tells_of) {
  quota_book b{requests(100), t0};
  b.use({"a", "b"});
  EXPECT_EQ(b.asked("a", claim(30, true), t0).has, requests(30));
  EXPECT_EQ(b.asked("b", claim(20, true), t0).has, requests(20));
  EXPECT_EQ(b.unknown(), requests(50));
  const quota_times times;
  const auto known = t0 + times.fenced + times.lease + times.lease / 16 + quota_minute +
                     quota_on_its_way + quota_clocks;
  for (auto now = t0; now < known; now += 1s) {
    EXPECT_EQ(b.asked("a", claim(30), now).has, requests(30));
    EXPECT_EQ(b.asked("b", claim(20), now).has, requests(20));
  }
  b.asked("a", claim(30), known);
  b.asked("b", claim(20), known);
  EXPECT_EQ(b.lent(), requests(100));
}

TEST(quota_book, what_is_given_back_goes_to_others_at_once) {
  quota_book b{requests(100), t0};
  b.use({"a", "b"});
  b.asked("a", claim(100, true), t0);
  const auto said = b.asked("b", claim(), t0);
  EXPECT_TRUE(said.has.none());
  EXPECT_EQ(b.asked("a", claim(100), t0).target, requests(50));
  b.asked("a", claim(60), t0 + 1s);
  EXPECT_EQ(b.asked("b", claim(), t0 + 1s).has, requests(40));
}

TEST(quota_book, what_the_silent_had_comes_back_a_minute_after_its_lease) {
  quota_book b{requests(100), t0};
  b.use({"a", "b"});
  b.asked("a", claim(), t0);
  b.asked("b", claim(), t0);
  b.asked("a", claim(), t0);
  b.use({"a"});
  auto now = t0;
  std::uint64_t has = 50;
  while (has < 100 && now < t0 + 10min) {
    now += 1s;
    has = b.asked("a", claim(has), now).has[quota_kind::requests];
  }
  EXPECT_EQ(has, 100u);
  const quota_times times;
  EXPECT_GE(now, t0 + times.lease + quota_minute);
  EXPECT_LE(now, t0 + times.lease + quota_minute + 3s);
}

TEST(quota_book, who_has_forgotten_what_it_had_begins_anew) {
  quota_book b{requests(100), t0};
  b.use({"a"});
  EXPECT_EQ(b.asked("a", claim(), t0).has, requests(100));
  EXPECT_TRUE(b.asked("a", claim(0, true, 2), t0 + 1s).has.none());
}

TEST(quota_book, who_is_no_member_gives_back) {
  quota_book b{requests(100), t0};
  b.use({"a", "b"});
  b.asked("a", claim(), t0);
  b.asked("b", claim(), t0);
  b.use({"a"});
  EXPECT_TRUE(b.asked("b", claim(50), t0 + 1s).target.none());
}

TEST(quota_book, claims_that_cannot_be_true_are_not_believed) {
  quota_book b{requests(100), t0};
  b.use({"a"});
  b.asked("a", claim(), t0);
  EXPECT_EQ(b.asked("a", claim(1000), t0).has, requests(100));
  quota_book c{requests(100), t0};
  c.use({"a", "b"});
  EXPECT_EQ(c.asked("a", claim(80, true), t0).has, requests(80));
  EXPECT_EQ(c.asked("b", claim(80, true), t0).has, requests(20));
}

TEST(quota_flows, tell_what_waits_and_what_was_used) {
  quota_flows f;
  const quota_flows::whose a{priority::high, 7, 2}, b{priority::low, 8, 1};
  f.waits(a, 100);
  f.waits(b, 10);
  f.leaves(b, 10);
  const auto number = f.sent(a, 100, t0);
  ASSERT_EQ(f.list(9, t0).size(), 1u);
  EXPECT_EQ(f.list(9, t0)[0].need, (quota_amount{{1, 100, 1}}));
  f.ended(number, a, 40);
  EXPECT_EQ(f.list(9, t0)[0].need, (quota_amount{{1, 40, 0}}));
  EXPECT_TRUE(f.list(9, t0 + 61s).empty());
  for (std::uint64_t i = 0; i < 10; ++i)
    f.waits({priority::medium, 100 + i, 1}, 1);
  const auto some = f.list(4, t0);
  ASSERT_EQ(some.size(), 5u);
  EXPECT_EQ(some.back().need, (quota_amount{{6, 6, 6}}));
  EXPECT_EQ(some.back().weight, 6);
}

} // namespace
} // namespace troupe
