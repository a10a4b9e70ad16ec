// Whose a store is, and what becomes of its tasks when a fleet is laid out anew.
#include "nodes/store_layout.hpp"

#include "src/store/store.hpp"
#include "tests/fixtures/asks_people.hpp"
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"
#include "tests/fixtures/virtual_cluster.hpp"
#include "tests/nodes/cli_kit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace store_layout_cases {

using namespace troupe;
using namespace troupe::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

fleet_spec shop(std::uint32_t shards, const std::vector<std::string>& regions = {}) {
  fleet_spec out;
  out.name = "shop";
  out.shards = shards;
  for (const auto& name : regions)
    out.regions.emplace_back().name = name;
  return out;
}

/// A store in memory, and who wants to go by it.
struct a_store {
  std::unique_ptr<store> s = make_memory_store();
  std::vector<std::string> said;

  /// Why it may not; empty: it may.
  std::string claim(const fleet_spec& fleet, bool alone = true) {
    try {
      claim_layout(*s->layout(), fleet, {"the store", alone},
                   [this](const std::string& text) { said.push_back(text); });
      return {};
    } catch (const std::runtime_error& e) {
      return e.what();
    }
  }
  void open(std::uint32_t shard) {
    store_write w;
    w.id = "t" + std::to_string(shard);
    w.domain = "d";
    w.shard = shard;
    s->apply(std::vector{w});
  }
};

TEST(store_layout, is_taken_anew_when_nothing_is_open) {
  a_store x;
  EXPECT_EQ(x.claim(shop(8)), "");
  EXPECT_EQ(x.claim(shop(8), false), "") << "others have the same";
  EXPECT_THAT(x.said, IsEmpty());
  EXPECT_EQ(x.claim(shop(2, {"eu", "us"})), "");
  EXPECT_THAT(x.said, ElementsAre("the store was laid out for `shards: 8`, and is for `shards: 2` "
                                  "in the regions eu, us from now on"));
  EXPECT_EQ(x.s->layout()->read(), (kept_layout{"shop", 2, {"eu", "us"}}));
}

TEST(store_layout, of_open_tasks_stays) {
  a_store x;
  ASSERT_EQ(x.claim(shop(8)), "");
  for (const std::uint32_t shard : {0u, 1u, 5u})
    x.open(shard);
  EXPECT_THAT(x.claim(shop(2)),
              AllOf(HasSubstr("laid out for `shards: 8`"), HasSubstr("says `shards: 2`"),
                    HasSubstr("3 tasks are open, 1 of them in shards that nobody would serve"),
                    HasSubstr("End them first, or keep `shards: 8`"), HasSubstr("--data")));
  EXPECT_THAT(x.claim(shop(16)), HasSubstr("messages of their sessions"));
  EXPECT_THAT(x.claim(shop(8, {"eu"})), HasSubstr("3 tasks are open")) << "they have no home";
  EXPECT_EQ(x.claim(shop(8)), "");
  EXPECT_THAT(x.said, IsEmpty());
}

TEST(store_layout, of_nodes_that_are_up_stays) {
  a_store x;
  ASSERT_EQ(x.claim(shop(8)), "");
  EXPECT_THAT(x.claim(shop(2), false),
              AllOf(HasSubstr("Stop all of them first"), HasSubstr("keep `shards: 8`")));
  EXPECT_EQ(x.s->layout()->read(), (kept_layout{"shop", 8, {}}));
}

TEST(store_layout, takes_more_regions_behind_those_that_there_are) {
  a_store x;
  ASSERT_EQ(x.claim(shop(4, {"eu", "us"})), "");
  x.open(7);
  EXPECT_THAT(x.claim(shop(4, {"us", "eu"})), HasSubstr("1 task is open"));
  EXPECT_THAT(x.claim(shop(4, {"eu"})), HasSubstr("1 of them in shards"));
  EXPECT_EQ(x.claim(shop(4, {"eu", "us", "asia"})), "");
}

TEST(store_layout, of_another_fleet_is_never_taken) {
  a_store x;
  ASSERT_EQ(x.claim(shop(8)), "");
  auto other = shop(8);
  other.name = "bank";
  EXPECT_THAT(x.claim(other), AllOf(HasSubstr("the store belongs to the fleet shop, not to bank"),
                                    HasSubstr("--data"), HasSubstr("--store-schema")));
  EXPECT_EQ(x.claim(shop(8)), "") << "nothing has changed";
}

TEST(store_layout, that_was_never_said_must_have_a_shard_for_all_that_is_open) {
  a_store x;
  x.open(5);
  EXPECT_THAT(x.claim(shop(4)), HasSubstr("1 task is open, 1 of them in shards"));
  EXPECT_FALSE(x.s->layout()->read());
  EXPECT_EQ(x.claim(shop(6)), "");
  EXPECT_EQ(x.s->layout()->read(), (kept_layout{"shop", 6, {}}));
}

