#pragma once

#include <troupe/clock.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>

namespace troupe::links {

/// Carries TCP connections from a loopback port of its own to another, and can do to them what a
/// bad network does: take its time, or deliver nothing. For clusters on one machine, whose links
/// nobody can cut otherwise without being root.
///
/// While it is cut nothing is read, written, closed or accepted, as if every packet were dropped:
/// neither end learns of it but by silence, and what was under way arrives when the cut is mended.
/// What is under way is bounded, so that a slow link slows its senders. All of it lives on the
/// thread that runs the context.
class relay {
 public:
  /// Listens at once, on a free port. Throws `boost::system::system_error`.
  relay(boost::asio::io_context& io, std::uint16_t target);
  /// Ends all connections.
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// The loopback port that connections made from now on lead to.
  void lead_to(std::uint16_t target) noexcept { target_ = target; }

  void cut(bool on);
  [[nodiscard]] bool is_cut() const noexcept { return conditions_->cut; }
  /// How long everything takes, in each direction.
  void slow(milliseconds each_way) noexcept { conditions_->delay = each_way; }
  [[nodiscard]] milliseconds delay() const noexcept { return conditions_->delay; }

  /// Bytes carried so far, both ways.
  [[nodiscard]] std::uint64_t carried() const noexcept { return conditions_->carried; }
  [[nodiscard]] std::size_t connections() const noexcept { return pipes_->size(); }

  struct conditions {
    bool cut = false;
    milliseconds delay{0};
    std::uint64_t carried = 0;
  };
  class pipe;

 private:
  void accept();

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer again_; ///< after an accept that failed
  std::uint16_t port_ = 0;
  std::uint16_t target_;
  bool accepting_ = false;
  std::shared_ptr<conditions> conditions_;
  std::shared_ptr<std::set<std::shared_ptr<pipe>>> pipes_;
  std::shared_ptr<bool> alive_; ///< shared with what is still to be called back
};

} // namespace troupe::links
