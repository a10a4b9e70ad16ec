// The effect ledger and the epochs of shards, the same in all stores.
#include "src/store/store.hpp"

#include "src/store/sqlite_handle.hpp"
#include "tests/src/store/postgres_kit.hpp"
#include "tests/src/store/store_fixture.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace ledger_cases {

struct in_memory {
  static std::unique_ptr<store> open(const std::string&) { return make_memory_store(); }
};
struct in_sqlite {
  static std::unique_ptr<store> open(const std::string& path) { return open_sqlite_store(path); }
};
struct in_postgres {
  static std::unique_ptr<store> open(const std::string&) {
    return open_postgres_store(schema_of_test());
  }
};

template <class Kind>
class ledger : public ::testing::Test {
 protected:
  temporary_folder folder;
  std::unique_ptr<store> s = Kind::open(folder.file("a.db"));
  void apply(std::vector<store_write> batch) { s->apply(batch); }
  std::optional<stored_effect> line(int i, std::uint32_t step) {
    for (auto& x : s->effects({id_of(i), {}, 100}))
      if (x.step == step)
        return x;
    return std::nullopt;
  }
};

store_write line_of(int i, std::uint32_t step, effect_state state, std::uint32_t attempt = 1,
                    std::uint64_t epoch = 1, std::string body = {}) {
  store_write w;
  w.what = store_write::kind::effect;
  w.id = id_of(i);
  w.domain = "support";
  w.shard = static_cast<std::uint32_t>(i % 8);
  w.at = time_of(i) + microseconds{step};
  w.epoch = epoch;
  auto x = std::make_shared<stored_effect>();
  x->step = step;
  x->attempt = attempt;
  x->state = state;
  x->does = effects::idempotent;
  x->agent = "support/billing";
  x->fingerprint = "f1";
  x->body = std::move(body);
  w.ledger = std::move(x);
  return w;
}

using kinds = ::testing::Types<in_memory, in_sqlite, in_postgres>;
TYPED_TEST_SUITE(ledger, kinds);

TYPED_TEST(ledger, is_listed_page_by_page) {
  for (int i = 1; i <= 3; ++i)
    this->apply({line_of(i, 0, effect_state::committed), line_of(i, 1, effect_state::pending)});
  for (const auto state : {std::optional<effect_state>{}, std::optional{effect_state::pending}}) {
    effect_filter filter{{}, state, 2};
    std::vector<std::string> seen;
    for (auto page = this->s->effects(filter); !page.empty(); page = this->s->effects(filter)) {
      for (const auto& x : page)
        seen.push_back(x.task + ":" + std::to_string(x.step));
      filter.after = effect_key{page.back().task, page.back().step, page.back().index};
      ASSERT_LE(seen.size(), 6u);
    }
    std::vector<std::string> all;
    for (int i = 3; i >= 1; --i)
      for (int step = state ? 1 : 0; step <= 1; ++step)
        all.push_back(id_of(i) + ":" + std::to_string(step));
    EXPECT_EQ(seen, all);
  }
  // The cursor itself need not be there, and holds within a task as well.
  EXPECT_EQ(this->s->effects({id_of(2), {}, 10, effect_key{id_of(2), 0, 7}}).size(), 1u);
  EXPECT_EQ(this->s->effects({{}, {}, 10, effect_key{id_of(2), 1, 0}}).size(), 2u);
}

TYPED_TEST(ledger, comes_back_with_its_task) {
  this->apply(
      {opened(1), line_of(1, 2, effect_state::pending), line_of(1, 0, effect_state::pending)});
  this->apply({line_of(1, 2, effect_state::committed, 1, 1, "done")});
  for (const auto& lines :
       {this->s->task(id_of(1))->effects, this->s->open_tasks("support", 1).at(0).effects,
        this->s->effects({id_of(1), {}, 100})}) {
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].step, 0u);
    EXPECT_EQ(lines[0].state, effect_state::pending);
    EXPECT_EQ(lines[1].step, 2u);
    EXPECT_EQ(lines[1].state, effect_state::committed);
    EXPECT_EQ(lines[1].body, "done");
    EXPECT_EQ(lines[1].task, id_of(1));
    EXPECT_EQ(lines[1].domain, "support");
    EXPECT_EQ(lines[1].agent, "support/billing");
    EXPECT_EQ(lines[1].fingerprint, "f1");
    EXPECT_EQ(lines[1].does, effects::idempotent);
    EXPECT_EQ(lines[1].epoch, 1u);
    EXPECT_EQ(lines[1].at, time_of(1) + microseconds{2});
  }
  EXPECT_EQ(this->s->effects({{}, effect_state::pending, 100}).size(), 1u);
  EXPECT_EQ(this->s->effects({{}, effect_state::committed, 100}).size(), 1u);
  EXPECT_EQ(this->s->effects({{}, {}, 100}).size(), 2u);
  EXPECT_EQ(this->s->effects({{}, {}, 1}).size(), 1u);
}

