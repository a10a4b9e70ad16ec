#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::links {

/// What a frame holds. Numbers are for ever: they are the wire.
enum class frame_type : std::uint8_t {
  hello = 1,   ///< the first frame of each side, and never again
  batch = 2,   ///< envelopes
  beat = 3,    ///< nothing: the sender lives
  goodbye = 4, ///< the sender ends the link and says why
};

/// A frame is its body's length (four bytes, the most significant first), its type (one byte), and
/// its body.
inline constexpr std::size_t frame_header_bytes = 5;

/// Writes a header for a body of `body` bytes to the first bytes of `to`.
void put_frame_header(std::span<char> to, frame_type type, std::size_t body) noexcept;

/// A whole frame.
[[nodiscard]] std::string make_frame(frame_type type, std::string_view body);

struct frame {
  frame_type type;
  std::string_view body; ///< until the reader's next call
};

/// Takes bytes as they come in and cuts them into frames. What it keeps is never more than the
/// longest frame that it was told to take and what came in behind it. One thread at a time.
class frame_reader {
 public:
  /// Bodies are at most `most` bytes.
  explicit frame_reader(std::size_t most);

  /// From now on. What is already known of a frame that has begun stays as it is.
  void take_up_to(std::size_t most) noexcept { most_ = most; }

  /// Where the next bytes go; never empty. Call it when `next` has nothing more to give.
  /// Memory grows with what has come in, not with what a header announces.
  [[nodiscard]] std::span<char> space();
  /// So many bytes have been put there.
  void filled(std::size_t n) noexcept { end_ += n; }
  /// The next whole frame, or nothing until more has come in or when there is an error.
  [[nodiscard]] std::optional<frame> next();
  /// Why what came in is not a row of frames; empty while it is. Nothing more is read then.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  void make_room(std::size_t bytes);

  std::size_t most_;
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string error_;
};

} // namespace troupe::links
