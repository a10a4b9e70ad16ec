// Slices of limits on what is spent, which nodes work with.
#include "policies/budget_slices.hpp"

#include "src/store/budget_table.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace budget_slices_cases {

timestamp at(std::int64_t seconds) {
  return timestamp{std::chrono::seconds{seconds}};
}

budget_amount calls(std::int64_t n) {
  auto out = budget_amount::unlimited();
  out[2] = n;
  return out;
}

constexpr budget_amount one_call{{0, 0, 1}};

budget_account day_limit(std::int64_t n) {
  budget_account x;
  x.name = "day:x:";
  x.limit = calls(n);
  x.ends = at(86400);
  x.until = at(86400);
  return x;
}

/// The rule of the stores, in memory.
struct ledger {
  std::map<std::string, budget_row> rows;
  budget_stand settle(const budget_claim& x, timestamp now) {
    return settle_row(rows[x.account], x, now);
  }
  budget_stand look(const budget_account& x) {
    budget_stand out;
    out.account = x.name;
    out.taken = rows[x.name].taken;
    out.spent = rows[x.name].spent;
    return out;
  }
};

/// Carries what the slices want to the ledger, once.
void carry(budget_slices& s, ledger& l, timestamp now) {
  for (const auto& x : s.claims(now, 100))
    s.granted(x, l.settle(x, now), now);
}

TEST(budget_slices, the_store_is_asked_once_for_many_calls) {
  budget_slices s;
  ledger l;
  const std::vector day{day_limit(1000)};
  int asked = 0;
  int made = 0;
  for (int i = 0; i < 400; ++i) {
    const auto now = at(0) + milliseconds{i};
    // Ten at a time are under way.
    for (int k = 0; k < 10; ++k) {
      auto said = s.reserve(day, one_call, false, now);
      if (said.answer == budget_answer::wait) {
        for (int more = k; more < 10; ++more)
          s.want(day, one_call, now);
        carry(s, l, now);
        ++asked;
        s.want_nothing();
        said = s.reserve(day, one_call, false, now);
      }
      if (said.answer != budget_answer::granted)
        continue;
      ++made;
      s.settle({day[0].name}, one_call, one_call, now);
    }
  }
  EXPECT_EQ(made, 1000);
  EXPECT_LT(asked, 250);
}

TEST(budget_slices, what_is_left_over_is_given_back) {
  budget_slices s;
  ledger l;
  const std::vector day{day_limit(100)};
  s.reserve(day, {{0, 0, 10}}, false, at(0));
  s.want(day, {{0, 0, 10}}, at(0));
  carry(s, l, at(0));
  s.want_nothing();
  ASSERT_EQ(s.reserve(day, {{0, 0, 10}}, false, at(0)).answer, budget_answer::granted);
  s.settle({day[0].name}, {{0, 0, 10}}, {{0, 0, 3}}, at(0));
  EXPECT_GT(l.rows["day:x:"].taken[2], 3);
  carry(s, l, at(1));
  EXPECT_EQ(l.rows["day:x:"].taken[2], 3);
  EXPECT_EQ(l.rows["day:x:"].spent[2], 3);
  carry(s, l, at(86399));
  EXPECT_EQ(s.size(), 1u) << "what is known of a day is known as long as it lasts";
  carry(s, l, at(86400));
  EXPECT_EQ(s.size(), 0u);
}

TEST(budget_slices, of_very_many_accounts_those_that_nobody_uses_are_forgotten) {
  budget_slices s;
  ledger l;
  auto one = day_limit(10);
  one.scope = budget_scope::customer;
  const std::vector day{day_limit(1000000)};
  for (std::size_t i = 0; i <= budget_slices::remembers; ++i) {
    one.name = "customer:x::" + std::to_string(i);
    s.reserve({day[0], one}, one_call, false, at(0));
  }
  const auto carry_all = [&](timestamp now) {
    for (const auto& x : s.claims(now, 100000))
      s.granted(x, l.settle(x, now), now);
  };
  carry_all(at(9));
  EXPECT_EQ(s.size(), budget_slices::remembers + 2);
  carry_all(at(10));
  EXPECT_EQ(s.size(), budget_slices::remembers) << "as few as need be";
  carry_all(at(20));
  EXPECT_EQ(s.size(), budget_slices::remembers);
}

