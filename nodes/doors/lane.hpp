#pragma once

#include "nodes/doors/http_server.hpp"
#include "nodes/doors/responder.hpp"

#include <utility>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace troupe {

class connection;

/// A socket whose executor is known at compile time: completions are not dispatched through a
/// polymorphic wrapper.
using client_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// What the lanes of a server share.
struct server_state {
  http_settings settings;
  router routes;
  bool loopback =
      true; ///< only hosts that name this machine are served: the guard against DNS rebinding
  std::atomic<std::size_t> connections{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> turned_away{0};
  std::atomic<std::uint64_t> accept_errors{0};
  std::atomic<std::uint64_t> bad_handshakes{0};
};

/// One thread of a server with its connections. Unless said otherwise, everything here runs on that
/// thread.
class lane {
 public:
  using steady = std::chrono::steady_clock;

  explicit lane(server_state& shared);
  ~lane();
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  /// Starts the thread. Signals are left to the process's other threads.
  void start();
  /// Ends the connections that are idle, lets others finish until `deadline`, then ends the thread
  /// and waits for it. Any other thread.
  void stop(steady::time_point deadline);
  /// As the first half of `stop`: returns at once.
  void begin_stop(steady::time_point deadline);

  /// Takes over a connected socket of `io()`; the connection tells the client to come back later if
  /// `turn_away`, and speaks TLS unless `tls` is null. Any thread.
  void adopt(client_socket who, bool turn_away, std::shared_ptr<SSL_CTX> tls);

  [[nodiscard]] server_state& shared() noexcept { return shared_; }
  [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }
  [[nodiscard]] const std::shared_ptr<mailbox>& box() const noexcept { return box_; }
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }
  [[nodiscard]] steady::time_point now() const noexcept { return now_; }
  /// A number for a request or connection that no other has had.
  [[nodiscard]] std::uint64_t next_serial() noexcept { return ++serial_; }
  /// A `Date` header line, made anew every second.
  [[nodiscard]] const std::string& date();

  /// The connection that this request came in through and that still waits for its answer; null if
  /// there is none.
  [[nodiscard]] connection* find(request_key key) const noexcept;
  void deliver(mail& m);
  void open_mail();
  void remove(std::uint32_t slot);

 private:
  void arm();
  void tick();
  void end_if_empty();

  server_state& shared_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<mailbox> box_;
  std::vector<std::shared_ptr<connection>> connections_; ///< null: a free slot
  std::vector<std::uint32_t> free_;
  std::size_t open_ = 0;
  std::vector<mail> opened_;
  std::uint64_t serial_ = 0;
  steady::time_point now_ = steady::now();
  std::time_t date_at_ = 0;
  std::string date_;
  bool armed_ = false;
  bool stopping_ = false;
  steady::time_point deadline_ = steady::time_point::max();
  std::thread thread_;
};

} // namespace troupe