TYPED_TEST(ledger, what_comes_late_or_again_changes_nothing) {
  struct row {
    effect_state before;
    std::uint32_t attempt;
    std::uint64_t epoch;
    effect_state then;
    std::uint32_t then_attempt;
    std::uint64_t then_epoch;
    bool taken;
  };
  using enum effect_state;
  const row rows[]{
      {pending, 1, 1, pending, 1, 1, false},    {pending, 1, 1, not_done, 1, 1, true},
      {pending, 1, 1, committed, 1, 1, true},   {not_done, 1, 1, pending, 1, 1, false},
      {not_done, 1, 1, pending, 2, 1, true},    {pending, 2, 1, not_done, 1, 1, false},
      {pending, 2, 1, committed, 1, 1, true},   {pending, 3, 1, pending, 1, 2, true},
      {not_done, 3, 1, pending, 1, 2, true},    {pending, 1, 2, not_done, 1, 1, false},
      {committed, 1, 1, pending, 9, 9, false},  {committed, 1, 1, not_done, 9, 9, false},
      {committed, 1, 1, committed, 9, 9, false}};
  int i = 0;
  for (const auto& r : rows) {
    this->apply({line_of(i, 1, r.before, r.attempt, r.epoch, "old")});
    this->apply({line_of(i, 1, r.then, r.then_attempt, r.then_epoch, "new")});
    const auto x = this->line(i, 1);
    ASSERT_TRUE(x);
    EXPECT_EQ(x->body, r.taken ? "new" : "old") << "row " << i;
    EXPECT_EQ(x->state, r.taken ? r.then : r.before) << "row " << i;
    ++i;
  }
}

TYPED_TEST(ledger, is_pruned_with_its_task_and_by_itself_when_there_was_none) {
  // 1 has ended, 2 is open, 3 was never stored, 4 is a young stray.
  this->apply({opened(1), line_of(1, 0, effect_state::pending), closed(1), opened(2),
               line_of(2, 0, effect_state::pending), line_of(3, 0, effect_state::committed)});
  auto young = line_of(4, 0, effect_state::pending);
  young.at = time_of(1'000'000);
  this->apply({young});
  std::size_t gone = 0;
  for (int k = 0; k < 6; ++k)
    gone += this->s->prune({time_of(10'000)}, 1);
  EXPECT_EQ(gone, 2u);
  EXPECT_FALSE(this->line(1, 0));
  EXPECT_TRUE(this->line(2, 0));
  EXPECT_FALSE(this->line(3, 0));
  EXPECT_TRUE(this->line(4, 0));
}

TYPED_TEST(ledger, the_former_owner_of_a_shard_is_refused_with_his_whole_batch) {
  EXPECT_EQ(this->s->take_shard("support", 1), 1u);
  auto mine = opened(1);
  mine.epoch = 1;
  this->apply({mine});
  EXPECT_EQ(this->s->take_shard("support", 1), 2u);
  EXPECT_EQ(this->s->take_shard("support", 2), 1u);
  EXPECT_EQ(this->s->take_shard("sales", 1), 1u);
  auto other = opened(2);
  other.epoch = 1;
  auto late = appended(1, 1, "late");
  late.domain = "support";
  late.shard = 1;
  late.epoch = 1;
  const auto refused = [this](const store_write& a, const store_write& b) {
    try {
      this->apply({a, b});
    } catch (const store_error& e) {
      return e.why() == store_error::kind::fenced;
    }
    return false;
  };
  EXPECT_TRUE(refused(other, late));
  EXPECT_FALSE(this->s->task(id_of(2)));
  EXPECT_TRUE(this->s->task(id_of(1))->events.empty());
  EXPECT_TRUE(refused(other, line_of(1, 0, effect_state::committed)));
  EXPECT_FALSE(this->line(1, 0));
  late.epoch = 2;
  this->apply({late, other});
  EXPECT_EQ(this->s->task(id_of(1))->events.size(), 1u);
}

TEST(sqlite_ledger, epochs_and_lines_outlive_the_process) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  {
    auto s = open_sqlite_store(path);
    s->take_shard("support", 3);
    s->take_shard("support", 3);
    s->apply(std::vector{line_of(3, 0, effect_state::pending, 1, 2)});
  }
  auto s = open_sqlite_store(path);
  auto late = opened(3);
  late.epoch = 1;
  EXPECT_THROW(s->apply(std::vector{late}), store_error);
  EXPECT_EQ(s->take_shard("support", 3), 3u);
  EXPECT_EQ(s->effects({id_of(3), {}, 10}).size(), 1u);
}

TEST(sqlite_ledger, a_store_of_the_first_format_gets_the_ledger) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  {
    auto s = open_sqlite_store(path);
    s->apply(std::vector{opened(1)});
  }
  {
    sqlite_handle db{path};
    db.run("DROP TABLE effects");
    db.run("DROP TABLE shards");
    db.run("DROP TABLE learned");
    db.run("DROP TABLE standing_orders");
    for (const char* table :
         {"fleet_versions", "fleet_uses", "fleet_nodes", "budgets", "spend", "claims", "layout"})
      db.run(std::string{"DROP TABLE "} + table);
    for (const char* column : {"end_state", "end_at", "end_body"})
      db.run(std::string{"ALTER TABLE tasks DROP COLUMN "} + column);
    db.run("PRAGMA user_version=1");
  }
  auto s = open_sqlite_store(path);
  EXPECT_TRUE(s->task(id_of(1)));
  EXPECT_EQ(s->take_shard("support", 0), 1u);
  s->apply(std::vector{line_of(1, 0, effect_state::committed)});
  EXPECT_EQ(s->effects({{}, {}, 10}).size(), 1u);
  EXPECT_TRUE(s->orders().empty());
}

TEST(sqlite_ledger, room_is_given_back_by_pruning) {
  temporary_folder folder;
  auto s = open_sqlite_store(folder.file("a.db"));
  std::vector<store_write> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(opened(i));
    all.push_back(appended(i, 1, std::string(5000, 'x')));
    all.push_back(closed(i));
  }
  s->apply(all);
  const auto before = s->bytes();
  EXPECT_GT(before, 1'000'000u);
  while (s->prune({time_of(100'000)}, 50) == 50) {
  }
  EXPECT_LT(s->bytes(), before / 5);
}

} // namespace ledger_cases
} // namespace troupe
