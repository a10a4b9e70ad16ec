#pragma once

#include <troupe/clock.hpp>
#include <troupe/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace troupe {

/// How much may be under way to one peer: taken from senders and not yet acknowledged.
struct delivery_limits {
  std::size_t envelopes = 8192;
  std::size_t bytes = std::size_t{8} << 20; ///< as `delivery_cost` counts them
};

/// What an envelope takes up while it is under way, in bytes.
[[nodiscard]] std::size_t delivery_cost(const envelope& x) noexcept;

/// The SENDING SIDE of one peer: keeps what it was given, in order, until the peer has acknowledged
/// it, and says what to write next. Numbers count one stream from 1, so that the peer can tell what
/// it has seen; they are given when an envelope is written for the first time, so that what was
/// never written can be taken back without a gap. A pure value.
class delivery_out {
 public:
  explicit delivery_out(std::uint64_t stream = 0, delivery_limits limits = {})
      : stream_(stream)
      , limits_(limits) {}

  /// Whose numbers these are; another stream begins at 1 again.
  [[nodiscard]] std::uint64_t stream() const noexcept { return stream_; }
  /// What the peer lets be under way, where that is less than our own limits.
  void grant(delivery_limits by_peer) noexcept;

  /// Takes an envelope; false, and leaves it as it is, when the credit is used up. Envelopes that
  /// open work leave the last quarter of it to those that answer or tell: otherwise two full peers
  /// would wait for each other's answers. Those may take up several times the bytes besides: a few
  /// large answers at one moment do not mean that the peer takes none.
  [[nodiscard]] bool admit(envelope&& x, bool opens_work);
  /// Whether `admit` would take it if nothing else were under way.
  [[nodiscard]] bool ever_admits(const envelope& x, bool opens_work) const noexcept;
  /// What is to be written next, with its number; null when nothing is.
  [[nodiscard]] const envelope* next();
  /// The carrier has taken `next`. True: for the first time.
  bool wrote();
  /// `next` has been written before, on an earlier link.
  [[nodiscard]] bool next_is_old() const noexcept { return cursor_ < written_; }
  /// Removes `next`, which was never written.
  envelope take_back_next();
  /// Puts another one in the place of what was taken back.
  void put_next(envelope&& x);
  /// Everything up to and including `number` has arrived. False when such a number was never
  /// written: the peer is confused.
  [[nodiscard]] bool acknowledge(std::uint64_t number);
  /// The link is new: what has not arrived is written again, from the number after `heard` on.
  /// False when that cannot be: the peer has heard what was never written, or no longer knows what
  /// it has acknowledged.
  [[nodiscard]] bool rewind(std::uint64_t heard);
  /// Takes back what was never written and whose deadline has passed.
  [[nodiscard]] std::vector<envelope> expire(timestamp now);
  /// Takes back everything, for a stream that ends here: what was written may have arrived, what
  /// was not has not.
  struct leftovers {
    std::vector<envelope> written;
    std::vector<envelope> unwritten;
  };
  [[nodiscard]] leftovers give_up();

  /// Whether anything of this stream has ever been written.
  [[nodiscard]] bool begun() const noexcept { return written_ > 0 || base_ > 1; }
  [[nodiscard]] std::size_t under_way() const noexcept { return line_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Half of the credit is used up: what can wait should.
  [[nodiscard]] bool busy() const noexcept {
    return line_.size() * 2 > limits_.envelopes || bytes_ * 2 > limits_.bytes;
  }

 private:
  /// What may be under way, of what an envelope of this kind may use.
  [[nodiscard]] delivery_limits usable(bool opens_work) const noexcept;

  std::uint64_t stream_;
  delivery_limits limits_;
  std::deque<envelope> line_;
  std::uint64_t base_ = 1;  ///< number of the first in line
  std::size_t cursor_ = 0;  ///< place of the next to be written
  std::size_t written_ = 0; ///< how many at the front were written at least once
  std::size_t bytes_ = 0;
};

/// The RECEIVING SIDE of one peer: lets every number of a stream through once, in order. A pure
/// value.
class delivery_in {
 public:
  enum class verdict : std::uint8_t {
    fresh,
    duplicate, ///< seen before: it is dropped
    gap,       ///< something before it is missing: the link has broken its promise and must go
  };

  [[nodiscard]] verdict take(std::uint64_t number) noexcept {
    if (number == upto_ + 1) {
      ++upto_;
      return verdict::fresh;
    }
    return number <= upto_ ? verdict::duplicate : verdict::gap;
  }
  /// The peer numbers anew.
  void follow(std::uint64_t stream) noexcept {
    stream_ = stream;
    upto_ = 0;
  }
  /// 0: none yet.
  [[nodiscard]] std::uint64_t stream() const noexcept { return stream_; }
  [[nodiscard]] std::uint64_t upto() const noexcept { return upto_; }

 private:
  std::uint64_t stream_ = 0;
  std::uint64_t upto_ = 0;
};

} // namespace troupe
