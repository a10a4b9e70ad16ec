#pragma once

#include "nodes/doors/door_tls.hpp"
#include "nodes/doors/lane.hpp"
#include "nodes/doors/request_parser.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace troupe {

/// One client: reads a request, has it answered, writes the answer, reads the next. What has come
/// in behind a request waits in the buffer until its answer is written, so pipelined answers keep
/// their order. Lives on its lane's thread.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(lane& home, std::uint32_t slot, client_socket socket);
  ~connection();

  /// Speaks TLS unless `tls` is null.
  void start(bool turn_away, const std::shared_ptr<SSL_CTX>& tls);
  /// The server stops: an idle connection ends, a busy one after its answer, a stream at once.
  void stop();
  void close();
  void tick();

  /// Of the request that waits for its answer; 0 when none does.
  [[nodiscard]] std::uint64_t serial() const noexcept { return serial_; }
  void take(mail& m);
  void call_after(milliseconds wait, std::function<void()> then);
  void call_when_gone(std::function<void()> then) { when_gone_ = std::move(then); }
  /// The end of what the client sends ends the connection, until the request is answered.
  void call_when_left(std::function<void()> then) {
    when_gone_ = std::move(then);
    leaves_ = true;
  }

 private:
  using steady = std::chrono::steady_clock;
  enum class stage : std::uint8_t {
    idle,      ///< between requests
    header,    ///< a request's header has begun
    body,      ///< its body has
    handling,  ///< its answer is awaited
    streaming, ///< its answer goes on
    lingering, ///< all is said; what still comes in is thrown away, so that the client can read the
               ///< last answer
    handshake, ///< TLS is being agreed on
    closed,
  };

  void shake_hands();
  void read();
  void read_tls();
  /// Writes what the socket takes at once; would_block when that is nothing.
  std::size_t write_some(const char* from, std::size_t size, boost::system::error_code& e);
  /// Runs `then` when the socket can be read or written, as `step` wants.
  void wait_for(tls_session::step step, void (connection::*then)());
  void on_read(const boost::system::error_code& e, std::size_t n);
  void process();
  bool parse();
  void dispatch();
  [[nodiscard]] bool host_is_ours() const;
  void reply(http_reply r);
  void open_stream(http_reply r);
  void append_chunk(std::string_view piece);
  void finish_stream();
  void request_done();
  void refuse(unsigned status, std::string_view word, std::string_view title, std::string detail);
  void flush();
  void wait_writable();
  void linger();
  [[nodiscard]] std::size_t unsent() const noexcept { return out_.size() - sent_; }

  static constexpr std::size_t buffer_bytes = 16384;

  lane& home_;
  const std::uint32_t slot_;
  client_socket socket_;
  std::string remote_; ///< its address
  std::unique_ptr<tls_session> tls_;
  stage stage_ = stage::idle;
  bool reading_ = false;
  bool writing_ = false;    ///< the system's buffer is full
  bool processing_ = false; ///< guards against answers that are given while the handler runs
  bool keep_ = true;
  bool head_only_ = false;
  bool chunked_ = false;
  bool ended_ = false;  ///< the client sends no more
  bool leaves_ = false; ///< then nobody waits for the answer
  bool last_ = false;   ///< nothing is answered after what is in `out_`
  std::uint64_t serial_ = 0;
  steady::time_point deadline_;
  steady::time_point write_deadline_ = steady::time_point::max();
  steady::time_point last_chunk_;
  steady::time_point call_at_ = steady::time_point::max();
  std::function<void()> call_;
  std::function<void()> when_gone_;
  http_request request_;
  std::optional<request_parser> parser_;
  std::string out_;
  std::size_t sent_ = 0;
  std::size_t thrown_away_ = 0;
  std::size_t begin_ = 0, end_ = 0;
  std::unique_ptr<char[]> in_;
};

} // namespace troupe
