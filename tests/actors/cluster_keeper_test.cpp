// What the keepers of some nodes make of a cluster: each has a real post on a fake network, one
// member table that all share, and orchestrators that only say that they are there.
#include "actors/cluster_keeper.hpp"
#include "actors/tick.hpp"
#include "tests/fixtures/post_stage.hpp"
#include "tests/fixtures/shared_members.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace cluster_keeper_cases {

using namespace troupe::testing;

constexpr std::uint32_t shards = 16;

class keepers : public ::testing::Test {
 protected:
  keepers()
      : table(make_memory_membership([this] { return clock(); })) {}
  ~keepers() override {
    for (auto& [name, root] : roots)
      caf::anon_send_exit(root, caf::exit_reason::kill);
    stage.run();
  }

  timestamp clock() { return timeline{post_stage::wall, began}.at(stage.system().clock().now()); }

  static child_spec child(const std::string& id, seat_ptr place,
                          std::function<caf::actor(caf::event_based_actor*)> start,
                          restart_type restart = restart_type::permanent) {
    child_spec out;
    out.rules = {id, restart, milliseconds{1000}};
    out.kind = id;
    out.place = std::move(place);
    out.start = std::move(start);
    return out;
  }

  /// A node: a keeper, and the supervisors of what it starts.
  void up(const std::string& name, bool talks = true) {
    auto parts = std::make_shared<node_parts>();
    parts->fleet.node_id = name;
    parts->seed = stage.net.dice().draw();
    parts->time = timeline{post_stage::wall, began};
    parts->log = post_stage::log();
    const auto place = [parts, name](const std::string& part) {
      return parts->places->claim({address_kind::node, name + "/" + part});
    };
    cluster_keeper_config config;
    config.self.node = name;
    config.open_table = [this] { return std::make_unique<shared_members>(*table); };
    config.table_on_own_thread = false;
    config.place = place("cluster_keeper");
    config.root = place("root");
    where[name] = config.place;
    config.registry = place("registry");
    config.late = std::make_shared<late_children>();
    config.fleet.domains = {"d"};
    config.layout.per_region = shards;
    config.post_place = place("post");
    posts[name] = config.post_place;
    config.orchestrator = [this, parts, name, keeper = config.place](const shard_key& x) {
      return moving_child{"d/orchestrators",
                          child(
                              std::to_string(x.shard),
                              parts->places->claim(directory::orchestrator_of("d", x.shard)),
                              [this, name, x, keeper](caf::event_based_actor* self) {
                                return serve(self->system(), name, x, keeper);
                              },
                              restart_type::transient)};
    };
    config.post = [this, parts, place, name, talks](std::uint64_t incarnation) {
      post_config p;
      p.open = [this, name, incarnation] { return stage.net.open(name, incarnation); };
      p.place = place("post");
      p.keeper = place("cluster_keeper");
      if (talks)
        p.exposed = {"cluster_keeper"};
      return moving_child{"network", child("post", p.place, [parts, p](auto* self) {
                            return self->system().spawn(post, parts_ptr{parts}, p);
                          })};
    };
    supervisor_config root{name, supervision::rest_for_one, {}, {}};
    const auto supervised = [&](const std::string& id) {
      auto out = child(id, place(id), [parts, id, late = config.late](auto* self) {
        supervisor_config c{id, supervision::one_for_one, {}, {}};
        late->complete(c);
        return self->system().spawn(supervisor, parts_ptr{parts}, std::move(c));
      });
      out.is_supervisor = true;
      return out;
    };
    root.children.push_back(child("cluster_keeper", config.place, [parts, config](auto* self) {
      return self->system().spawn(cluster_keeper, parts_ptr{parts}, config);
    }));
    root.children.push_back(supervised("network"));
    root.children.push_back(supervised("d/orchestrators"));
    const auto ends = ended[name] = std::make_shared<std::string>();
    roots[name] = stage.system().spawn(supervisor, parts_ptr{parts}, std::move(root));
    place("root")->take(roots[name]);
    roots[name]->attach_functor(
        [this, ends](const caf::error& why) { *ends = failure_text(stage.system(), why); });
    stage.run();
  }

