#include "src/links/framing.hpp"

#include <algorithm>
#include <cstring>

namespace troupe::links {

namespace {

/// What a reader keeps while frames are small: a TLS record holds at most 16 KiB.
constexpr std::size_t usual_bytes = 32u << 10;

std::uint32_t length_of(const char* header) noexcept {
  std::uint32_t out = 0;
  for (int i = 0; i < 4; ++i)
    out = out << 8 | static_cast<unsigned char>(header[i]);
  return out;
}

} // namespace

void put_frame_header(std::span<char> to, frame_type type, std::size_t body) noexcept {
  for (int i = 0; i < 4; ++i)
    to[static_cast<std::size_t>(i)] = static_cast<char>(body >> (24 - 8 * i));
  to[4] = static_cast<char>(type);
}

std::string make_frame(frame_type type, std::string_view body) {
  std::string out(frame_header_bytes, '\0');
  put_frame_header(out, type, body.size());
  return out.append(body);
}

frame_reader::frame_reader(std::size_t most)
    : most_(most) {}

void frame_reader::make_room(std::size_t bytes) {
  if (bytes <= capacity_ - begin_)
    return;
  const auto held = end_ - begin_;
  if (bytes <= capacity_) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, held);
  } else {
    std::unique_ptr<char[]> wider{new char[bytes]};
    if (held > 0)
      std::memcpy(wider.get(), bytes_.get() + begin_, held);
    bytes_ = std::move(wider);
    capacity_ = bytes;
  }
  begin_ = 0;
  end_ = held;
}

std::span<char> frame_reader::space() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    // One long frame shall not keep its memory for as long as the link lives.
    if (capacity_ > 16 * usual_bytes) {
      bytes_.reset();
      capacity_ = 0;
    }
  }
  const auto held = end_ - begin_;
  auto wanted = usual_bytes;
  if (held >= frame_header_bytes) {
    const auto whole = frame_header_bytes + length_of(bytes_.get() + begin_);
    if (whole > held)
      wanted = std::max(wanted, std::min<std::size_t>(whole, 2 * held));
  }
  // At least a quarter of what is there, so that a frame is not moved for every few bytes of it.
  make_room(std::max(wanted, held + std::max(usual_bytes / 4, held / 4)));
  return {bytes_.get() + end_, capacity_ - end_};
}

std::optional<frame> frame_reader::next() {
  if (!error_.empty() || end_ - begin_ < frame_header_bytes)
    return std::nullopt;
  const char* at = bytes_.get() + begin_;
  const std::size_t length = length_of(at);
  const auto type = static_cast<std::uint8_t>(at[4]);
  if (type < static_cast<std::uint8_t>(frame_type::hello) ||
      type > static_cast<std::uint8_t>(frame_type::goodbye)) {
    error_ = "no frame: unknown type " + std::to_string(type);
    return std::nullopt;
  }
  if (length > most_) {
    error_ = "a frame of " + std::to_string(length) + " bytes, of which at most " +
             std::to_string(most_) + " are taken";
    return std::nullopt;
  }
  if (end_ - begin_ < frame_header_bytes + length)
    return std::nullopt;
  begin_ += frame_header_bytes + length;
  return frame{static_cast<frame_type>(type), {at + frame_header_bytes, length}};
}

} // namespace troupe::links
