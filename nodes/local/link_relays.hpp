#pragma once

#include "src/links/relay.hpp"

#include <troupe/clock.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::local {

/// The relays between the nodes of a cluster on one machine, one for each pair: the node with the
/// smaller id dials, and finds the other through the pair's relay. Lives on the thread that runs
/// the context.
class link_relays {
 public:
  struct node {
    std::string id;
    std::string region;
  };
  /// `between` is how long everything takes from one region to another.
  link_relays(boost::asio::io_context& io, const std::vector<node>& nodes, milliseconds between);

  /// The links of this node are at this port.
  void at(const std::string& id, std::uint16_t port);
  /// `ID=127.0.0.1:PORT` for every node that `id` dials.
  [[nodiscard]] std::vector<std::string> ways_of(const std::string& id) const;

  // Faults, for so long. A pair that has one already gets the newer one's end.
  /// Nothing passes between the two, in either order. False: there is no such pair.
  [[nodiscard]] bool cut(const std::string& a, const std::string& b, milliseconds for_so_long);
  /// Everything takes `delay` longer.
  [[nodiscard]] bool slow(const std::string& a, const std::string& b, milliseconds delay,
                          milliseconds for_so_long);
  void mend_all();

  /// Bytes that went from one region to another, and within regions.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> carried() const;
  /// The pairs that are cut now, `n1-n2`.
  [[nodiscard]] std::vector<std::string> cut_now() const;

 private:
  struct pair {
    std::unique_ptr<links::relay> way;
    bool between_regions = false;
    milliseconds usual{0};
    boost::asio::steady_timer cut_over;
    boost::asio::steady_timer slow_over;
  };
  [[nodiscard]] pair* find(const std::string& a, const std::string& b);

  std::map<std::pair<std::string, std::string>, pair> pairs_; ///< the one that dials first
};

} // namespace troupe::local
