#pragma once

#include "nodes/doors/http_message.hpp"

#include <troupe/clock.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace troupe {

class lane;

/// Which request is meant: a place in the lane's table of connections, and a number that is never
/// used again.
struct request_key {
  std::uint32_t slot = 0;
  std::uint64_t serial = 0;
};

/// Something for a connection, from whatever thread.
struct mail {
  enum class kind : std::uint8_t { reply, make, open, chunk, finish, cut };
  kind what = kind::reply;
  request_key to;
  http_reply ready;                 ///< reply, open
  std::function<http_reply()> make; ///< make: runs on the lane's thread
  std::string chunk;
  std::shared_ptr<std::atomic<std::size_t>>
      unsent; ///< chunk: what its stream has posted and not yet delivered
};

/// Carries replies to a lane's thread. It outlives the lane: what comes after the lane has gone is
/// dropped. Thread safe. A crowd of replies wakes the lane once.
class mailbox {
 public:
  mailbox(lane& owner, std::size_t backlog)
      : stream_backlog(backlog)
      , owner_(&owner) {}

  const std::size_t stream_backlog; ///< bytes that a stream may have posted and not yet delivered

  void post(mail m);
  /// Takes what has gathered; false, and the next post wakes again, when there is nothing.
  bool take(std::vector<mail>& into);
  /// The lane has gone.
  void close();
  /// True on the thread of the lane, where replies need no detour.
  [[nodiscard]] bool on_lane() const noexcept {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }
  void set_thread(std::thread::id id) noexcept { thread_.store(id, std::memory_order_relaxed); }
  [[nodiscard]] lane* owner() const noexcept { return owner_; }

 private:
  std::mutex mutex_;
  lane* owner_; ///< written under the mutex by the lane's thread
  std::vector<mail> waiting_;
  bool awake_ = false;
  std::atomic<std::thread::id> thread_{};
};

/// The answer to one request, to be given once, from any thread and at any time. Copies stand for
/// the same request; when the last one goes unanswered, the client is told of an internal error
/// rather than left waiting.
class responder {
 public:
  responder() = default;
  responder(std::shared_ptr<mailbox> box, request_key key);

  /// Answers. Only the first answer counts.
  void send(http_reply reply) const;
  /// Answers with what `make` returns: it runs on the door's thread, which spares the caller's.
  void send_made(std::function<http_reply()> make) const;
  [[nodiscard]] bool answered() const noexcept;

  /// Runs `then` on the door's thread after `wait` (to the next tick of a tenth of a second),
  /// unless the request has been answered. To be called by the handler itself, before it returns;
  /// at most once.
  void after(milliseconds wait, std::function<void()> then) const;
  /// Runs `then` on the door's thread when the connection ends before the answer or the stream has.
  /// As `after`.
  void when_gone(std::function<void()> then) const;
  /// As `when_gone`; a client that sends no more is taken to have gone, as one has that died: for
  /// an answer that must not be given to nobody.
  void when_left(std::function<void()> then) const;

  // -- streams ----------------------------------------------------------------

  /// Answers with a body that goes on. `reply.body` is its beginning. From now on `write` and
  /// `finish` may be called.
  void open_stream(http_reply reply) const;
  /// Sends a piece of the stream; false when the stream has ended, or when its reader is too slow,
  /// which cuts it. Pieces for a connection that has gone are dropped: `when_gone` tells.
  bool write(std::string piece) const;
  void finish() const;
  /// Ends the stream as a connection does that breaks: what was not delivered is lost.
  void cut() const;

 private:
  friend class connection;
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace troupe
