// Claims to idempotency keys: the same in all stores.
#include "src/store/store.hpp"

#include "src/store/sqlite_handle.hpp"
#include "tests/src/store/each_store.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace troupe {
namespace claims_cases {

class claims_test : public each_store {
 protected:
  void SetUp() override {
    each_store::SetUp();
    for (const std::uint32_t shard : {0, 1, 2})
      s->take_shard("support", shard);
  }
  /// Task `i` claims the key for a shard: whose it is then, as `2` or `2 opened`.
  std::string claim(int i, std::uint32_t shard, std::uint64_t epoch = 1,
                    const std::string& key = "k", const std::string& domain = "support") {
    const std::vector<key_claim> one{{key, id_of(i), time_of(i) + longer}};
    const auto held = s->claim_keys(domain, shard, epoch, one);
    if (held.size() != 1)
      return "no answer";
    for (int n = 0; n < 20; ++n)
      if (held[0].id == id_of(n))
        return std::to_string(n) + (held[0].opened ? " opened" : "");
    return "somebody";
  }

  milliseconds longer{}; ///< do requests wait
};

TEST_P(claims_test, of_several_shards_the_first_one_gets_the_key) {
  EXPECT_EQ(claim(1, 1), "1");
  EXPECT_EQ(claim(2, 2), "1");
  reopen();
  EXPECT_EQ(claim(2, 2), "1");
  EXPECT_EQ(claim(1, 1), "1");
  EXPECT_EQ(claim(3, 2, 1, "other"), "3");
  EXPECT_EQ(claim(4, 2, 1, "k", "sales"), "4");
  EXPECT_FALSE(s->task_by_key("support", "k")) << "a claim is no task";
}

TEST_P(claims_test, several_at_once_are_answered_one_by_one) {
  claim(1, 1, 1, "b");
  const std::vector<key_claim> all{
      {"a", id_of(5), time_of(5)}, {"b", id_of(6), time_of(6)}, {"c", id_of(7), time_of(7)}};
  const auto held = s->claim_keys("support", 2, 1, all);
  ASSERT_EQ(held.size(), 3u);
  EXPECT_EQ(held[0].id, id_of(5));
  EXPECT_EQ(held[1].id, id_of(1));
  EXPECT_EQ(held[2].id, id_of(7));
}

TEST_P(claims_test, a_task_that_is_opened_has_its_key_and_leaves_no_claim) {
  longer = std::chrono::hours{1};
  for (const bool at_once : {false, true}) {
    SCOPED_TRACE(at_once ? "it ends in the same batch" : "it ends later");
    EXPECT_EQ(claim(1, 1), "1");
    auto w = opened(1);
    w.key = "k";
    if (at_once) {
      s->apply(std::vector{w, closed(1)});
    } else {
      s->apply(std::vector{w});
      EXPECT_EQ(claim(2, 2), "1 opened");
      EXPECT_EQ(claim(3, 1), "1 opened");
      s->apply(std::vector{closed(1)});
    }
    EXPECT_EQ(claim(2, 2), "1 opened");
    // The task is forgotten, for claims it is too early.
    EXPECT_EQ(s->prune({time_of(100'000)}, 50), 1u);
    EXPECT_EQ(claim(2, 2), "2");
    s->release_key("support", "k", id_of(2));
  }
}

TEST_P(claims_test, a_task_that_is_opened_leaves_others_claims_alone) {
  EXPECT_EQ(claim(1, 1), "1");
  auto w = opened(2);
  w.key = "other";
  auto v = opened(3);
  v.key = "k";
  v.domain = "sales";
  s->apply(std::vector{w, v});
  EXPECT_EQ(claim(2, 2), "1");
}

TEST_P(claims_test, a_key_that_is_given_up_is_free) {
  EXPECT_EQ(claim(1, 1), "1");
  s->release_key("support", "k", id_of(2));
  s->release_key("sales", "k", id_of(1));
  EXPECT_EQ(claim(2, 2), "1");
  s->release_key("support", "k", id_of(1));
  EXPECT_EQ(claim(2, 2), "2");
  EXPECT_EQ(claim(1, 1), "2");
}

TEST_P(claims_test, in_one_shard_the_newest_request_has_it) {
  EXPECT_EQ(claim(1, 1), "1");
  EXPECT_EQ(claim(2, 1), "2");
  // What was given up for the first one comes late.
  s->release_key("support", "k", id_of(1));
  EXPECT_EQ(claim(3, 2), "2");
}

TEST_P(claims_test, those_of_a_former_owner_are_void) {
  EXPECT_EQ(claim(1, 1), "1");
  EXPECT_EQ(s->take_shard("support", 1), 2u);
  EXPECT_EQ(claim(2, 2), "2");
  EXPECT_EQ(claim(3, 1, 2), "2");
  // One who does not know yet that he owns it no more.
  EXPECT_EQ(claim(4, 1, 1, "late"), "4");
  EXPECT_EQ(claim(5, 2, 1, "late"), "5");
  EXPECT_EQ(claim(6, 1, 2, "newer"), "6");
  EXPECT_EQ(claim(7, 1, 1, "newer"), "6");
}

TEST_P(claims_test, are_forgotten_some_time_after_their_requests_have_given_up) {
  for (int i = 1; i <= 4; ++i)
    EXPECT_EQ(claim(i, 1, 1, "k" + std::to_string(i)), std::to_string(i));
  EXPECT_EQ(s->prune({time_of(4)}, 2), 2u);
  EXPECT_EQ(s->prune({time_of(4)}, 100), 1u);
  for (int i = 1; i <= 4; ++i)
    EXPECT_EQ(claim(10 + i, 2, 1, "k" + std::to_string(i)), std::to_string(i < 4 ? 10 + i : 4));
}

INSTANTIATE_TEST_SUITE_P(stores, claims_test, ::testing::Values("memory", "sqlite", "postgres"),
                         [](const auto& x) { return std::string{x.param}; });

TEST(sqlite_claims, a_store_of_format_7_gets_them) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  {
    auto s = open_sqlite_store(path);
    s->apply(std::vector{opened(1), closed(1)});
  }
  {
    sqlite_handle db{path};
    db.run("DROP TABLE claims");
    db.run("DROP TABLE layout");
    for (const char* column : {"cached", "cache_write"})
      db.run(std::string{"ALTER TABLE spend DROP COLUMN "} + column);
    db.run("PRAGMA user_version=7");
  }
  auto s = open_sqlite_store(path);
  const std::vector<key_claim> one{{"k", id_of(2), time_of(2)}};
  EXPECT_EQ(s->claim_keys("support", 0, 0, one).at(0).id, id_of(2));
  EXPECT_EQ(s->task(id_of(1))->state, task_state::completed);
}

// Each node claims all keys for its shard and opens the tasks of those that it got, in batches that
// meet the claims of the others half way.
TEST(postgres_claims, of_many_nodes_at_once_one_opens_the_task) {
  constexpr int nodes = 4;
  constexpr int keys = 200;
  constexpr int at_once = 10;
  const auto where = schema_of_test();
  const auto reader = open_postgres_store(where);
  std::vector<int> got(nodes);
  std::vector<std::thread> all;
  for (int n = 0; n < nodes; ++n)
    all.emplace_back([&, n] {
      auto s = open_postgres_store(where);
      const auto shard = static_cast<std::uint32_t>(n);
      const auto epoch = s->take_shard("support", shard);
      for (int first = 0; first < keys; first += at_once) {
        std::vector<key_claim> wanted;
        for (int k = first; k < first + at_once; ++k)
          wanted.push_back({"k" + std::to_string(1000 + k), id_of(k * nodes + n), time_of(k)});
        const auto held = s->claim_keys("support", shard, epoch, wanted);
        std::vector<store_write> batch;
        for (std::size_t i = 0; i < held.size(); ++i) {
          if (held[i].id != wanted[i].id)
            continue;
          auto w = opened(first * nodes);
          w.id = wanted[i].id;
          w.key = wanted[i].key;
          w.shard = shard;
          w.epoch = epoch;
          batch.insert(batch.begin(), w);
        }
        got[static_cast<std::size_t>(n)] += static_cast<int>(batch.size());
        s->apply(batch);
      }
    });
  for (auto& t : all)
    t.join();
  int sum = 0;
  for (const auto n : got)
    sum += n;
  EXPECT_EQ(sum, keys);
  task_filter every;
  every.limit = task_filter::max_listed;
  EXPECT_EQ(reader->tasks(every).size(), static_cast<std::size_t>(keys));
}

} // namespace claims_cases
} // namespace troupe