TEST(budget_slices, a_limit_is_nearly_used_up_also_after_a_rest_and_for_who_spent_nothing) {
  budget_slices a, b;
  ledger l;
  const std::vector day{day_limit(40)};
  a.reserve(day, {{0, 0, 34}}, false, at(0));
  a.want(day, {{0, 0, 34}}, at(0));
  carry(a, l, at(0));
  a.want_nothing();
  ASSERT_EQ(a.reserve(day, {{0, 0, 34}}, false, at(0)).answer, budget_answer::granted);
  a.settle({day[0].name}, {{0, 0, 34}}, {{0, 0, 34}}, at(0));
  for (int i = 1; i < 60; ++i)
    carry(a, l, at(i));
  EXPECT_TRUE(a.stance(day, 0.8).tight);
  EXPECT_FALSE(b.stance(day, 0.8).tight) << "it has heard nothing of it";
  EXPECT_FALSE(b.knows(day[0], at(60)));
  b.seen(day[0], l.look(day[0]), at(60));
  EXPECT_TRUE(b.stance(day, 0.8).tight);
  EXPECT_TRUE(b.knows(day[0], at(60)));
  EXPECT_FALSE(b.knows(day[0], at(60) + budget_slices::believes)) << "others go on spending";
  EXPECT_EQ(b.view_of(day[0]).used[2], 34);
  EXPECT_EQ(b.view_of(day[0]).held[2], 0);
}

// As after a crash: the store knows what was granted, and nobody is there who could give it back.
TEST(budget_slices, what_a_dead_node_held_is_shown_and_counts) {
  budget_slices dead, s;
  ledger l;
  const std::vector day{day_limit(20)};
  dead.reserve(day, {{0, 0, 18}}, false, at(0));
  dead.want(day, {{0, 0, 18}}, at(0));
  carry(dead, l, at(0));
  dead.want_nothing();
  dead.reserve(day, {{0, 0, 18}}, false, at(0));
  dead.settle({day[0].name}, {{0, 0, 12}}, {{0, 0, 12}}, at(0));
  carry(dead, l, at(1));
  s.seen(day[0], l.look(day[0]), at(1));
  EXPECT_EQ(s.view_of(day[0]).used[2], 12);
  EXPECT_EQ(s.view_of(day[0]).held[2], 6);
  EXPECT_NEAR(s.stance(day, 0.8).share, 0.9, 1e-9);
  const auto ask = [&](timestamp now) {
    auto said = s.reserve(day, one_call, false, now);
    if (said.answer != budget_answer::wait)
      return said;
    s.want(day, one_call, now);
    carry(s, l, now);
    s.want_nothing();
    return s.reserve(day, one_call, false, now);
  };
  EXPECT_EQ(ask(at(3)).answer, budget_answer::granted);
  EXPECT_EQ(ask(at(3)).answer, budget_answer::granted);
  auto said = ask(at(4));
  EXPECT_EQ(said.answer, budget_answer::wait);
  EXPECT_FALSE(said.daily) << "our own two may come back";
  s.settle({day[0].name}, {{0, 0, 2}}, {{0, 0, 2}}, at(4));
  said = ask(at(5));
  EXPECT_EQ(said.answer, budget_answer::wait) << "others might give something back";
  EXPECT_TRUE(said.daily);
  EXPECT_EQ(said.again, at(5) + budget_slices::tries_again);
  EXPECT_EQ(s.view_of(day[0]).used[2], 14);
  EXPECT_EQ(s.view_of(day[0]).held[2], 6) << "what is our own is not held by others";
}

TEST(budget_slices, the_limit_that_the_store_refused_is_named) {
  budget_slices s;
  ledger l;
  budget_account task;
  task.name = "task:desk:1";
  task.of = "desk";
  task.scope = budget_scope::task;
  task.limit = calls(3);
  task.until = at(1000);
  const std::vector both{day_limit(4), task};
  l.rows["day:x:"].taken[2] = 4;
  EXPECT_EQ(s.reserve(both, one_call, false, at(5)).limit, "the day of the fleet");
  s.want(both, one_call, at(5));
  carry(s, l, at(5));
  s.want_nothing();
  auto other = both;
  other[1].name = "task:desk:2";
  for (const auto& from : {both, other, std::vector{other[1], other[0]}}) {
    const auto said = s.reserve(from, one_call, false, at(6));
    EXPECT_EQ(said.answer, budget_answer::wait);
    EXPECT_EQ(said.limit, "the day of the fleet");
    EXPECT_TRUE(said.daily);
  }
}

TEST(budget_slices, who_waits_behind_others_has_the_store_asked_for_all_his_limits) {
  budget_slices s;
  ledger l;
  auto mine = day_limit(3);
  mine.name = "task::mine";
  const std::vector both{day_limit(10), mine};
  s.want(both, one_call, at(0));
  carry(s, l, at(0));
  s.want_nothing();
  EXPECT_EQ(s.reserve(both, one_call, false, at(0)).answer, budget_answer::granted);
}

