#pragma once

#include <troupe/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

/// An envelope as the `Envelope` of `troupe_v1.proto`, written and read without a Protobuf message
/// in between: nothing crosses between nodes more often, and such a message costs an allocation for
/// each of its texts, on either side. For `frames.cpp`; a test holds that the bytes are Protobuf's
/// own.
namespace troupe::wire {

/// How many bytes it will be.
[[nodiscard]] std::size_t envelope_size(const envelope& x) noexcept;
/// Writes `envelope_size(x)` bytes and returns their end.
std::uint8_t* write_envelope(const envelope& x, std::uint8_t* to) noexcept;
/// Throws `malformed`.
[[nodiscard]] envelope read_envelope(std::string_view bytes);

} // namespace troupe::wire
