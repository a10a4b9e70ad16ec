#pragma once

#include "src/links/dialler.hpp"
#include "src/links/stream.hpp"

#include <chrono>
#include <memory>

namespace troupe::links {

/// Finds out whether a node that dials us has died, once its link has ended: connects to where it
/// listens, says nothing, and closes again. Only a refusal means something, and the dialler tells
/// of it; a node that is there dials by itself. Ends after some attempts. Lives on the I/O thread.
class knocker : public std::enable_shared_from_this<knocker> {
 public:
  using steady = std::chrono::steady_clock;

  /// Of `parts`, `connect` and `tell` are set here. `patience`: for one attempt.
  knocker(dialler::parts parts, milliseconds patience)
      : parts_(std::move(parts))
      , patience_(patience) {}

  void start(endpoint to);
  void stop();
  void tick(steady::time_point now);

 private:
  static constexpr unsigned attempts_most = 20;

  void knock(const boost::asio::ip::tcp::endpoint& to);

  dialler::parts parts_;
  const milliseconds patience_;
  std::shared_ptr<dialler> dial_;
  std::shared_ptr<link_socket> socket_; ///< of the attempt that is under way
  steady::time_point since_{};
  unsigned attempts_ = 0;
};

} // namespace troupe::links
