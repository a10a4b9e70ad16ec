#pragma once

#include "policies/failover.hpp"
#include "policies/membership.hpp"
#include "policies/ownership.hpp"

#include "tests/policies/member_books.hpp"

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::testing {

/// Nodes made of the shipped policies, with clocks that differ in offset and speed, on a network
/// and a store that fail as they are told. One seed decides everything.
///
/// While it runs it watches two promises: an epoch of a shard never has two owners, and no two
/// nodes have the right to leased work on the same shard at the same time.
class cluster_world {
 public:
  using ms = milliseconds;

  struct node {
    std::string id;
    std::string region;
    double speed = 1; ///< of its clock
    microseconds offset{0};
    bool running = false;
    bool frozen = false;
    bool has_store = true;
    std::uint64_t life = 0; ///< counts incarnations: what was sent to a former one is lost
    std::unique_ptr<membership> members;
    std::unique_ptr<ownership> owns;
    std::unique_ptr<failover> regions;
    std::vector<std::function<void()>> inbox; ///< what came while it was frozen
    std::vector<std::string> stops;           ///< why its incarnations ended
  };

  cluster_world(std::uint32_t seed, const std::vector<std::pair<std::string, std::string>>& nodes,
                shard_layout layout, failover_settings regions = {});

  void start(const std::string& id);
  void kill(const std::string& id);
  void freeze(const std::string& id) { of(id).frozen = true; }
  void thaw(const std::string& id);
  void leave(const std::string& id);
  void cut(const std::string& a, const std::string& b, bool yes = true);
  void store(const std::string& id, bool reachable) { of(id).has_store = reachable; }
  void slow_store(bool yes) { slow_ = yes; }
  void heal();
  void run(ms time);
  /// Runs until `done`, at most for `most`; returns how long that took, or nothing.
  std::optional<ms> run_until(const std::function<bool()>& done, ms most);

  node& of(const std::string& id) { return nodes_.at(id); }
  std::map<std::string, node>& nodes() { return nodes_; }
  [[nodiscard]] const member_table& table() const { return books_.now(); }
  [[nodiscard]] bool down(const std::string& id) const;
  /// Empty when all running nodes agree on everything; else what is wrong.
  [[nodiscard]] std::string disagreement();
  /// What of the promises was broken first; empty: nothing.
  [[nodiscard]] const std::string& broken() const { return broken_; }
  [[nodiscard]] std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>(random_() % n);
  }
  /// Every running node that serves this shard now, by what it believes.
  [[nodiscard]] std::vector<std::string> serving(const shard_key& shard);
  [[nodiscard]] std::vector<shard_key> shards() const;

 private:
  struct link {
    bool up = false;
    std::uint64_t life_a = 0, life_b = 0;
    std::uint64_t incarnation_a = 0, incarnation_b = 0;
    microseconds bad_since{-1};
    microseconds redial{0};
    microseconds told{0}; ///< when refusals were last reported
  };
  struct shard_row {
    std::uint64_t epoch = 0;
    std::string owner;
  };

  void after(ms least, ms most, std::function<void()> what);
  /// To the incarnation that lives now, after some time on the way.
  void deliver(const std::string& id, ms least, ms most, std::function<void(node&)> what);
  void on_store(const std::string& id, std::function<void()> commit,
                std::function<void(node&)> answer, std::function<void(node&)> fail);
  void carry_out(node& n, const membership::actions& todo);
  void carry_out(node& n, const ownership::actions& todo);
  void send(node& from, const std::string& to, std::function<void(node&)> what);
  void use_view(node& n);
  void begin_life(node& n);
  void step();
  void links();
  void one_link(node& a, node& b, link& l);
  void write_durably(node& n);
  void look();
  [[nodiscard]] timestamp local(const node& n) const {
    return timestamp{std::chrono::hours{24}} + n.offset +
           microseconds{static_cast<std::int64_t>(static_cast<double>(now_.count()) * n.speed)};
  }
  [[nodiscard]] timestamp store_time() const { return timestamp{std::chrono::hours{48}} + now_; }
  [[nodiscard]] bool is_cut(const std::string& a, const std::string& b) const {
    return cuts_.contains(std::minmax(a, b));
  }
  [[nodiscard]] link& link_of(const std::string& a, const std::string& b) {
    return links_[std::minmax(a, b)];
  }

  std::mt19937_64 random_;
  shard_layout layout_;
  failover_settings regions_;
  std::map<std::string, node> nodes_;
  std::set<std::pair<std::string, std::string>> cuts_;
  std::map<std::pair<std::string, std::string>, link> links_;
  std::multimap<microseconds, std::function<void()>> queue_;
  microseconds now_{0};
  std::uint64_t tokens_ = 0;
  bool slow_ = false;
  member_books books_;
  std::map<shard_key, shard_row> shard_rows_;
  std::map<std::pair<shard_key, std::uint64_t>, std::pair<std::string, std::uint64_t>> believers_;
  std::string broken_;
};

} // namespace troupe::testing
