// Whom a node reaches for, where it looks for them, and what it learns of those that are gone.
#include "tests/src/links/link_kit.hpp"

#include <chrono>

namespace {

using namespace troupe;
using namespace troupe::links;
using namespace troupe::links::test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(mesh, links_with_nodes_that_are_not_reached_for_end) {
  pair_of_nodes n;
  ASSERT_TRUE(n.up());
  n.a->reach({});
  ASSERT_TRUE(n.a.until_down());
  ASSERT_TRUE(n.b.until_down());
  EXPECT_THAT(n.b.downs.front(), HasSubstr("node b is no member any more"));
  EXPECT_EQ(n.b.losses.front(), link_loss::closed);
  EXPECT_EQ(n.a->offer("b", letter(1)), offered::unlinked);
}

TEST(mesh, a_node_that_is_not_reached_for_is_refused_with_a_reason) {
  station a{settings_for("a")};
  station b{settings_for("b")};
  a.start();
  b.start();
  a->reach({b.here()});
  ASSERT_TRUE(a.until_told(notice_kind::unreachable, "node a is no member as far as node b knows"));
  ASSERT_TRUE(b.until_told(notice_kind::refused, "node a is no member"));
  EXPECT_TRUE(a.said.empty());
  EXPECT_TRUE(b.said.empty());
  // It keeps trying, so that two nodes need not hear of each other at the same time.
  b->reach({{"a", {}}});
  EXPECT_TRUE(a.until_up());
}

TEST(mesh, all_addresses_of_a_node_are_tried) {
  station a{settings_for("a")};
  station b{settings_for("b")};
  a.start();
  b.start();
  b->reach({{"a", {}}});
  auto where = b.here();
  where.reached_at.insert(where.reached_at.begin(), {"nonsense", "127.0.0.1:1"});
  where.reached_at.back() = "localhost:" + std::to_string(b->port());
  a->reach({where});
  ASSERT_TRUE(a.until_up());
  EXPECT_TRUE(a.until_told(notice_kind::unreachable, "nonsense is no address"));
  EXPECT_TRUE(a.until_told(notice_kind::unreachable, "refused"));
}

TEST(mesh, a_peer_that_starts_later_is_found) {
  // Who knows its port beforehand takes one and gives it back.
  std::uint16_t port = 0;
  {
    station b{settings_for("b")};
    b.start();
    port = b->port();
  }
  station a{settings_for("a")};
  a.start();
  a->reach({{"b", {"127.0.0.1:" + std::to_string(port)}}});
  ASSERT_TRUE(a.until_told(notice_kind::unreachable, "refused"));
  auto for_b = settings_for("b");
  for_b.port = port;
  for_b.incarnation = 2;
  station b{for_b};
  b.start();
  b->reach({{"a", {}}});
  EXPECT_TRUE(a.until_up());
}

TEST(mesh, a_node_that_is_gone_is_told_apart_from_a_broken_link) {
  pair_of_nodes n;
  ASSERT_TRUE(n.up());
  // The one that dials tries again, and meets nobody.
  n.b.stop();
  ASSERT_TRUE(n.a.until([](station& s) { return !s.refusals.empty(); }));
  EXPECT_EQ(n.a.refusals.front(), "b");
  EXPECT_THAT(n.a.said, ElementsAre("up b", "down b"));
}

TEST(mesh, a_node_that_dials_us_is_looked_for_when_its_link_is_gone) {
  pair_of_nodes n;
  n.b->reach({n.a.here()});
  ASSERT_TRUE(n.up());
  n.a.stop();
  ASSERT_TRUE(n.b.until([](station& s) { return !s.refusals.empty(); }));
  EXPECT_EQ(n.b.refusals.front(), "a");
}

TEST(mesh, a_link_that_was_only_cut_is_no_refusal) {
  pair_of_nodes n;
  n.b->reach({n.a.here()});
  ASSERT_TRUE(n.up());
  for (std::size_t i = 1; i <= 3; ++i) {
    n.b->cut("a", "enough");
    ASSERT_TRUE(n.a.until([i](station& s) { return s.said.size() == 1 + 2 * i; }));
    ASSERT_TRUE(n.b.until([i](station& s) { return s.said.size() == 1 + 2 * i; }));
  }
  EXPECT_TRUE(n.a.refusals.empty());
  EXPECT_TRUE(n.b.refusals.empty());
}

TEST(mesh, a_refusal_by_one_of_several_addresses_proves_nothing) {
  station a{settings_for("a")};
  a.start();
  // The second one is no address of this network: nobody says anything there.
  a->reach({{"b", {"127.0.0.1:1", "nonsense"}}});
  ASSERT_TRUE(a.until_told(notice_kind::unreachable, "refused"));
  ASSERT_TRUE(a.until_told(notice_kind::unreachable, "nonsense"));
  EXPECT_TRUE(a.refusals.empty());
}

TEST(mesh, a_young_link_that_breaks_is_dialled_again_at_once) {
  constexpr milliseconds pause{3000};
  auto for_a = settings_for("a");
  for_a.min_backoff = for_a.max_backoff = pause;
  pair_of_nodes n{for_a, settings_for("b")};
  ASSERT_TRUE(n.up());
  const auto up_since = std::chrono::steady_clock::now();
  ASSERT_TRUE(
      eventually([&] { return std::chrono::steady_clock::now() - up_since > milliseconds{300}; }));
  n.a.change([&] { n.a.refusals.clear(); });
  const auto began = std::chrono::steady_clock::now();
  n.b.stop();
  ASSERT_TRUE(n.a.until([](station& s) { return !s.refusals.empty(); }));
  EXPECT_LT(std::chrono::steady_clock::now() - began, pause / 2) << "that nobody listens there";
}

TEST(mesh, plaintext_dials_no_other_machine) {
  link_settings s;
  s.plaintext = true;
  s.node = "a";
  station a{s};
  a.start();
  a->reach({{"b", {"192.0.2.1:7421"}}});
  EXPECT_TRUE(a.until_told(notice_kind::unreachable, "plaintext is for loopback addresses only"));
  EXPECT_EQ(a->counts().dialled, 0u);
}

} // namespace