  /// An orchestrator as far as its keeper knows.
  caf::actor serve(caf::actor_system& sys, const std::string& name, const shard_key& x,
                   const seat_ptr& keeper) {
    auto who = sys.spawn([slow = slow_to_end](caf::event_based_actor* self) -> caf::behavior {
      self->set_default_handler(caf::drop);
      if (slow)
        self->set_exit_handler([](const caf::exit_msg&) {});
      return {[](tick) {}};
    });
    serving[x.shard].insert(name);
    who->attach_functor([this, name, x](const caf::error&) { serving[x.shard].erase(name); });
    if (const auto to = keeper->now().handle)
      caf::anon_send(to, shard_opened{x.domain, x.shard, ++epochs[x.shard]});
    return who;
  }

  /// The process ends: all at once, and its host says so to whoever asks.
  void kill(const std::string& name) {
    stage.net.kill(name);
    caf::anon_send_exit(roots.at(name), caf::exit_reason::kill);
    roots.erase(name);
    stage.run();
    stage.net.refuse(name);
    stage.run();
  }

  /// The post of `name` ends and another one begins, which makes no link with `other`. The post
  /// before it had one, and nobody is left who could say that it is gone.
  void begin_anew_without(const std::string& name, const std::string& other) {
    caf::anon_send_exit(posts.at(name)->now().handle, caf::exit_reason::kill);
    while (stage.step()) {
    }
    stage.net.part(name, other);
    stage.run();
  }

  /// Every shard has one owner, and these are the owners.
  [[nodiscard]] bool shared_by(const std::set<std::string>& names) const {
    std::set<std::string> seen;
    for (std::uint32_t i = 0; i < shards; ++i) {
      const auto hit = serving.find(i);
      if (hit == serving.end() || hit->second.size() != 1)
        return false;
      seen.insert(*hit->second.begin());
    }
    return seen == names;
  }
  /// How long until `holds`, in virtual time.
  milliseconds until(const std::function<bool()>& holds,
                     milliseconds most = std::chrono::seconds{20}) {
    const auto from = clock();
    while (!holds() && clock() - from < most)
      stage.advance(milliseconds{10});
    return std::chrono::duration_cast<milliseconds>(clock() - from);
  }

  bool slow_to_end = false; ///< orchestrators are killed when their time to end is over
  std::map<std::uint32_t, std::set<std::string>> serving;
  std::map<std::uint32_t, std::uint64_t> epochs;
  post_stage stage;
  caf::actor_clock::time_point began = stage.system().clock().now();
  std::unique_ptr<membership_table> table;
  std::map<std::string, caf::actor> roots;
  std::map<std::string, std::shared_ptr<std::string>> ended; ///< why a root has ended
  std::map<std::string, seat_ptr> where;                     ///< the keepers
  std::map<std::string, seat_ptr> posts;
};

TEST_F(keepers, share_the_shards_among_them) {
  for (const auto* name : {"A", "B", "C"})
    up(name);
  until([&] { return shared_by({"A", "B", "C"}); });
  EXPECT_TRUE(shared_by({"A", "B", "C"}));
}

TEST_F(keepers, of_a_second_process_under_one_id_end_their_node) {
  up("A");
  ASSERT_LT(until([&] { return shared_by({"A"}); }), std::chrono::seconds{10});
  const auto first = roots.at("A");
  const auto first_ended = ended.at("A");
  up("A");
  EXPECT_LE(until([&] { return !ended.at("A")->empty(); }), std::chrono::seconds{5});
  EXPECT_NE(ended.at("A")->find("another process lives under the id A"), std::string::npos)
      << *ended.at("A");
  stage.advance(std::chrono::seconds{5});
  EXPECT_EQ(*first_ended, "") << "the one that was there before goes on";
  EXPECT_TRUE(shared_by({"A"}));
  caf::anon_send_exit(first, caf::exit_reason::kill);
  stage.run();
}

