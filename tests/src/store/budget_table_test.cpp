// The accounts of limits and what was spent, in every store.
#include "src/store/sqlite_handle.hpp"
#include "src/store/store.hpp"
#include "tests/src/store/postgres_kit.hpp"
#include "tests/src/store/store_fixture.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>

using namespace troupe;
using namespace std::chrono_literals;

namespace budget_table_cases {

/// Opens a store of its kind, as often as it is asked to: the same one again.
using opener = std::function<std::unique_ptr<store>()>;

struct kind {
  const char* name;
  std::function<opener()> make;
};

class budget_table_test : public ::testing::TestWithParam<kind> {
 protected:
  opener open = GetParam().make();
};

budget_claim claim(std::string account, std::int64_t calls_limit) {
  budget_claim x;
  x.account = std::move(account);
  x.limit[2] = calls_limit;
  x.until = time_of(1000);
  return x;
}

budget_claim asks(std::string account, std::int64_t limit, std::int64_t need, std::int64_t wish) {
  auto x = claim(std::move(account), limit);
  x.need[2] = need;
  x.wish[2] = wish;
  return x;
}

budget_stand settle(store& s, budget_claim x, timestamp now = time_of(0)) {
  return s.budgets()->settle(std::vector{std::move(x)}, now).front();
}

store_write spent(const std::string& id, int at, std::int64_t day, const std::string& domain,
                  const std::string& agent, const std::string& task, std::uint64_t cost) {
  auto x = std::make_shared<stored_spend>();
  x->id = id;
  x->at = time_of(at);
  x->day = day;
  x->domain = domain;
  x->agent = agent;
  x->task = task;
  x->workflow = domain + "/ask";
  x->customer = "c" + task;
  x->model = "small";
  x->used = {100, 10, cost, 1, cost, 2 * cost};
  x->estimated = cost == 7;
  store_write w;
  w.what = store_write::kind::spend;
  w.id = id;
  w.at = x->at;
  w.cost = std::move(x);
  return w;
}

TEST_P(budget_table_test, what_is_granted_counts_until_it_is_given_back) {
  auto s = open();
  // A quarter of what is left at most, or what is needed.
  EXPECT_EQ(settle(*s, asks("a", 100, 1, 1000)).granted[2], 25);
  EXPECT_EQ(settle(*s, asks("a", 100, 60, 60)).granted[2], 60);
  auto stand = settle(*s, asks("a", 100, 16, 16));
  EXPECT_TRUE(stand.refused);
  EXPECT_EQ(stand.granted[2], 0);
  EXPECT_EQ(stand.taken[2], 85);
  auto back = claim("a", 100);
  back.back[2] = 20;
  back.spent[2] = 40;
  stand = settle(*s, back);
  EXPECT_EQ(stand.taken[2], 65);
  EXPECT_EQ(stand.spent[2], 40);
  EXPECT_TRUE(stand.pressed) << "somebody was refused a moment ago";
  // While somebody waits, nobody gets more than he needs.
  EXPECT_EQ(settle(*s, asks("a", 100, 2, 30)).granted[2], 2);
  EXPECT_EQ(settle(*s, asks("a", 100, 2, 30), time_of(0) + 6s).granted[2], 8);
}

TEST_P(budget_table_test, units_without_a_limit_are_only_counted) {
  auto s = open();
  auto x = claim("b", no_limit);
  x.limit[0] = 1000;
  x.need = {{400, 50, 1}};
  x.wish = {{400, 50, 1}};
  x.spent = {{0, 30, 1}};
  auto stand = settle(*s, x);
  EXPECT_EQ(stand.granted, (budget_amount{{400, 0, 0}}));
  EXPECT_EQ(stand.taken, (budget_amount{{400, 0, 0}}));
  EXPECT_EQ(stand.spent, (budget_amount{{0, 30, 1}}));
}

TEST_P(budget_table_test, what_has_to_be_is_granted_over_the_limit) {
  auto s = open();
  auto x = asks("c", 10, 30, 30);
  x.forced = true;
  EXPECT_EQ(settle(*s, x).granted[2], 30);
  EXPECT_TRUE(settle(*s, asks("c", 10, 1, 1)).refused);
  // The limit has been raised.
  EXPECT_EQ(settle(*s, asks("c", 100, 1, 1)).granted[2], 1);
}

TEST_P(budget_table_test, accounts_outlive_their_node_and_go_when_they_are_over) {
  auto s = open();
  settle(*s, asks("d", 10, 4, 4));
  if (std::string{GetParam().name} != "memory") {
    s.reset();
    s = open();
  }
  const std::vector<std::string> names{"d", "nothing"};
  EXPECT_EQ(s->budgets()->stands(names)[0].taken[2], 4);
  EXPECT_EQ(s->budgets()->stands(names)[1].taken[2], 0);
  EXPECT_EQ(s->prune({time_of(1000)}, 64), 0u);
  EXPECT_EQ(s->prune({time_of(1001)}, 64), 1u);
  EXPECT_EQ(s->budgets()->stands(names)[0].taken[2], 0);
}

// Whatever nodes claim and give back in whichever order: no more is out than the limit.
TEST_P(budget_table_test, never_grants_more_than_the_limit) {
  auto s = open();
  std::mt19937 dice{7};
  constexpr std::int64_t limit = 500;
  std::int64_t out = 0;
  std::array<std::int64_t, 3> held{};
  for (int i = 0; i < 400; ++i) {
    const auto who = dice() % 3;
    auto x = claim("e", limit);
    if (held[who] > 0) {
      x.back[2] = static_cast<std::int64_t>(dice()) % (held[who] + 1);
      x.spent[2] = static_cast<std::int64_t>(dice()) % (held[who] - x.back[2] + 1);
    }
    if (dice() % 2)
      x.need[2] = 1 + static_cast<std::int64_t>(dice() % 40);
    x.wish[2] = x.need[2] + static_cast<std::int64_t>(dice() % 60);
    const auto before = x;
    const auto stand = settle(*s, x, time_of(i * 500));
    held[who] += stand.granted[2] - before.back[2] - before.spent[2];
    out += stand.granted[2] - before.back[2];
    ASSERT_EQ(stand.taken[2], out);
    ASSERT_LE(out, limit);
    ASSERT_TRUE(stand.granted[2] == 0 || stand.granted[2] >= before.need[2]);
  }
}

TEST_P(budget_table_test, costs_are_told_apart_by_what_is_asked_for) {
  auto s = open();
  const std::vector<store_write> batch{spent("n/1", 10, 1, "support", "billing", "t1", 5),
                                       spent("n/2", 20, 1, "support", "billing", "t2", 7),
                                       spent("n/3", 30, 2, "support/deep", "orders", "t1", 11),
                                       spent("n/4", 40, 2, "supporters", "other", "t3", 100),
                                       spent("n/2", 20, 1, "support", "billing", "t2", 7)};
  s->apply(batch);
  s->apply(batch);
  cost_query all;
  all.by = {cost_part::agent};
  auto rows = s->costs(all);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].of(cost_part::agent), "supporters/other");
  EXPECT_EQ(rows[1].of(cost_part::agent), "support/billing");
  EXPECT_EQ(rows[1].used, (usage{200, 20, 12, 2, 12, 24})) << "the same call counts once";
  EXPECT_EQ(rows[2].of(cost_part::agent), "support/deep/orders");
  cost_query one;
  one.domain = "support";
  one.by = {cost_part::day, cost_part::customer};
  rows = s->costs(one);
  std::map<std::string, std::uint64_t> cost;
  for (const auto& r : rows)
    cost[r.of(cost_part::day) + " " + r.of(cost_part::customer) + " " + r.of(cost_part::domain)] =
        r.used.cost_micros;
  EXPECT_EQ(cost, (std::map<std::string, std::uint64_t>{
                      {"1 ct1 support", 5}, {"1 ct2 support", 7}, {"2 ct1 support/deep", 11}}));
  one = {};
  one.since = time_of(20);
  one.until = time_of(40);
  rows = s->costs(one);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].used, (usage{100, 10, 11, 1, 11, 22}));
  EXPECT_EQ(rows[1].estimated, 1u);
  one = {};
  one.task = "t1";
  one.within = {"support/deep"};
  rows = s->costs(one);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].used.cost_micros, 11u);
  EXPECT_EQ(s->prune({time_of(30)}, 64), 2u);
  EXPECT_EQ(s->costs(all).size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(
    stores, budget_table_test,
    ::testing::Values(kind{"memory", [] { return opener{[] { return make_memory_store(); }}; }},
                      kind{"sqlite",
                           [] {
                             const auto folder = std::make_shared<temporary_folder>();
                             return opener{[folder] {
                               return open_sqlite_store(folder->file("journal.db"));
                             }};
                           }},
                      kind{"postgres",
                           [] {
                             const auto settings = schema_of_test();
                             return opener{[settings] { return open_postgres_store(settings); }};
                           }}),
    [](const auto& x) { return std::string{x.param.name}; });

/// Stores what is spent before and after this change, and adds it up.
usage spent_around(const opener& open, const std::function<void()>& change) {
  open()->apply(std::vector{spent("n/1", 10, 1, "d", "work", "t1", 5)});
  change();
  const auto s = open();
  s->apply(std::vector{spent("n/2", 20, 1, "d", "work", "t2", 11)});
  const auto rows = s->costs({});
  return rows.size() == 1 ? rows[0].used : usage{};
}

// Of calls that were stored before, nobody knows what was read from a cache.
TEST(sqlite_spend, a_store_of_format_8_learns_of_caches) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  const auto used = spent_around([&] { return open_sqlite_store(path); },
                                 [&] {
                                   sqlite_handle db{path};
                                   db.run("ALTER TABLE spend DROP COLUMN cached");
                                   db.run("ALTER TABLE spend DROP COLUMN cache_write");
                                   db.run("DROP TABLE layout");
                                   db.run("PRAGMA user_version=8");
                                 });
  EXPECT_EQ(used, (usage{200, 20, 16, 2, 11, 22}));
}

