// The table of members, the same in memory and in PostgreSQL.
#include "src/store/membership_table.hpp"

#include "tests/src/store/postgres_kit.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace troupe {
namespace {

struct in_memory {
  std::unique_ptr<membership_table> open() {
    return make_memory_membership([] {
      return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
    });
  }
};
struct in_postgres {
  postgres_settings settings = schema_of_test();
  std::unique_ptr<membership_table> open() { return open_postgres_membership(settings); }
};

template <class Kind>
class members : public ::testing::Test {
 protected:
  Kind kind;
  std::unique_ptr<membership_table> table = kind.open();
};
using kinds = ::testing::Types<in_memory, in_postgres>;
TYPED_TEST_SUITE(members, kinds);

member_row row_of(const std::string& node) {
  member_row out;
  out.node = node;
  out.incarnation = 7;
  out.region = "eu";
  out.labels = {{"gpu", "yes"}, {"zone", "a\"b"}};
  out.addresses = {"10.0.0.1:7500", "[::1]:7500"};
  return out;
}

TYPED_TEST(members, come_back_as_they_were_written) {
  auto& t = *this->table;
  EXPECT_EQ(t.read().version, 0u);
  EXPECT_TRUE(t.read().members.empty());
  auto b = row_of("b");
  b.votes = {{"a", {}}};
  const auto first = t.write(row_of("a"), 0, milliseconds{5000});
  ASSERT_TRUE(first.done);
  EXPECT_EQ(first.version, 1u);
  const auto second = t.write(b, 1, std::nullopt);
  ASSERT_TRUE(second.done);
  const auto all = t.read();
  EXPECT_EQ(all.version, 2u);
  ASSERT_EQ(all.members.size(), 2u);
  const auto& m = all.members[0];
  EXPECT_EQ(m.node, "a");
  EXPECT_EQ(m.incarnation, 7u);
  EXPECT_EQ(m.state, member_state::joining);
  EXPECT_EQ(m.region, "eu");
  EXPECT_EQ(m.labels, row_of("a").labels);
  EXPECT_EQ(m.addresses, row_of("a").addresses);
  EXPECT_EQ(m.etag, first.etag);
  EXPECT_EQ(m.lease_until, first.lease_until);
  EXPECT_EQ(m.lease_until, first.now + milliseconds{5000});
  EXPECT_LE(first.now, all.now);
  EXPECT_EQ(all.members[1].lease_until, timestamp{}) << "it never had one";
  ASSERT_EQ(all.members[1].votes.size(), 1u);
  EXPECT_EQ(all.members[1].votes[0].accuser, "a");
  EXPECT_NE(all.members[1].votes[0].at, timestamp{}) << "the store's clock";
}

TYPED_TEST(members, are_written_only_by_those_who_saw_the_latest) {
  auto& t = *this->table;
  const auto a = t.write(row_of("a"), 0, std::nullopt);
  const auto b = t.write(row_of("b"), a.version, std::nullopt);
  ASSERT_TRUE(b.done);
  auto x = row_of("a");
  x.state = member_state::up;
  x.etag = a.etag;
  EXPECT_FALSE(t.write(x, a.version, std::nullopt).done) << "the table has gone on";
  x.etag = b.etag;
  EXPECT_FALSE(t.write(x, b.version, std::nullopt).done) << "this is not the row's version";
  x.etag = 0;
  EXPECT_FALSE(t.write(x, b.version, std::nullopt).done) << "the row is there already";
  auto unknown = row_of("c");
  unknown.etag = 3;
  EXPECT_FALSE(t.write(unknown, b.version, std::nullopt).done);
  EXPECT_EQ(t.read().members[0].state, member_state::joining);
  EXPECT_EQ(t.read().version, b.version);
  x.etag = a.etag;
  const auto up = t.write(x, b.version, std::nullopt);
  ASSERT_TRUE(up.done);
  EXPECT_EQ(up.version, b.version + 1);
  EXPECT_EQ(t.read().members[0].state, member_state::up);
  EXPECT_EQ(t.read().members[1].etag, b.etag);
}

TYPED_TEST(members, renew_their_leases_without_disturbing_anybody) {
  auto& t = *this->table;
  const auto a = t.write(row_of("a"), 0, milliseconds{1});
  const auto renewed = t.renew("a", 7, milliseconds{60000});
  ASSERT_TRUE(renewed.done);
  EXPECT_EQ(renewed.version, a.version);
  EXPECT_EQ(renewed.etag, a.etag);
  EXPECT_EQ(t.read().members[0].lease_until, renewed.now + milliseconds{60000});
  EXPECT_EQ(t.read().members[0].changed, a.now);
  EXPECT_FALSE(t.renew("a", 6, milliseconds{60000}).done) << "an earlier incarnation";
  EXPECT_FALSE(t.renew("b", 7, milliseconds{60000}).done);
  auto down = t.read().members[0];
  down.state = member_state::down;
  ASSERT_TRUE(t.write(down, a.version, std::nullopt).done) << "a renewal does not change the etag";
  EXPECT_EQ(t.read().members[0].lease_until, renewed.lease_until) << "without a lease it stays";
  EXPECT_FALSE(t.renew("a", 7, milliseconds{60000}).done) << "it was voted out";
}

TYPED_TEST(members, are_forgotten_when_they_have_been_down_for_long) {
  auto& t = *this->table;
  auto a = row_of("a");
  a.state = member_state::down;
  const auto first = t.write(a, 0, std::nullopt);
  const auto second = t.write(row_of("b"), first.version, std::nullopt);
  EXPECT_EQ(t.forget_dead(std::chrono::hours{1}), 0u);
  EXPECT_EQ(t.read().version, second.version);
  EXPECT_EQ(t.forget_dead(milliseconds{-1000}), 1u);
  const auto left = t.read();
  ASSERT_EQ(left.members.size(), 1u);
  EXPECT_EQ(left.members[0].node, "b");
  EXPECT_GT(left.version, second.version) << "whoever decided with the row in mind looks again";
  const auto again = t.write(row_of("a"), left.version, std::nullopt);
  EXPECT_TRUE(again.done);
  EXPECT_GT(again.etag, first.etag) << "an old etag never fits again";
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
        const auto view = t->read();
        auto mine = row_of("n" + std::to_string(i));
        for (const auto& m : view.members)
          if (m.node == mine.node)
            mine = m;
        mine.incarnation = static_cast<std::uint64_t>(k + 1);
        if (t->write(mine, view.version, milliseconds{1000}).done) {
          ++k;
          ++done;
        }
        (void)t->renew(mine.node, mine.incarnation, milliseconds{1000});
      }
    });
  for (auto& x : all)
    x.join();
  auto t = shared.open();
  EXPECT_EQ(done, nodes * rounds);
  EXPECT_EQ(t->read().version, static_cast<std::uint64_t>(nodes * rounds));
  for (const auto& m : t->read().members)
    EXPECT_EQ(m.incarnation, static_cast<std::uint64_t>(rounds));
}

} // namespace
} // namespace troupe
