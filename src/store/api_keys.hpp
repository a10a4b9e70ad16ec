#pragma once

#include "src/store/store.hpp"

#include <troupe/access.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

// A key is `trp_ID_SECRET`: 16 and 64 hexadecimal digits from the system's random generator. The id
// finds the stored key; nobody can guess 256 bits of secret, so that a plain hash keeps it (see
// docs/decisions/api-keys.md).

/// The parts of what a bearer shows. Views into it.
struct shown_key {
  std::string_view id;
  std::string_view secret;
};

/// Nothing for a text that has not the form of a key.
[[nodiscard]] std::optional<shown_key> read_key(std::string_view text) noexcept;

/// A new id and secret: fills in `id` and `hash`, and returns the text that the bearer shows. It is
/// kept nowhere. Throws `std::runtime_error` when the system has no randomness.
[[nodiscard]] std::string make_key(api_key& into);

/// Whether `shown` is the very key that is stored as `kept`. Takes the same time whatever they
/// hold. Null is no key and takes as long.
[[nodiscard]] bool is_key(const shown_key& shown, const api_key* kept);

/// The writes that store a new key and revoke one: both are harmless to repeat, and a key that is
/// revoked stays so.
[[nodiscard]] store_write key_write(const api_key& key);
[[nodiscard]] store_write revocation_write(std::string_view id, timestamp at);

/// The key of a stored row; nothing when it cannot be read.
[[nodiscard]] std::optional<api_key> key_of(const stored_key& row);

/// Keys that a store holds at most: revoked ones stay, so that it is known whose they were.
inline constexpr std::size_t keys_max = 10000;

} // namespace troupe
