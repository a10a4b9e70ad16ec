// The table of members, the same in memory and in PostgreSQL.
#include "src/store/membership_table.hpp"

#include "tests/src/store/postgres_kit.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace troupe {
namespace membership_table_cases {

/// The store's clock can be put forward: in PostgreSQL by making what is written older.
struct in_memory {
  timestamp now{std::chrono::hours{1}};
  std::unique_ptr<membership_table> open() {
    return make_memory_membership([this] { return now; });
  }
  void pass(milliseconds time) { now += time; }
};
struct in_postgres {
  postgres_settings settings = schema_of_test();
  std::unique_ptr<membership_table> open() { return open_postgres_membership(settings); }
  void pass(milliseconds time) const {
    const auto by = std::to_string(std::chrono::microseconds{time}.count());
    plain_connection c{settings.address};
    c.sql("UPDATE " + settings.schema + ".members SET renewed = renewed - " + by);
    c.sql("UPDATE " + settings.schema + ".accusations SET at = at - " + by);
  }
};

template <class Kind>
class members : public ::testing::Test {
 protected:
  Kind kind;
  std::unique_ptr<membership_table> table = kind.open();
};
using kinds = ::testing::Types<in_memory, in_postgres>;
TYPED_TEST_SUITE(members, kinds);

constexpr milliseconds young{30000}; ///< far more than a test takes

member row_of(const std::string& node) {
  member out;
  out.node = node;
  out.incarnation = 7;
  out.token = 0xFEDCBA9876543210ull;
  out.region = "eu";
  out.reached_at = {"10.0.0.1:7500", "[::1]:7500"};
  out.labels = {"gpu", "zone-\"a\""};
  out.offers = {{"memory_mb", 4096}};
  out.serves = {"support", "support/billing"};
  out.weight = 50;
  out.version = "0.1.0";
  out.state = member_state::up;
  out.cut_off = true;
  out.why = "because";
  return out;
}

member_write put(std::uint64_t expected, member row) {
  member_write w;
  w.expected = expected;
  w.row = std::move(row);
  return w;
}

TYPED_TEST(members, come_back_as_they_were_written) {
  auto& t = *this->table;
  EXPECT_EQ(t.read().version, 0u);
  EXPECT_TRUE(t.read().rows.empty());
  EXPECT_EQ(t.write(put(0, row_of("b"))), 1u);
  EXPECT_EQ(t.write(put(1, row_of("a"))), 2u);
  member_write duty;
  duty.what = member_write::kind::duty;
  duty.expected = 2;
  duty.duty = {"us", "eu"};
  EXPECT_EQ(t.write(duty), 3u);
  duty.expected = 3;
  duty.duty = {"us", "asia"};
  EXPECT_EQ(t.write(duty), 4u);
  const auto all = t.read();
  EXPECT_EQ(all.version, 4u);
  ASSERT_EQ(all.rows.size(), 2u);
  EXPECT_EQ(all.rows[0].node, "a");
  auto b = all.rows[1];
  EXPECT_LT(b.unrenewed, young);
  b.unrenewed = milliseconds{0};
  EXPECT_EQ(b, row_of("b"));
  EXPECT_EQ(all.duties, (std::vector<region_duty>{{"us", "asia"}}));
}

TYPED_TEST(members, are_written_only_by_those_who_saw_the_latest) {
  auto& t = *this->table;
  ASSERT_EQ(t.write(put(0, row_of("a"))), 1u);
  auto changed = row_of("a");
  changed.state = member_state::leaving;
  for (const std::uint64_t other : {0u, 2u}) {
    auto w = put(other, changed);
    w.row.accused = {{"b", 1, milliseconds{0}, "silent"}};
    for (const auto what : {member_write::kind::put, member_write::kind::remove,
                            member_write::kind::duty, member_write::kind::place}) {
      w.what = what;
      EXPECT_FALSE(t.write(w)) << other;
    }
  }
  EXPECT_EQ(t.read().version, 1u);
  EXPECT_EQ(t.read().rows.at(0).state, member_state::up);
  EXPECT_TRUE(t.read().rows.at(0).accused.empty());
  EXPECT_TRUE(t.read().duties.empty());
  EXPECT_EQ(t.write(put(1, changed)), 2u);
  EXPECT_EQ(t.read().rows.at(0).state, member_state::leaving);
}

TYPED_TEST(members, renew_without_disturbing_anybody) {
  auto& t = *this->table;
  ASSERT_TRUE(t.write(put(0, row_of("a"))));
  this->kind.pass(milliseconds{60000});
  EXPECT_GE(t.read().rows.at(0).unrenewed, milliseconds{60000});
  EXPECT_EQ(t.write(put(1, row_of("a"))), 2u);
  EXPECT_GE(t.read().rows.at(0).unrenewed, milliseconds{60000}) << "a write is no renewal";
  EXPECT_EQ(t.renew("a", row_of("a").token), 2u);
  EXPECT_LT(t.read().rows.at(0).unrenewed, young);
  EXPECT_FALSE(t.renew("a", 1)) << "another process under the same id";
  EXPECT_FALSE(t.renew("b", row_of("a").token));
  this->kind.pass(milliseconds{60000});
  auto successor = row_of("a");
  successor.token = 1;
  EXPECT_EQ(t.write(put(2, successor)), 3u);
  EXPECT_LT(t.read().rows.at(0).unrenewed, young) << "a new process begins anew";
  successor.state = member_state::down;
  EXPECT_EQ(t.write(put(3, successor)), 4u);
  EXPECT_FALSE(t.renew("a", 1)) << "it was declared dead";
}

TYPED_TEST(members, are_accused_and_the_accusations_grow_old) {
  auto& t = *this->table;
  auto a = row_of("a");
  a.accused = {{"b", 1, milliseconds{0}, "silent"}};
  ASSERT_EQ(t.write(put(0, a)), 1u);
  this->kind.pass(milliseconds{60000});
  a = t.read().rows.at(0);
  ASSERT_EQ(a.accused.size(), 1u);
  EXPECT_GE(a.accused[0].age, milliseconds{60000});
  EXPECT_EQ(a.accused[0].why, "silent");
  a.accused.push_back({"c", 2, milliseconds{0}, "refused"});
  ASSERT_EQ(t.write(put(1, a)), 2u);
  a = t.read().rows.at(0);
  ASSERT_EQ(a.accused.size(), 2u);
  EXPECT_GE(a.accused[0].age, milliseconds{60000}) << "written back, it is as old as it was";
  EXPECT_LT(a.accused[1].age, young);
  a.accused[0].age = milliseconds{0};
  ASSERT_EQ(t.write(put(2, a)), 3u);
  EXPECT_LT(t.read().rows.at(0).accused.at(0).age, young) << "and made again, it is young";
  a.accused = {{"c", 3, milliseconds{5}, "another incarnation"}};
  ASSERT_EQ(t.write(put(3, a)), 4u);
  a = t.read().rows.at(0);
  ASSERT_EQ(a.accused.size(), 1u) << "the others were withdrawn";
  EXPECT_EQ(a.accused[0].incarnation, 3u);
  EXPECT_LT(a.accused[0].age, young) << "whatever its writer thinks of its age";
}

TYPED_TEST(members, are_forgotten_with_their_accusations) {
  auto& t = *this->table;
  auto a = row_of("a");
  a.accused = {{"b", 1, milliseconds{0}, "silent"}};
  ASSERT_TRUE(t.write(put(0, a)));
  ASSERT_TRUE(t.write(put(1, row_of("b"))));
  member_write gone;
  gone.what = member_write::kind::remove;
  gone.expected = 2;
  gone.row.node = "a";
  EXPECT_EQ(t.write(gone), 3u);
  ASSERT_EQ(t.read().rows.size(), 1u);
  EXPECT_EQ(t.read().rows[0].node, "b");
  EXPECT_FALSE(t.renew("a", a.token));
  ASSERT_TRUE(t.write(put(3, row_of("a"))));
  EXPECT_TRUE(t.read().rows[0].accused.empty());
}

TEST(postgres_membership, many_writers_make_one_history) {
  in_postgres shared;
  constexpr int nodes = 4;
  constexpr int rounds = 15;
  std::atomic<int> done{0};
  std::vector<std::thread> all;
  for (int i = 0; i < nodes; ++i)
    all.emplace_back([&, i] {
      auto t = shared.open();
      for (int k = 0; k < rounds;) {
        auto mine = row_of("n" + std::to_string(i));
        mine.incarnation = static_cast<std::uint64_t>(k + 1);
        if (t->write(put(t->read().version, mine))) {
          ++k;
          ++done;
        }
        (void)t->renew(mine.node, mine.token);
      }
    });
  for (auto& x : all)
    x.join();
  auto t = shared.open();
  EXPECT_EQ(done, nodes * rounds);
  EXPECT_EQ(t->read().version, static_cast<std::uint64_t>(nodes * rounds));
  for (const auto& m : t->read().rows)
    EXPECT_EQ(m.incarnation, static_cast<std::uint64_t>(rounds));
}

TEST(postgres_membership, a_row_that_cannot_be_read_is_named) {
  in_postgres shared;
  auto t = shared.open();
  ASSERT_TRUE(t->write(put(0, row_of("a"))));
  plain_connection{shared.settings.address}.sql("UPDATE " + shared.settings.schema +
                                                ".members SET card = '[]garbage'");
  try {
    (void)t->read();
    ADD_FAILURE() << "was read";
  } catch (const store_error& e) {
    EXPECT_EQ(e.why(), store_error::kind::corrupt);
    EXPECT_NE(std::string{e.what()}.find("node a"), std::string::npos);
  }
}

} // namespace membership_table_cases
} // namespace troupe
