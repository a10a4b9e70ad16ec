// Whole nodes that are one cluster, in virtual time: a fake network between their posts, one member
// table and one store for all of them.
#include "policies/agent_placement.hpp"
#include "tests/fixtures/little_fleet.hpp"
#include "tests/fixtures/post_stage.hpp"
#include "tests/fixtures/virtual_node.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace {

using namespace troupe::testing;

class shared_members final : public membership_table {
 public:
  explicit shared_members(membership_table& all)
      : all_(all) {}
  member_table read() override { return all_.read(); }
  std::optional<std::uint64_t> write(const member_write& w) override { return all_.write(w); }
  std::optional<std::uint64_t> renew(std::string_view node, std::uint64_t token) override {
    return all_.renew(node, token);
  }

 private:
  membership_table& all_;
};

struct virtual_cluster {
  virtual_cluster()
      : members(make_memory_membership([this] { return now(); })) {
    room.register_in(*natives);
    stage.idle = [this] { return pool->run_waiting() > 0; };
  }
  ~virtual_cluster() {
    pool->held = false;
    while (!nodes.empty())
      kill(nodes.begin()->first);
  }
  timestamp now() { return timeline{post_stage::wall, began}.at(stage.system().clock().now()); }

  void up(const std::string& name) {
    auto worker = an_agent("work", "script");
    worker.slots = 32;
    auto fleet = a_fleet(a_domain("d", {worker}));
    fleet.node_id = name;
    fleet.shards = 8;
    fleet.data_dir = (std::filesystem::temp_directory_path() / "troupe-tests").string();
    node_options options;
    options.log = post_stage::log();
    options.natives = natives;
    options.workers = pool;
    options.http = std::make_shared<scripted_http>();
    options.processes = std::make_shared<scripted_processes>();
    options.journal_on_own_thread = false;
    options.open_store = [disk = disk] { return std::make_unique<shaky_store>(disk); };
    options.seed = 100 + ++started;
    options.time.emplace(post_stage::wall, began);
    auto& cluster = options.cluster.emplace();
    cluster.self.node = name;
    cluster.table_on_own_thread = false;
    cluster.open_table = [this] { return std::make_unique<shared_members>(*members); };
    cluster.open_links = [this, name](std::uint64_t incarnation) {
      return stage.net.open(name, incarnation);
    };
    auto& n = nodes[name];
    n = std::make_unique<node>(stage.system(), std::move(fleet), std::move(options));
    n->start();
    stage.run();
  }
  /// The process is gone, and its host refuses whoever dials it.
  void kill(const std::string& name) {
    const auto root = nodes.at(name)->resolve({address_kind::node, name + "/root"});
    caf::anon_send_exit(root, caf::exit_reason::kill);
    while (stage.step()) {
    }
    gone.push_back(std::move(nodes.at(name)));
    nodes.erase(name);
    stage.net.refuse(name);
  }
  heard_ptr submit(const std::string& to, task_request what) {
    auto out = std::make_shared<heard>();
    task_handlers h;
    h.accepted = [out](const task_accepted& x) { out->accepted.push_back(x); };
    h.refused_ = [out](const refused& x) { out->refusals.push_back(x); };
    h.ended = [out](const task_record_ptr& x) { out->ended.push_back(x); };
    out->number = nodes.at(to)->api().submit(std::move(what), std::move(h));
    stage.run();
    return out;
  }
  [[nodiscard]] bool settled() {
    const auto table = members->read();
    return std::count_if(table.rows.begin(), table.rows.end(), [](const member& m) {
             return m.state == member_state::up;
           }) == static_cast<std::ptrdiff_t>(nodes.size());
  }

  script_room room;
  std::shared_ptr<native_agents> natives = std::make_shared<native_agents>();
  std::shared_ptr<manual_pool> pool = std::make_shared<manual_pool>();
  std::shared_ptr<shaky_disk> disk = std::make_shared<shaky_disk>();
  post_stage stage;
  caf::actor_clock::time_point began = stage.system().clock().now();
  std::unique_ptr<membership_table> members;
  std::map<std::string, std::unique_ptr<node>> nodes;
  std::vector<std::unique_ptr<node>> gone;
  std::uint64_t started = 0;
};

