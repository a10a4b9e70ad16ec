#pragma once

#include "nodes/sim/world.hpp"
#include "src/links/carrier.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::sim {

/// The network between simulated nodes: links as `links::carrier` promises them, that take time,
/// break, fall silent and come back. Everything is drawn from the world's dice.
///
/// What TCP does is kept: within a link all arrives in order, and what was on its way when a link
/// breaks is lost with it. Between nodes that are parted nothing passes; after a second or a little
/// more each end finds its link silent. A node whose process has ended is found out at once, unless
/// it is parted from whoever looks. A frozen node takes nothing in until it wakes.
class network {
 public:
  explicit network(world& w)
      : world_(w) {}

  /// The carrier of a node's post, for one start of it.
  [[nodiscard]] std::unique_ptr<links::carrier> open(const std::string& node,
                                                     std::uint64_t incarnation);
  /// The process of the node is gone, without a goodbye.
  void process_gone(const std::string& node);
  /// The node stands still, or goes on; what came meanwhile, it finds then.
  void freeze(const std::string& node, bool yes);
  /// Nothing passes between these two until they are joined.
  void part(const std::string& a, const std::string& b);
  void join(const std::string& a, const std::string& b);
  /// The connection between these two is reset, and may be made again.
  void reset(const std::string& a, const std::string& b);
  /// How long a frame may take.
  void slow(bool yes) noexcept { slow_ = yes; }
  /// Everybody is joined and fast again.
  void heal();

 private:
  friend class sim_carrier;
  using pair = std::pair<std::string, std::string>;
  /// One end: a node's carrier as long as it has not stopped.
  struct end {
    std::uint64_t number = 0; ///< no two are alike: what was meant for a former one is lost
    std::uint64_t incarnation = 0;
    links::carrier_events events;
    std::set<std::string> wanted;
  };
  /// What goes one way on a link.
  struct way {
    envelope_batch waiting;          ///< not flushed
    std::deque<envelope_batch> held; ///< arrived, and kept back
    std::size_t under_way = 0;       ///< envelopes that were flushed and not handed over
    std::size_t unread = 0;          ///< batches that the receiver has not dealt with
    timestamp last{};                ///< nothing arrives before what was sent before it
  };
  struct link {
    std::uint64_t number = 0; ///< 0: it is down
    std::uint64_t bad = 0;    ///< counts the times that nothing has passed; odd: so it is now
    std::array<way, 2> ways;  ///< from the first to the second, and back
  };

  [[nodiscard]] static pair key_of(const std::string& a, const std::string& b) {
    return a < b ? pair{a, b} : pair{b, a};
  }
  [[nodiscard]] bool passes(const pair& k) const {
    return !parted_.contains(k) && !frozen_.contains(k.first) && !frozen_.contains(k.second);
  }
  [[nodiscard]] way& way_of(link& l, const pair& k, const std::string& from) {
    return l.ways[from == k.first ? 0 : 1];
  }
  /// Calls back the end that is there now, in the order of the calls; not before it wakes.
  void tell(const std::string& node, timestamp at, std::function<void(end&)> what);
  void try_later(const pair& k);
  void try_now(const pair& k);
  /// What either end is told; nothing: it is not told.
  void take_down(const pair& k, std::optional<link_loss> first, std::optional<link_loss> second,
                 const std::string& why);
  void look_whether_it_passes(const pair& k);
  void arrive(const pair& k, const std::string& from, std::uint64_t number, envelope_batch what);
  void hand_over(const pair& k, const std::string& from);
  void stop(const std::string& node, std::uint64_t number);

  world& world_;
  bool slow_ = false;
  std::uint64_t numbers_ = 0;
  std::map<std::string, end> ends_;
  std::map<std::string, std::uint64_t> incarnations_; ///< of ends that are gone
  std::map<pair, link> links_;
  std::set<pair> parted_;
  std::set<pair> trying_;
  std::set<std::string> frozen_;
  std::map<std::string, timestamp> told_; ///< when a node hears the last of what was said to it
  std::map<std::string, std::vector<std::function<void()>>> asleep_;
};

} // namespace troupe::sim
