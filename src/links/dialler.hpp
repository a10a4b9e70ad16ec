#pragma once

#include "src/links/carrier.hpp"
#include "src/links/name_lookup.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>

namespace troupe::links {

/// Keeps trying to make the link with one node: its addresses one after the other, then a pause
/// that grows with every round in vain. A link that had been stable is made again at once: if its
/// peer has died, that is how it is found out. One attempt at a time. Lives on the I/O thread.
class dialler : public std::enable_shared_from_this<dialler> {
 public:
  using steady = std::chrono::steady_clock;
  struct parts {
    boost::asio::io_context& io;
    name_lookup& names;
    std::minstd_rand& dice;
    std::chrono::milliseconds min_backoff;
    std::chrono::milliseconds max_backoff;
    /// Begins a connection; `failed` or `down` is called when it ends.
    std::function<void(const std::string& node, const boost::asio::ip::tcp::endpoint& to)> connect;
    /// An attempt ended before there was a connection.
    std::function<void(const std::string& node, const std::string& why)> tell;
    /// Each address was tried, and each said that nobody listens there.
    std::function<void(const std::string& node)> refused;
  };

  dialler(const parts& all, endpoint to);

  void start() { step(); }
  /// Other addresses for the attempts that follow.
  void change(endpoint to) { to_ = std::move(to); }
  void stop();

  /// The connection is up.
  void linked();
  /// The connection that `connect` began is over. `refused`: nobody listens there.
  void ended(const std::string& why, bool refused = false);

 private:
  void step();
  void look(const std::string& text);
  void answered(const std::string& host, const name_lookup::endpoints& there,
                const std::string& error);
  void failed(const std::string& why);
  void step_soon();
  void back_off();

  const parts all_;
  endpoint to_;
  boost::asio::steady_timer timer_;
  std::size_t next_ = 0; ///< of the addresses
  std::deque<boost::asio::ip::tcp::endpoint> found_;
  unsigned rounds_ = 0;  ///< in vain, one after the other
  unsigned failed_ = 0;  ///< attempts of this round
  unsigned refused_ = 0; ///< those of them that were refused
  steady::time_point since_{};
  bool up_ = false;
  bool stopped_ = false;
  std::set<std::string> told_; ///< a reason is told once, until there was a link
};

} // namespace troupe::links