std::string reason_not_to_start(const std::function<void()>& start) {
  try {
    start();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return {};
}

TEST(store_layout, keeps_a_node_from_starting_that_would_strand_what_waits) {
  stage s;
  auto f = asks_people(std::chrono::hours{24});
  f.shards = 8;
  s.up(f);
  for (int i = 0; i < 12; ++i) {
    auto r = wants("");
    r.context_id = "s" + std::to_string(i);
    s->submit(r);
  }
  s->advance(std::chrono::seconds{1});
  ASSERT_EQ(s->questions().size(), 12u);
  s.fleet.shards = 2;
  EXPECT_THAT(reason_not_to_start([&] { s.restart(); }), HasSubstr("12 tasks are open"));
  s.fleet.shards = 8;
  s.restart();
  s->advance(std::chrono::seconds{1});
  EXPECT_EQ(s->questions().size(), 12u) << "all of them go on";
  for (const auto& q : s->questions())
    EXPECT_EQ(s->cancel(q->task), refusal::none);
  s->advance(std::chrono::seconds{1});
  s.fleet.shards = 2;
  s.restart();
  s->submit(wants(""));
  s->advance(std::chrono::seconds{1});
  EXPECT_EQ(s->questions().size(), 1u) << "nothing was open";
}

TEST(store_layout, keeps_a_node_out_that_would_join_by_another_one) {
  virtual_cluster c;
  c.up_all({"A", "B"});
  c.fleet.shards = 4;
  EXPECT_THAT(reason_not_to_start([&] { c.up("C"); }), HasSubstr("Stop all of them first"));
  c.fleet.shards = 8;
  c.fleet.name = "other";
  EXPECT_THAT(reason_not_to_start([&] { c.up("C"); }), HasSubstr("belongs to the fleet little"));
  c.fleet.name = "little";
  c.up("C");
  c.stage.advance(std::chrono::seconds{6});
  EXPECT_TRUE(c.settled());
}

TEST(store_layout, that_others_have_changed_meanwhile_ends_a_node_that_joins_again) {
  std::string why;
  virtual_cluster c;
  c.up_all({"A", "B"});
  const auto root = c.nodes.at("B")->resolve({address_kind::node, "B/root"});
  ASSERT_TRUE(root);
  root->attach_functor([&](const caf::error& e) { why = failure_text(c.stage.system(), e); });
  const auto rejoin = [&] {
    const auto keeper = c.nodes.at("B")->resolve({address_kind::node, "B/cluster_keeper"});
    ASSERT_TRUE(keeper);
    caf::anon_send_exit(keeper, caf::exit_reason::kill);
    c.stage.advance(std::chrono::seconds{12});
  };
  rejoin();
  EXPECT_EQ(why, "");
  auto& kept = *c.disk->kept->layout();
  ASSERT_TRUE(kept.keep({c.fleet.name, 4, {}}, kept.read()));
  rejoin();
  EXPECT_THAT(why, HasSubstr("laid out in another way"));
}

TEST(store_layout, is_looked_at_before_a_version_of_another_fleet_is_made) {
  const test::scratch here;
  test::make_fleet(here.path("fleet"));
  test::make_fleet(here.path("other"), "other");
  {
    test::dev_node node{here.path("fleet"), here.path("data")};
    ASSERT_EQ(node.ask({"submit", "--no-wait", "what is the capital of france"}).code, 0);
    node.process().signal(SIGTERM);
    ASSERT_EQ(node.process().wait(), 0);
  }
  const auto start = [&](const std::string& fleet) {
    return test::run_troupe({"dev", here.path(fleet), "--port", "0", "--data", here.path("data")});
  };
  const auto other = start("other");
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, AllOf(HasSubstr(here.path("data") + " belongs to the fleet starter"),
                               HasSubstr("--data")));
  test::make_fleet(here.path("fewer"));
  std::ifstream file{here.path("fewer/fleet.yaml")};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  text.replace(text.find("shards: 2"), 9, "shards: 1");
  here.write("fewer/fleet.yaml", text);
  const auto fewer = start("fewer");
  EXPECT_EQ(fewer.code, 1);
  EXPECT_THAT(fewer.err, AllOf(HasSubstr("1 task is open"), HasSubstr("keep `shards: 2`")));
  test::dev_node node{here.path("fleet"), here.path("data")};
  EXPECT_EQ(node.ask({"human", "list", "-o", "json"}).document().at("questions").size(), 1u);
  const auto versions = node.ask({"reload", "--list", "-o", "json"}).document();
  EXPECT_EQ(versions.at("versions").size(), 1u) << versions;
}

} // namespace store_layout_cases
