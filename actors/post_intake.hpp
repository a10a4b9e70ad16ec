#pragma once

#include <troupe/clock.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace troupe {

/// When whoever was told that too much is under way should ask again.
inline constexpr milliseconds post_come_back{200};

/// What waits between the proxies of a post and the post itself, in bytes. Messages are packed by
/// whoever sends them and lie in the post's mailbox, which has no bound of its own: a sender that
/// is faster than the post would fill memory there before any peer's credit is asked. Shared by the
/// post, its proxies and what is on its way. Thread safe.
class post_intake {
 public:
  /// `limit`: so many bytes may wait before what asks for work is turned away. `largest`: no
  /// message may have more.
  post_intake(std::size_t limit, std::size_t largest) noexcept
      : limit_(limit)
      , largest_(largest) {}

  /// Takes so many bytes, to be `released` later. False, and takes none, when what waits has
  /// reached the limit and the bytes ask for work. What answers or tells is always taken: there is
  /// no more of it than has been asked for.
  [[nodiscard]] bool admit(std::size_t bytes, bool asks_for_work) noexcept {
    // The limit is compared with what waits already, so that one large message passes when nothing
    // waits; each sending thread can exceed it by one message.
    if (asks_for_work && waiting_.load(std::memory_order_relaxed) >= limit_) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    waiting_.fetch_add(bytes, std::memory_order_relaxed);
    return true;
  }
  /// What asks for work was not even tried: it is larger than any message may be.
  void turn_away() noexcept { refused_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t largest() const noexcept { return largest_; }
  void release(std::size_t bytes) noexcept { waiting_.fetch_sub(bytes, std::memory_order_relaxed); }

  /// For the post alone, before it writes: whether more has come meanwhile that should go into the
  /// same frame, which costs far less than one of its own. Not many times in a row, so that what is
  /// ready leaves however much comes.
  [[nodiscard]] bool gathers() noexcept {
    if (waiting() == 0 || rounds_ == rounds_most) {
      rounds_ = 0;
      return false;
    }
    ++rounds_;
    return true;
  }

  [[nodiscard]] std::size_t waiting() const noexcept {
    return waiting_.load(std::memory_order_relaxed);
  }
  /// How many messages were turned away, ever.
  [[nodiscard]] std::uint64_t refused() const noexcept {
    return refused_.load(std::memory_order_relaxed);
  }

 private:
  const std::size_t limit_;
  const std::size_t largest_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::uint64_t> refused_{0};
  static constexpr unsigned rounds_most = 3;
  unsigned rounds_ = 0;
};

} // namespace troupe
