#pragma once

#include "actors/cluster_messages.hpp"
#include "actors/post.hpp"
#include "actors/replica_host.hpp"
#include "policies/agent_placement.hpp"
#include "policies/failover.hpp"
#include "policies/membership.hpp"
#include "policies/ownership.hpp"
#include "src/store/layout_table.hpp"
#include "src/store/membership_table.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// What the nodes of a cluster share out.
struct fleet_share {
  std::vector<std::string> domains;
  /// An agent's replica, by `domain/agent#n`.
  std::map<std::string, moving_child> replicas;
  /// All agents, in an order that is the same on every node.
  std::vector<agent_wish> agents;
};

struct cluster_keeper_config {
  member self; ///< as the node wants its row; its token is drawn by the keeper
  membership_settings members;
  ownership_settings owners;
  /// Opens the member table, on the table's own thread; called again after it has failed.
  std::function<std::unique_ptr<membership_table>()> open_table;
  bool table_on_own_thread = true; ///< false in a simulation
  seat_ptr place;
  /// The supervisor that has the keeper as its child, and ends the node when that may not join;
  /// nobody there: the keeper fails.
  seat_ptr root;
  seat_ptr registry;
  std::shared_ptr<late_children> late;
  shard_layout layout;
  seat_ptr journal;          ///< null: nothing is stored
  kept_layout stored;        ///< what the store has to say of itself, or this node may not stay
  failover_settings regions; ///< who stands in for whom
  std::function<moving_child(const shard_key&)> orchestrator;
  fleet_share fleet;
  /// The post, once this node knows its incarnation.
  std::function<moving_child(std::uint64_t incarnation)> post;
  seat_ptr post_place;
  milliseconds drain_timeout{30000}; ///< for the last calls of agents, when this node leaves

  /// Throws `std::invalid_argument` when something that it cannot do without is missing.
  void validate() const;
};

/// The CLUSTER KEEPER: a node's part in the cluster. It joins and renews, accuses and learns of
/// deaths (`membership`), and brings the shards and the agents that the member table gives to this
/// node to life here, and ends those that it gives to others (`ownership`, `agent_placement`). One
/// keeper, the placer, also writes down where agents run, evens out and says how many there are.
/// Links and proxies are the post's.
///
/// When others have declared this node dead, it fails: whatever runs after it in the tree ends with
/// it, and the next incarnation joins anew. When another process lives under the node's id, the
/// node ends: no incarnation of it could join, and each would only try again.
struct cluster_keeper_state {
  cluster_keeper_state() = default;
  cluster_keeper_state(const cluster_keeper_state&) = delete;
  cluster_keeper_state& operator=(const cluster_keeper_state&) = delete;
  /// Whoever waits for this node to leave hears that nobody sees to it any more.
  ~cluster_keeper_state();
  void init(caf::event_based_actor* self, parts_ptr parts, cluster_keeper_config config);
  /// Once the fleet's services are ready.
  void join();

  // Membership: cluster_keeper.cpp.
  void on_tick();
  void on_post_started();
  void on_link_up(const link_up& x);
  void on_link_down(const link_down& x);
  void on_link_refused(const link_refused& x);

  // What the keepers of other nodes say: cluster_keeper_peers.cpp.
  void on_table_changed(const table_changed& x);
  void on_shards_asked(const shards_asked& x);
  void on_shards_released(const shards_released& x);

  // What this node is given, and lets go of: cluster_keeper_shards.cpp.
  void on_opened(const shard_opened& x);
  void on_fenced(const shard_fenced& x);
  void on_down(const caf::down_msg& x);
  /// Somebody on this node has looked at an agent's load: so many replicas of it are to be. Heard
  /// while this node is the placer.
  void on_want(const want_replicas& x);
  /// The fleet has other agents and domains from now on.
  void on_use_fleet(const fleet_share& x);
  /// A person wants a home region to work for itself again: cluster_keeper_regions.cpp.
  std::string on_return(const return_region& x);
  /// Answers when this node owns nothing any more and the table says that it has left; whoever has
  /// wanted that before is answered now, that it is under way.
  caf::response_promise on_leave();

  /// cluster_keeper_drain.cpp.
  drain_state on_drain(const drain_node& x);

  static inline const char* name = "cluster_keeper";

 private:
  void carry_out(membership::actions& todo);
  void carry_out(ownership::actions& todo);
  void ask_table(std::uint64_t op,
                 std::function<std::function<void(cluster_keeper_state&)>(membership_table&)> what);
  /// Asks the store whether its layout is still this node's, until it has answered. It was when
  /// the node started; but others may have taken another one while nobody saw that it lives.
  void check_layout();
  /// This node is not to join, now or later.
  void give_up(const std::string& why);
  void use_table();
  void reach_members(const member_table& table);
  /// The members that this node is to have links with.
  [[nodiscard]] reach_nodes others_in(const member_table& table) const;
  /// The seat of another node's keeper; null: that node has told of none.
  [[nodiscard]] seat_ptr keeper_of(const std::string& node) const;
  void tell_peers(std::uint64_t version);
  /// Sends what there is to say to the keepers of others.
  void say(const ownership::actions& all);
  void place_replicas();
  void keep_placement(timestamp now);
  void keep_duties(timestamp now);
  void show_absent();
  void run_replicas(timestamp now);
  void begin(moving_child x);
  void end(const std::string& supervisor, const std::string& id);
  [[nodiscard]] seat_ptr seat_of(const std::string& supervisor) const;
  /// Says that the node has left, or goes on leaving.
  void check_left();
  /// Says in the table that nothing is left here, once it is so.
  void check_drained();
  [[nodiscard]] drain_state drained_so_far() const;
  /// Somebody would have what this node gives away.
  [[nodiscard]] bool others_take_work() const;
  void arm();

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  cluster_keeper_config config_;
  std::unique_ptr<membership> members_;
  std::unique_ptr<ownership> owners_;
  caf::actor table_; ///< asks the member table, which may take its time
  std::unique_ptr<failover> regions_;
  std::unique_ptr<replica_host> host_;
  placement_records placed_; ///< by the table of version `placed_by_`
  std::uint64_t placed_by_ = 0;
  std::map<std::string, std::uint32_t> wants_; ///< replicas, by agent
  /// What the records were last made of when there was nothing to write: while it is the same,
  /// there is nothing again.
  struct record_grounds {
    std::uint64_t version = 0; ///< of the table
    bool quiet = false;
    std::map<std::string, std::uint32_t> wants;
    friend bool operator==(const record_grounds&, const record_grounds&) = default;
  } recorded_;
  std::set<std::string> homeless_; ///< replicas that people have been warned of
  std::string members_seen_;       ///< who takes part, as of `quiet_since_`
  timestamp quiet_since_{};
  /// Orchestrators that were told to end, by their actors.
  std::map<caf::actor_id, shard_key> draining_;
  std::set<std::string> known_; ///< members that have been reached for
  std::optional<caf::response_promise> leaving_;
  bool draining_node_ = false;
  bool linked_ = false; ///< the post has been started
  bool layout_checked_ = false;
  std::uint64_t shown_ = 0; ///< version of the table that was logged last
  timestamp armed_ = no_deadline;
};

caf::behavior cluster_keeper(caf::stateful_actor<cluster_keeper_state>* self, parts_ptr parts,
                             cluster_keeper_config config);

} // namespace troupe