TEST_F(keepers, of_a_killed_process_are_replaced_as_soon_as_it_is_refused) {
  for (const auto* name : {"A", "B", "C"})
    up(name);
  until([&] { return shared_by({"A", "B", "C"}); });
  stage.advance(std::chrono::seconds{3});
  kill("C");
  const auto took = until([&] { return shared_by({"A", "B"}); });
  EXPECT_TRUE(shared_by({"A", "B"}));
  EXPECT_LE(took, milliseconds{20});
}

TEST_F(keepers, leave_a_node_alone_whose_post_begins_anew) {
  for (const auto* name : {"A", "B", "C"})
    up(name);
  until([&] { return shared_by({"A", "B", "C"}); });
  stage.advance(std::chrono::seconds{3});
  const auto before = table->read().find("C")->incarnation;
  caf::anon_send_exit(posts.at("C")->now().handle, caf::exit_reason::kill);
  while (stage.step()) {
  }
  // Its port is closed for a moment, and all who dial it at once are refused.
  stage.net.part("A", "C");
  stage.net.part("B", "C");
  stage.run();
  stage.net.refuse("C");
  stage.advance(milliseconds{200});
  EXPECT_TRUE(table->read().find("C")->accused.empty());
  stage.net.heal("A", "C");
  stage.net.heal("B", "C");
  stage.advance(std::chrono::seconds{3});
  const auto after = table->read();
  EXPECT_EQ(after.find("C")->state, member_state::up);
  EXPECT_EQ(after.find("C")->incarnation, before);
  EXPECT_TRUE(shared_by({"A", "B", "C"}));
}

TEST_F(keepers, do_not_believe_in_the_links_of_a_post_that_has_begun_anew) {
  up("A");
  up("B");
  until([&] { return shared_by({"A", "B"}); });
  stage.advance(std::chrono::seconds{3});
  begin_anew_without("A", "B");
  kill("B");
  // Nobody but A can say that B is dead: it has no link, and is refused.
  const auto took = until([&] { return shared_by({"A"}); });
  EXPECT_TRUE(shared_by({"A"}));
  EXPECT_LE(took, milliseconds{1200});
}

TEST_F(keepers, miss_who_went_silent_while_their_post_began_anew) {
  up("A");
  up("B");
  until([&] { return shared_by({"A", "B"}); });
  stage.advance(std::chrono::seconds{3});
  begin_anew_without("A", "B");
  stage.net.kill("B");
  caf::anon_send_exit(roots.at("B"), caf::exit_reason::kill);
  roots.erase("B");
  stage.run();
  const auto took = until([&] { return shared_by({"A"}); });
  EXPECT_TRUE(shared_by({"A"}));
  EXPECT_LE(took, milliseconds{4000});
}

TEST_F(keepers, whose_own_post_begins_anew_accuse_nobody_whom_it_reaches_again) {
  up("A");
  up("B");
  until([&] { return shared_by({"A", "B"}); });
  stage.advance(std::chrono::seconds{3});
  const auto before = table->read();
  begin_anew_without("A", "B");
  stage.advance(std::chrono::seconds{1});
  stage.net.heal("A", "B");
  stage.advance(std::chrono::seconds{5});
  const auto after = table->read();
  for (const auto* name : {"A", "B"}) {
    EXPECT_EQ(after.find(name)->state, member_state::up) << name;
    EXPECT_EQ(after.find(name)->incarnation, before.find(name)->incarnation) << name;
    EXPECT_TRUE(after.find(name)->accused.empty()) << name;
  }
  EXPECT_TRUE(shared_by({"A", "B"}));
}