TEST(cluster_node, tasks_survive_the_nodes_that_their_agent_and_their_orchestrators_lived_on) {
  virtual_cluster c;
  for (const auto* name : {"A", "B", "C"})
    c.up(name);
  c.stage.advance(std::chrono::seconds{6});
  ASSERT_TRUE(c.settled());
  const auto home = records_of(c.members->read()).at("d").replicas.at("d/work").node;
  ASSERT_TRUE(c.nodes.contains(home));
  const std::string asked = home == "A" ? "B" : "A";
  c.pool->held = true;
  std::vector<heard_ptr> all;
  for (int i = 0; i < 16; ++i) {
    auto what = wants("work");
    what.context_id = "session-" + std::to_string(i);
    all.push_back(c.submit(asked, what));
  }
  c.stage.advance(milliseconds{100});
  ASSERT_EQ(c.pool->waiting(), 16u);
  const auto before = c.now();
  c.kill(home);
  c.pool->forget();
  c.pool->held = false;
  const auto done = [&] {
    return std::all_of(all.begin(), all.end(), [](const auto& x) { return x->finals() > 0; });
  };
  while (!done() && c.now() - before < std::chrono::seconds{20})
    c.stage.advance(milliseconds{5});
  // No retry was waited for, and nobody was told of anything.
  EXPECT_LT(c.now() - before, milliseconds{200});
  for (const auto& x : all) {
    ASSERT_TRUE(x->done());
    EXPECT_EQ(x->record().state, task_state::completed);
    for (const auto& e : x->record().history)
      EXPECT_NE(e.kind, event_kind::unroutable);
  }
}

TEST(cluster_node, a_node_that_is_cut_off_says_soon_that_it_can_do_nothing) {
  virtual_cluster c;
  for (const auto* name : {"A", "B", "C"})
    c.up(name);
  c.stage.advance(std::chrono::seconds{6});
  ASSERT_TRUE(c.settled());
  c.stage.net.part("A", "C");
  c.stage.net.part("B", "C");
  c.stage.advance(std::chrono::seconds{3});
  EXPECT_NE(c.members->read().find("C")->state, member_state::up);
  const auto x = c.submit("C", wants("work"));
  c.stage.advance(milliseconds{1200});
  ASSERT_EQ(x->refusals.size(), 1u);
  EXPECT_EQ(x->refusals[0].why, refusal::busy);
  EXPECT_GT(x->refusals[0].retry_after.count(), 0);
  const auto y = c.submit("A", wants("work"));
  c.stage.advance(milliseconds{1200});
  ASSERT_TRUE(y->done());
  EXPECT_EQ(y->record().state, task_state::completed);
}

TEST(cluster_node, a_request_waits_for_a_shard_whose_owner_has_just_died) {
  virtual_cluster c;
  for (const auto* name : {"A", "B", "C"})
    c.up(name);
  c.stage.advance(std::chrono::seconds{6});
  ASSERT_TRUE(c.settled());
  // Requests are on the way to all shards while C dies.
  c.stage.net.paused = true;
  std::vector<heard_ptr> all;
  for (int i = 0; i < 16; ++i) {
    auto what = wants("work");
    what.context_id = "session-" + std::to_string(i);
    all.push_back(c.submit("A", what));
  }
  c.stage.net.paused = false;
  c.kill("C");
  for (int i = 0; i < 16; ++i) {
    auto what = wants("work");
    what.context_id = "session-" + std::to_string(i);
    all.push_back(c.submit("A", what));
  }
  c.stage.advance(std::chrono::seconds{4});
  for (const auto& x : all) {
    EXPECT_TRUE(x->refusals.empty());
    ASSERT_TRUE(x->done());
    EXPECT_EQ(x->record().state, task_state::completed);
  }
}

} // namespace
} // namespace troupe
