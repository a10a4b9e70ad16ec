// Limits of language models: how much of one each node needs, and gets.
#include "policies/quota_book.hpp"
#include "policies/quota_flows.hpp"
#include "tests/policies/llm/quota_words.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace troupe;
using namespace troupe::quota_words;
using namespace std::chrono_literals;

namespace quota_shares_cases {

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

} // namespace quota_shares_cases