TEST_F(keepers, whose_post_does_not_come_again_are_replaced_all_the_same) {
  for (const auto* name : {"A", "B", "C"})
    up(name);
  until([&] { return shared_by({"A", "B", "C"}); });
  stage.advance(std::chrono::seconds{3});
  // It says goodbye, and is gone for good.
  caf::anon_send_exit(roots.at("C"), caf::exit_reason::kill);
  roots.erase("C");
  stage.run();
  stage.net.refuse("C");
  const auto took = until([&] { return shared_by({"A", "B"}); });
  EXPECT_TRUE(shared_by({"A", "B"}));
  EXPECT_LE(took, milliseconds{700});
}

TEST_F(keepers, hand_over_at_once_to_one_that_joins) {
  up("A");
  up("B");
  until([&] { return shared_by({"A", "B"}); });
  stage.advance(std::chrono::seconds{3});
  up("C");
  const auto took = until([&] { return shared_by({"A", "B", "C"}); });
  EXPECT_TRUE(shared_by({"A", "B", "C"}));
  // Its owner before has said that it has let go: nobody waits for the end of any patience.
  EXPECT_LE(took, milliseconds{700});
}

TEST_F(keepers, that_cannot_talk_to_each_other_come_to_the_same_by_the_table) {
  up("A", false);
  up("B", false);
  until([&] { return shared_by({"A", "B"}); });
  stage.advance(std::chrono::seconds{3});
  up("C", false);
  const auto took = until([&] { return shared_by({"A", "B", "C"}); });
  EXPECT_TRUE(shared_by({"A", "B", "C"}));
  EXPECT_GE(took, milliseconds{1000});
  stage.advance(std::chrono::seconds{3});
  kill("C");
  until([&] { return shared_by({"A", "B"}); });
  EXPECT_TRUE(shared_by({"A", "B"}));
}

TEST_F(keepers, hand_over_what_a_node_has_that_leaves) {
  for (const auto* name : {"A", "B", "C"})
    up(name);
  until([&] { return shared_by({"A", "B", "C"}); });
  stage.advance(std::chrono::seconds{3});
  bool left = false;
  const auto me = stage.spawn(std::make_shared<diary>());
  stage.make(me, [&](caf::event_based_actor* self) {
    self->request(where.at("C")->now().handle, std::chrono::seconds{10}, leave_cluster{})
        .then([&](cluster_left) { left = true; }, [](const caf::error&) {});
  });
  const auto took = until([&] { return left && shared_by({"A", "B"}); });
  EXPECT_TRUE(left);
  EXPECT_TRUE(shared_by({"A", "B"}));
  EXPECT_LE(took, milliseconds{100});
}

TEST_F(keepers, that_are_killed_while_they_leave_say_so_to_whoever_waits) {
  slow_to_end = true;
  for (const auto* name : {"A", "B", "C"})
    up(name);
  until([&] { return shared_by({"A", "B", "C"}); });
  stage.advance(std::chrono::seconds{3});
  std::vector<std::string> said;
  const auto me = stage.spawn(std::make_shared<diary>());
  const auto leave = [&](const std::string& who) {
    stage.make(me, [&, who](caf::event_based_actor* self) {
      self->request(where.at("C")->now().handle, std::chrono::seconds{60}, leave_cluster{})
          .then([&, who](cluster_left) { said.push_back(who + " left"); },
                [&, who](const caf::error& why) {
                  said.push_back(
                      who + (why == caf::sec::request_receiver_down ? " down" : " something else"));
                });
    });
    stage.run();
  };
  leave("first");
  ASSERT_TRUE(said.empty());
  // One waits at a time.
  leave("second");
  ASSERT_EQ(said, std::vector<std::string>{"first left"});
  kill("C");
  EXPECT_EQ(said, (std::vector<std::string>{"first left", "second down"}));
}

} // namespace cluster_keeper_cases
} // namespace troupe
