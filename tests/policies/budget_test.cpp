// Limits on what is spent: which hold for a call, and the slices of them that nodes work with.
#include "policies/budget_slices.hpp"

#include "src/store/budget_table.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

using namespace troupe;
using namespace std::chrono_literals;

namespace budget_cases {

timestamp at(std::int64_t seconds) {
  return timestamp{std::chrono::seconds{seconds}};
}

task_ptr a_task(std::string id, std::string session = {}, std::string customer = {}) {
  auto t = std::make_shared<task>();
  t->id = std::move(id);
  t->context_id = std::move(session);
  t->who.id = std::move(customer);
  t->domain = "shop";
  return t;
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

std::vector<std::string> names_of(const std::vector<budget_account>& from) {
  std::vector<std::string> out;
  for (const auto& x : from)
    out.push_back(x.name);
  return out;
}

/// The rule of the stores, in memory.
struct ledger {
  std::map<std::string, budget_row> rows;
  budget_stand settle(const budget_claim& x, timestamp now) {
    return settle_row(rows[x.account], x, now);
  }
};

/// Carries what the slices want to the ledger, once.
void carry(budget_slices& s, ledger& l, timestamp now) {
  for (const auto& x : s.claims(now, 100))
    s.granted(x, l.settle(x, now), now);
}

TEST(budget, days_begin_where_the_fleet_says) {
  // 2026-11-21T23:30:00Z
  const auto late = at(1795303800);
  EXPECT_EQ(day_text(day_of(late, 0min)), "2026-11-21");
  EXPECT_EQ(day_text(day_of(late, 60min)), "2026-11-22");
  EXPECT_EQ(day_text(day_of(late, -300min)), "2026-11-21");
  EXPECT_EQ(end_of_day(late, 0min) - late, 30min);
  EXPECT_EQ(end_of_day(late, 60min) - late, 23h + 30min);
  EXPECT_EQ(end_of_day(late, -300min) - late, 5h + 30min);
  EXPECT_EQ(day_text(0), "1970-01-01");
  EXPECT_EQ(day_text(-1), "1969-12-31");
  EXPECT_EQ(day_text(19782), "2024-02-29");
}

TEST(budget, all_limits_above_an_agent_hold_for_it) {
  budget_rules rules;
  rules.limits.day = calls(100);
  rules.limits.customer = calls(9);
  rules.limits.customers["acme"] = calls(50);
  std::map<std::string, domain_spec> domains;
  domains["shop"].budgets.task = calls(5);
  domains["shop/refunds"].budgets.session = calls(7);
  domains["shopping"].budgets.day = calls(1);
  const auto find = [&](const std::string& path) -> const domain_spec* {
    const auto hit = domains.find(path);
    return hit == domains.end() ? nullptr : &hit->second;
  };
  const auto now = at(1795303800);
  const auto of = [&](const task_ptr& about, const char* domain) {
    return accounts_of(rules, find, party_of(about, domain), now);
  };
  EXPECT_EQ(names_of(of(a_task("01ab.3.2", "s:1", "acme"), "shop/refunds")),
            (std::vector<std::string>{"customer:2026-11-21::acme", "day:2026-11-21:",
                                      "task:shop:01ab", "session:shop/refunds:s%3A1"}));
  EXPECT_EQ(of(a_task("1", {}, "acme"), "shop").front().limit[2], 50);
  EXPECT_EQ(of(a_task("1", {}, "other"), "shop").front().limit[2], 9);
  EXPECT_EQ(names_of(of(nullptr, "shop/refunds")), (std::vector<std::string>{"day:2026-11-21:"}));
  EXPECT_EQ(names_of(of(a_task("1"), "else")), (std::vector<std::string>{"day:2026-11-21:"}));
}

TEST(budget, a_request_is_taken_for_the_most_that_it_can_cost) {
  model_spec m;
  m.input_price = 2;
  m.output_price = 10;
  m.max_output = 500;
  m.context_tokens = 100000;
  model_request r;
  r.messages.push_back({chat_role::user, std::string(968, 'x'), {}, {}});
  EXPECT_EQ(most_of(r, m), (usage{500, 500, 500 * 2 + 500 * 10, 1}));
  r.max_output = 100;
  EXPECT_EQ(most_of(r, m).output_tokens, 100u);
  r.max_output = 1000;
  EXPECT_EQ(most_of(r, m).output_tokens, 500u) << "the model gives no more";
  m.cached_input_price = 0.2;
  EXPECT_EQ(most_of(r, m).cost_micros, 500u * 2 + 500 * 10) << "it may not be in the cache";
  m.cache_write_price = 2.5;
  EXPECT_EQ(most_of(r, m).cost_micros, 1250u + 500 * 10) << "all of it may get there";
}

TEST(budget, what_is_charged_is_what_is_known_or_else_the_most) {
  model_reply said;
  said.used = {300, 20, 800, 0};
  const usage most{500, 500, 6000, 1};
  EXPECT_EQ(charge_of(said, most), (usage{300, 20, 800, 1}));
  EXPECT_EQ(budget_amount::of_usage(charge_of(said, most)), (budget_amount{{800, 320, 1}}));
  said.error = model_error::broken;
  EXPECT_EQ(charge_of(said, most), (usage{300, 20, 800, 1})) << "what had come of it was counted";
  said = {};
  for (const auto e : {model_error::timeout, model_error::cancelled, model_error::broken}) {
    said.error = e;
    said.unsent = false;
    EXPECT_TRUE(said.uncounted());
    EXPECT_EQ(charge_of(said, most), most) << "nobody knows what it has cost";
    said.unsent = true;
    EXPECT_FALSE(said.uncounted());
    EXPECT_EQ(charge_of(said, most), usage{}) << "nobody was asked";
  }
  said.unsent = false;
  for (const auto e :
       {model_error::rate_limited, model_error::unreachable, model_error::over_budget}) {
    said.error = e;
    EXPECT_EQ(charge_of(said, most), usage{});
  }
}

TEST(budget, money_is_saved_with_the_declared_or_the_cheapest_model) {
  model_spec dear, cheap, middle;
  dear.output_price = 15;
  cheap.output_price = 1;
  middle.output_price = 5;
  const std::vector<const model_spec*> all{&dear, &cheap, &middle};
  EXPECT_EQ(cheaper_model(all, 0, 3), 1u);
  EXPECT_EQ(cheaper_model(all, 2, 3), 2u) << "it does not go back to one that has failed";
  EXPECT_EQ(cheaper_model(all, 0, 2), 2u);
  EXPECT_EQ(tight_steps(8), 4u);
  EXPECT_EQ(tight_steps(1), 1u);
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
          s.want(day, one_call);
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
  s.want(day, {{0, 0, 10}});
  carry(s, l, at(0));
  s.want_nothing();
  ASSERT_EQ(s.reserve(day, {{0, 0, 10}}, false, at(0)).answer, budget_answer::granted);
  s.settle({day[0].name}, {{0, 0, 10}}, {{0, 0, 3}}, at(0));
  EXPECT_GT(l.rows["day:x:"].taken[2], 3);
  carry(s, l, at(1));
  EXPECT_EQ(l.rows["day:x:"].taken[2], 3);
  EXPECT_EQ(l.rows["day:x:"].spent[2], 3);
  EXPECT_EQ(s.size(), 1u);
  carry(s, l, at(20));
  EXPECT_EQ(s.size(), 0u);
}

TEST(budget_slices, a_limit_that_is_used_up_is_refused_at_once_and_only_then) {
  budget_slices a, b;
  ledger l;
  const std::vector day{day_limit(2)};
  const auto ask = [&](budget_slices& s, timestamp now) {
    auto said = s.reserve(day, one_call, false, now).answer;
    if (said != budget_answer::wait)
      return said;
    s.want(day, one_call);
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
      s.want(both, one_call);
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
          n.s.want(day, one_call);
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

} // namespace budget_cases
