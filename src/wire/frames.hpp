#pragma once

#include "src/wire/codec.hpp"

#include <troupe/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// What the frames of a link between nodes hold: `troupe_v1.proto` is the format. All functions are
/// pure and may be called from any thread. Bytes of any kind are answered by a value or by an
/// error, never by a crash; nothing is thrown but `std::bad_alloc`.
namespace troupe {

/// The protocols that this program speaks on a link, the newest and the oldest one. A change that
/// an older node would not understand raises the newest; a cluster is upgraded node by node because
/// both sides use the newest one that they share.
inline constexpr std::uint32_t newest_link_protocol = 1;
inline constexpr std::uint32_t oldest_link_protocol = 1;

/// How many envelopes a batch may hold. A batch of fewer bytes could otherwise claim far more
/// memory than it has on the wire.
inline constexpr std::size_t max_batch_envelopes = 16384;
/// How many nodes an envelope may have come through: more is a loop.
inline constexpr std::size_t max_envelope_hops = 32;
/// Bytes of an address, and of a node's id, region or version, on the wire.
inline constexpr std::size_t max_address_bytes = 1024;
inline constexpr std::size_t max_hello_text_bytes = 128;
/// A longer reason is cut.
inline constexpr std::size_t max_goodbye_bytes = 1024;

/// The first thing that either side of a link says: who it is.
struct hello {
  std::uint32_t oldest_protocol = oldest_link_protocol;
  std::uint32_t newest_protocol = newest_link_protocol;
  std::string node;
  std::uint64_t incarnation = 0;
  std::string region;
  std::string version;               ///< of the program, for people
  std::uint64_t frame_max_bytes = 0; ///< what follows a frame's header is never longer

  friend bool operator==(const hello&, const hello&) = default;
};

/// Why a link ends, from the side that ends it.
struct goodbye {
  std::string why;
  bool stopping = false; ///< that side ends all its links: it stops, or begins them anew

  friend bool operator==(const goodbye&, const goodbye&) = default;
};

/// The newest protocol that both sides speak; 0 when there is none.
[[nodiscard]] std::uint32_t common_protocol(const hello& a, const hello& b) noexcept;

/// Adds one envelope to the bytes of a batch. The bytes of a batch are those of its envelopes, one
/// after the other, so that a writer can gather a batch without knowing when it will end. Returns
/// how many bytes that were; nothing is added and 0 returned when they would exceed `most`.
std::size_t append_envelope(std::string& batch, const envelope& x, std::size_t most);
/// How many bytes that will be.
[[nodiscard]] std::size_t envelope_entry_bytes(const envelope& x) noexcept;

[[nodiscard]] std::string encode_batch(const envelope_batch& x);
[[nodiscard]] std::string encode_hello(const hello& x);
[[nodiscard]] std::string encode_goodbye(const goodbye& x);

/// An envelope without sender, receiver or kind is an error, and so is a batch without envelopes.
[[nodiscard]] decoded<envelope_batch> decode_batch(std::string_view bytes);
// Region, version and reason are shown to people: bytes that are no printable ASCII become `?`.
[[nodiscard]] decoded<hello> decode_hello(std::string_view bytes);
[[nodiscard]] decoded<goodbye> decode_goodbye(std::string_view bytes);

} // namespace troupe
