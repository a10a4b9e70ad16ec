// Limits of language models: in which order they go who wait.
#include "policies/quota_queue.hpp"
#include "policies/quota_slice.hpp"
#include "tests/policies/llm/quota_words.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::quota_words;
using namespace std::chrono_literals;

namespace quota_queue_cases {

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

} // namespace quota_queue_cases
