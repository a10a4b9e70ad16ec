#include "tests/src/store/each_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe {
namespace version_table_cases {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class version_table_test : public each_store {
 protected:
  version_table& table() { return *s->versions(); }
  bool propose(std::uint64_t number, const std::string& content = "files") {
    stored_version x;
    x.number = number;
    x.at = time_of(static_cast<int>(number));
    x.digest = "d" + std::to_string(number);
    x.node = "n1";
    x.about = "{\"a\":1}";
    return table().propose(x, content);
  }
  bool use(std::uint64_t number) { return table().decide(number, true, "", time_of(100)); }
  std::string states() {
    std::string out;
    for (const auto& v : table().versions())
      out += (out.empty() ? "" : " ") + std::to_string(v.number) + std::string{to_string(v.state)};
    return out;
  }
  store_write use_of(std::uint64_t number, std::uint32_t shard, bool begins) {
    store_write w;
    w.what = begins ? store_write::kind::version_used : store_write::kind::version_left;
    w.id = std::to_string(number);
    w.domain = "support";
    w.shard = shard;
    return w;
  }
  void write(std::vector<store_write> all) { s->apply(all); }
};

TEST_P(version_table_test, a_version_is_proposed_and_then_used) {
  EXPECT_THAT(table().versions(), IsEmpty());
  EXPECT_FALSE(propose(2)) << "it is not the next one";
  const std::string content{"a\0b\xFF", 4};
  EXPECT_TRUE(propose(1, content));
  EXPECT_FALSE(propose(2)) << "another one is proposed";
  EXPECT_TRUE(use(1));
  EXPECT_FALSE(use(1)) << "it has been decided";
  EXPECT_TRUE(propose(2));
  EXPECT_TRUE(use(2));
  EXPECT_EQ(states(), "1former 2active");
  reopen();
  EXPECT_EQ(states(), "1former 2active");
  EXPECT_EQ(table().content(1), content);
  const auto first = table().versions().front();
  EXPECT_EQ(first.digest, "d1");
  EXPECT_EQ(first.node, "n1");
  EXPECT_EQ(first.about, "{\"a\":1}");
  EXPECT_EQ(first.at, time_of(100));
}

TEST_P(version_table_test, a_refused_one_changes_nothing_and_its_content_goes) {
  EXPECT_TRUE(propose(1) && use(1) && propose(2));
  EXPECT_TRUE(table().decide(2, false, "node n2: no", time_of(7)));
  EXPECT_FALSE(table().decide(2, true, "", time_of(8)));
  EXPECT_EQ(states(), "1active 2refused");
  EXPECT_EQ(table().versions().back().why, "node n2: no");
  EXPECT_EQ(table().content(2), "");
  EXPECT_FALSE(propose(2)) << "its number is not given out again";
  EXPECT_TRUE(propose(3));
  EXPECT_TRUE(table().decide(3, false, "again", time_of(9)));
  EXPECT_EQ(states(), "1active 3refused");
}

TEST_P(version_table_test, only_a_former_one_is_forgotten) {
  EXPECT_TRUE(propose(1) && use(1) && propose(2) && use(2) && propose(3));
  for (const std::uint64_t number : {2, 3, 9})
    table().forget(number);
  EXPECT_EQ(states(), "1former 2active 3proposed");
  table().forget(1);
  EXPECT_EQ(states(), "2active 3proposed");
  EXPECT_EQ(table().content(1), "");
}

TEST_P(version_table_test, knows_of_which_there_are_open_tasks) {
  write({use_of(1, 0, true), opened(1), use_of(1, 3, true), use_of(2, 3, true)});
  write({use_of(1, 0, true)});
  reopen();
  EXPECT_THAT(table().used(), ElementsAre(1, 2));
  write({use_of(1, 0, false)});
  EXPECT_THAT(table().used(), ElementsAre(1, 2));
  // Of several writes in one batch the last one counts.
  write({use_of(1, 3, false), use_of(2, 3, false), use_of(2, 3, true), use_of(5, 1, false)});
  EXPECT_THAT(table().used(), ElementsAre(2));
}

TEST_P(version_table_test, a_shard_with_a_newer_owner_is_not_spoken_for) {
  const auto old = s->take_shard("support", 0);
  s->take_shard("support", 0);
  auto w = use_of(1, 0, true);
  w.epoch = old;
  EXPECT_THROW(write({w}), store_error);
  EXPECT_THAT(table().used(), IsEmpty());
}

TEST_P(version_table_test, the_newest_word_of_a_node_counts) {
  table().say({"n2", 1, 0, false, {}, {}});
  table().say({"n1", 1, 2, true, {}, {1}});
  table().say({"n2", 1, 2, false, "no such \"plugin\"", {1, 2}});
  reopen();
  const auto said = table().said();
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0].node, "n1");
  EXPECT_TRUE(said[0].ready);
  EXPECT_EQ(said[1].answered, 2u);
  EXPECT_EQ(said[1].refused, "no such \"plugin\"");
  EXPECT_THAT(said[1].works_on, ElementsAre(1, 2));
}

TEST(version_table, what_cannot_be_read_says_nothing) {
  for (const char* text : {"", "x", "[]", "{\"active\":\"x\"}", "{\"works_on\":7}"}) {
    const auto x = node_versions_of("n1", text);
    EXPECT_EQ(x.node, "n1");
    EXPECT_EQ(x.active, 0u) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(stores, version_table_test,
                         ::testing::Values("memory", "sqlite", "postgres"),
                         [](const auto& x) { return std::string{x.param}; });

} // namespace version_table_cases
} // namespace troupe