TEST(postgres_spend, a_schema_of_format_8_learns_of_caches) {
  const auto settings = schema_of_test();
  const auto used =
      spent_around([&] { return open_postgres_store(settings); },
                   [&] {
                     plain_connection admin{settings.address};
                     admin.sql("ALTER TABLE " + settings.schema +
                               ".spend DROP COLUMN cached, DROP COLUMN cache_write; DROP TABLE " +
                               settings.schema + ".layout; UPDATE " + settings.schema +
                               ".about SET version = 8");
                   });
  EXPECT_EQ(used, (usage{200, 20, 16, 2, 11, 22}));
}

// Every node has a store of its own on the same server.
TEST(budget_table, nodes_that_claim_at_once_never_take_more_than_there_is) {
  const auto settings = schema_of_test();
  constexpr std::int64_t limit = 300;
  std::array<std::int64_t, 3> spent_by{};
  std::vector<std::thread> nodes;
  for (auto& mine : spent_by)
    nodes.emplace_back([&mine, &settings] {
      const auto s = open_postgres_store(settings);
      std::int64_t unsaid = 0;
      for (;;) {
        auto x = asks("shared", limit, 1, 40);
        x.spent[2] = std::exchange(unsaid, 0);
        const auto stand = settle(*s, x);
        if (stand.refused)
          return;
        mine += stand.granted[2];
        unsaid = stand.granted[2];
      }
    });
  for (auto& n : nodes)
    n.join();
  EXPECT_EQ(spent_by[0] + spent_by[1] + spent_by[2], limit);
  const std::vector<std::string> name{"shared"};
  EXPECT_EQ(open_postgres_store(settings)->budgets()->stands(name)[0].taken[2], limit);
}

} // namespace budget_table_cases
