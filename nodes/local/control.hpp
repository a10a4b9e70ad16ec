#pragma once

#include <troupe/clock.hpp>
#include <troupe/json.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

namespace troupe::local {

/// Takes orders on a socket in the cluster's folder, which only its owner can open: one JSON
/// document per connection, answered by one. Lives on the thread that runs the context.
class control_door {
 public:
  using answer_fn = std::function<json(const json&)>;
  /// Throws `local_error` when the socket cannot be made. What was there before is removed: the
  /// folder is claimed.
  control_door(boost::asio::io_context& io, const std::filesystem::path& file, answer_fn answer);

 private:
  struct visitor;
  void accept();

  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::shared_ptr<answer_fn> answer_;
  std::shared_ptr<std::size_t> visitors_;
};

/// Gives an order to the cluster that runs in a folder, and waits for the answer. Throws
/// `local_error` when none runs there, or when it does not answer within `most`.
[[nodiscard]] json ask_cluster(const std::filesystem::path& folder, const json& order,
                               milliseconds most = milliseconds{10000});

} // namespace troupe::local
