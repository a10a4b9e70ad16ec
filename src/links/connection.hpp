#pragma once

#include "src/links/carrier.hpp"
#include "src/links/framing.hpp"
#include "src/links/outbox.hpp"
#include "src/links/stream.hpp"
#include "src/wire/frames.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

namespace troupe::links {

class connection;

/// The part of a link that threads other than the I/O thread touch.
struct link_lane {
  explicit link_lane(outbox::limits limits)
      : out(limits) {}
  outbox out;
  std::atomic<std::size_t> unhandled{0}; ///< batches handed over and not `consumed`
};

/// What a connection needs from the mesh that it belongs to.
class connection_home {
 public:
  connection_home() = default;
  connection_home(const connection_home&) = delete;
  connection_home& operator=(const connection_home&) = delete;

  [[nodiscard]] virtual const link_settings& settings() const noexcept = 0;
  /// TLS with the certificates as they are now, or bare bytes.
  [[nodiscard]] virtual std::unique_ptr<byte_stream> make_stream(link_socket socket) = 0;
  /// Why a peer that says this is refused; empty when it is welcome. An older link with it is ended
  /// by then.
  [[nodiscard]] virtual std::string judge(connection& from, const hello& said) = 0;
  virtual void linked(connection& x) = 0;
  virtual void arrived(connection& x, envelope_batch_ptr batch) = 0;
  /// The connection carries nothing any more, or never will. Once per connection.
  virtual void ended(connection& x, link_loss how, const std::string& why) = 0;
  /// It has closed its socket: let go of it. Once per connection, after `ended`.
  virtual void gone(connection& x) = 0;

 protected:
  ~connection_home() = default;
};

/// One connection with a peer, from its first byte to its last: handshake, hello, frames and
/// heartbeats both ways, goodbye. Lives on the I/O thread.
///
///     connecting → proving → greeting → up → leaving → gone
///
/// Each stage but `up` has a deadline, and any of them may end in `gone`. In `leaving` the goodbye
/// is written and what still comes in is thrown away: closing a socket with unread bytes resets the
/// connection, and the peer would never read why.
class connection : public std::enable_shared_from_this<connection> {
 public:
  using steady = std::chrono::steady_clock;
  enum class stage : std::uint8_t { connecting, proving, greeting, up, leaving, gone };

  /// `expected` is the node that was dialled; empty for a connection that was accepted.
  connection(connection_home& home, link_socket socket, std::string expected);

  /// Begins an accepted connection.
  void start();
  /// Begins one to a node that listens there.
  void dial(const boost::asio::ip::tcp::endpoint& to);
  /// Writes what has gathered.
  void pump();
  /// Goes on reading when the batches handed over have been dealt with.
  void resume();
  /// Looks at the deadlines. `thawed`: this process itself did not run for a while, so silence
  /// before that moment says nothing about the peer.
  void tick(steady::time_point now, steady::time_point thawed);
  /// Ends it with a frame that says so, as far as the peer can be told. `link_loss::goodbye` tells
  /// it that this node ends all its links; anything else, that it gives up this connection.
  void leave(const std::string& why, link_loss how = link_loss::closed);
  /// Ends it at once.
  void close(const std::string& why, link_loss how = link_loss::closed);

  [[nodiscard]] stage at() const noexcept { return stage_; }
  [[nodiscard]] bool dialled() const noexcept { return !expected_.empty(); }
  [[nodiscard]] const std::string& expected() const noexcept { return expected_; }
  /// Nobody listens where it was dialled.
  [[nodiscard]] bool refused() const noexcept { return refused_; }
  [[nodiscard]] const peer& other() const noexcept { return peer_; }
  /// Null before it is up.
  [[nodiscard]] const std::shared_ptr<link_lane>& lane() const noexcept { return lane_; }
  /// The names that the peer's certificate proves.
  [[nodiscard]] std::vector<std::string> proven_names() const;
  /// The peer's address, for people.
  [[nodiscard]] const std::string& place() const noexcept { return place_; }

 private:
  void prove();
  void greet();
  void say_hello();
  void read();
  void on_read(const std::string& error, std::size_t n);
  void process();
  void handle(const frame& f);
  void on_hello(std::string_view body);
  void on_batch(std::string_view body);
  void come_up(const hello& said);
  void on_written(const std::string& error, std::size_t data_bytes);
  void part();
  void drain();
  void end(const std::string& why, link_loss how);
  [[nodiscard]] bool paused() const noexcept;

  connection_home& home_;
  const std::string expected_;
  std::string place_;
  link_socket socket_; ///< until the stream has it
  std::unique_ptr<byte_stream> stream_;
  stage stage_ = stage::connecting;
  frame_reader reader_;
  std::shared_ptr<link_lane> lane_;
  peer peer_;
  std::string control_;   ///< frames that go before the next batch
  std::string in_flight_; ///< what is being written
  bool proven_ = false;   ///< the handshake is done: frames can be written
  bool handshaking_ = false;
  bool reading_ = false;
  bool resting_ = false; ///< reads nothing because too many batches are unhandled
  bool writing_ = false;
  bool parted_ = false; ///< nothing is written any more
  bool ended_ = false;
  bool refused_ = false;
  steady::time_point deadline_;
  steady::time_point heard_;
  steady::time_point wrote_;
};

} // namespace troupe::links
