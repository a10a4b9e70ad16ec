#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::links {

/// Asks the system for the addresses of names, one after the other, on a thread of its own. Asio's
/// resolver waits for a question under way when it is destroyed, which can take as long as a dead
/// name server; this one does not, so that a node stops at once. Thread safe.
class name_lookup {
 public:
  using endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  using found = std::function<void(endpoints there, const std::string& error)>;

  name_lookup();
  ~name_lookup();
  name_lookup(const name_lookup&) = delete;
  name_lookup& operator=(const name_lookup&) = delete;

  /// `then` is called from that thread, or never when `stop` comes first.
  void ask(const std::string& host, std::uint16_t port, found then);
  /// Nothing is called any more once this has returned.
  void stop();

 private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

} // namespace troupe::links
