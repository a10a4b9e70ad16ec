// Whose a store is and how its tasks are shared out, the same in all stores.
#include "src/store/layout_table.hpp"
#include "src/store/sqlite_handle.hpp"
#include "tests/src/store/each_store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace troupe {
namespace layout_table_cases {

const kept_layout eight{"shop", 8, {}};
const kept_layout two{"shop", 2, {"eu", "us"}};

class layout_table_test : public each_store {
 protected:
  layout_table& table() { return *s->layout(); }
  void open(int i, std::uint32_t shard) {
    auto w = opened(i);
    w.shard = shard;
    s->apply(std::vector{w});
  }
};

TEST_P(layout_table_test, is_what_was_kept_last) {
  EXPECT_FALSE(table().read()) << "nobody has said it";
  EXPECT_TRUE(table().keep(eight, std::nullopt));
  EXPECT_FALSE(table().keep(two, std::nullopt)) << "it is there already";
  EXPECT_FALSE(table().keep(two, two)) << "that is not what is kept";
  reopen();
  EXPECT_EQ(table().read(), eight);
  EXPECT_TRUE(table().keep(two, eight));
  reopen();
  EXPECT_EQ(table().read(), two);
}

TEST_P(layout_table_test, counts_what_is_open_and_in_which_shards) {
  EXPECT_EQ(table().open_tasks(1).all, 0u);
  for (const std::uint32_t shard : {0u, 1u, 5u, 7u})
    open(static_cast<int>(shard), shard);
  auto elsewhere = opened(8);
  elsewhere.domain = "sales";
  elsewhere.shard = 6;
  s->apply(std::vector{elsewhere, closed(7)});
  reopen();
  const auto of_two = table().open_tasks(2);
  EXPECT_EQ(of_two.all, 4u) << "of all domains, without what has ended";
  EXPECT_EQ(of_two.beyond, 2u);
  EXPECT_EQ(table().open_tasks(5).beyond, 2u) << "the first shard that is not there counts";
  EXPECT_EQ(table().open_tasks(7).beyond, 0u);
}

INSTANTIATE_TEST_SUITE_P(stores, layout_table_test,
                         ::testing::Values("memory", "sqlite", "postgres"),
                         [](const auto& x) { return std::string{x.param}; });

TEST(layout_text, is_read_as_it_was_written_and_never_guessed) {
  for (const auto& x : {eight, two})
    EXPECT_EQ(kept_layout_of(text_of(x)), x);
  for (const char* text : {"", "{}", "8", R"({"fleet":"shop","shards":"8","regions":[]})"})
    EXPECT_THROW((void)kept_layout_of(text), store_error) << text;
}

TEST(sqlite_layout, a_store_of_format_9_keeps_its_tasks_and_does_not_say_whose_it_is) {
  temporary_folder folder;
  const auto path = folder.file("a.db");
  open_sqlite_store(path)->apply(std::vector{opened(1)});
  {
    sqlite_handle db{path};
    db.run("DROP TABLE layout");
    db.run("PRAGMA user_version=9");
  }
  const auto s = open_sqlite_store(path);
  EXPECT_FALSE(s->layout()->read());
  EXPECT_EQ(s->layout()->open_tasks(1).all, 1u);
  EXPECT_TRUE(s->layout()->keep(eight, std::nullopt));
}

TEST(postgres_layout, a_schema_of_format_9_does_not_say_whose_it_is) {
  const auto settings = schema_of_test();
  open_postgres_store(settings)->apply(std::vector{opened(1)});
  plain_connection{settings.address}.sql("DROP TABLE " + settings.schema + ".layout; UPDATE " +
                                         settings.schema + ".about SET version = 9");
  const auto s = open_postgres_store(settings);
  EXPECT_FALSE(s->layout()->read());
  EXPECT_EQ(s->layout()->open_tasks(1).all, 1u);
  EXPECT_TRUE(s->layout()->keep(eight, std::nullopt));
}

TEST(postgres_layout, of_nodes_that_start_together_one_says_it) {
  const auto settings = schema_of_test();
  std::atomic<int> taken{0};
  std::vector<std::thread> nodes;
  for (std::uint32_t i = 1; i <= 4; ++i)
    nodes.emplace_back([&, i] {
      taken += open_postgres_store(settings)->layout()->keep({"shop", i, {}}, std::nullopt) ? 1 : 0;
    });
  for (auto& n : nodes)
    n.join();
  EXPECT_EQ(taken, 1);
}

} // namespace layout_table_cases
} // namespace troupe