TEST(budget_slices, a_limit_that_is_used_up_is_refused_at_once_and_only_then) {
  budget_slices a, b;
  ledger l;
  const std::vector day{day_limit(2)};
  const auto ask = [&](budget_slices& s, timestamp now) {
    auto said = s.reserve(day, one_call, false, now).answer;
    if (said != budget_answer::wait)
      return said;
    s.want(day, one_call, now);
    carry(s, l, now);
    s.want_nothing();
    return s.reserve(day, one_call, false, now).answer;
  };
  EXPECT_EQ(ask(a, at(0)), budget_answer::granted);
  EXPECT_EQ(ask(b, at(0)), budget_answer::granted);
  // Both are reserved, and either may give its one back.
  EXPECT_EQ(ask(b, at(1)), budget_answer::wait);
  a.settle({day[0].name}, one_call, {}, at(1));
  EXPECT_EQ(ask(b, at(2)), budget_answer::wait);
  carry(a, l, at(3));
  EXPECT_EQ(ask(b, at(3)), budget_answer::granted);
  b.settle({day[0].name}, one_call, one_call, at(3));
  b.settle({day[0].name}, one_call, one_call, at(3));
  EXPECT_EQ(ask(b, at(4)), budget_answer::refused);
  EXPECT_TRUE(b.reserve(day, one_call, false, at(4)).daily);
  EXPECT_EQ(b.reserve(day, one_call, false, at(4)).again, at(86400));
  // Who is critical goes on, and it counts.
  EXPECT_EQ(b.reserve(day, one_call, true, at(4)).answer, budget_answer::granted);
  carry(b, l, at(4));
  EXPECT_EQ(l.rows["day:x:"].taken[2], 3);
}

TEST(budget_slices, of_several_limits_the_tightest_counts) {
  budget_slices s;
  ledger l;
  budget_account task;
  task.name = "task::1";
  task.scope = budget_scope::task;
  task.limit = calls(10);
  task.until = at(1000);
  const std::vector both{day_limit(1000), task};
  EXPECT_FALSE(s.stance(both, 0.8).tight);
  for (int i = 0; i < 8; ++i) {
    auto said = s.reserve(both, one_call, false, at(i));
    if (said.answer == budget_answer::wait) {
      s.want(both, one_call, at(i));
      carry(s, l, at(i));
      s.want_nothing();
      said = s.reserve(both, one_call, false, at(i));
    }
    ASSERT_EQ(said.answer, budget_answer::granted);
    EXPECT_EQ(s.stance(both, 0.8).tight, i >= 7) << i;
    s.settle({both[0].name, both[1].name}, one_call, one_call, at(i));
  }
  EXPECT_NEAR(s.stance(both, 0.8).share, 0.8, 1e-9);
  EXPECT_EQ(s.stance(both, 0.8).limit, "a task in the fleet");
  // The limit of a task holds for critical agents too.
  for (int i = 0; i < 3; ++i)
    s.settle({both[1].name}, {}, one_call, at(9));
  EXPECT_EQ(s.reserve(both, one_call, true, at(9)).answer, budget_answer::refused);
}

// Three nodes with a hundred calls under way each, answers of the store that are late or never
// come, a node that dies with what it holds: never a call too many.
TEST(budget_slices, never_a_call_too_many) {
  int died = 0;
  int died_with = 0; ///< calls under way
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 dice{seed};
    ledger l;
    struct node {
      budget_slices s;
      std::deque<std::pair<budget_claim, std::optional<budget_stand>>> answers;
      int under_way = 0;
      bool alive = true;
    };
    std::array<node, 3> nodes;
    constexpr int limit = 300;
    const std::vector day{day_limit(limit)};
    int made = 0;
    for (int step = 0; step < 4000; ++step) {
      const auto now = at(0) + milliseconds{step * 5};
      auto& n = nodes[dice() % 3];
      if (!n.alive)
        continue;
      switch (dice() % 6) {
      case 0:
      case 1:
      case 2: {
        const auto said = n.s.reserve(day, one_call, false, now).answer;
        if (said == budget_answer::granted) {
          ++n.under_way;
          ++made;
        } else if (said == budget_answer::wait) {
          n.s.want(day, one_call, now);
        }
        break;
      }
      case 3:
        if (n.under_way > 0) {
          // One in ten did not reach the provider.
          const bool used = dice() % 10 != 0;
          n.s.settle({day[0].name}, one_call, used ? one_call : budget_amount{}, now);
          --n.under_way;
          made -= used ? 0 : 1;
        }
        break;
      case 4:
        for (auto& x : n.s.claims(now, 10)) {
          const auto stand = l.settle(x, now);
          // The answer may be lost although the store has taken it.
          n.answers.emplace_back(x, dice() % 10 == 0 ? std::nullopt : std::optional{stand});
        }
        // Accounts are also read in between, at any time.
        if (step % 4 == 0)
          n.s.seen(day[0], l.look(day[0]), now);
        n.s.want_nothing();
        break;
      default:
        if (!n.answers.empty()) {
          if (n.answers.front().second)
            n.s.granted(n.answers.front().first, *n.answers.front().second, now);
          else
            n.s.failed(n.answers.front().first);
          n.answers.pop_front();
        } else if (step > 2000 && dice() % 400 == 0) {
          n.alive = false;
          ++died;
          died_with += n.under_way;
        }
      }
      ASSERT_LE(made, limit) << "seed " << seed << " step " << step;
    }
    EXPECT_GT(made, limit / 2) << "seed " << seed;
  }
  EXPECT_GT(died, 0);
  EXPECT_GT(died_with, 0);
}

} // namespace budget_slices_cases
