#pragma once

#include "nodes/time_text.hpp"

#include <troupe/clock.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// Decodes `%41`, and `+` as a space if `plus` is set. Nothing when an escape is broken, or when
/// the result is not UTF-8 or holds control characters.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus);

/// Where `text` stops being UTF-8 (RFC 3629: no overlong forms, no surrogates), or npos.
[[nodiscard]] std::size_t find_bad_utf8(std::string_view text) noexcept;

/// The names and values of a query, decoded, in their order. On a defect `problem` says what is
/// wrong.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query,
                                                                           std::string& problem);

/// `30s`, `500ms`, `2m`, `1h` or bare milliseconds; at most 30 days.
[[nodiscard]] std::optional<milliseconds> parse_wait(std::string_view text) noexcept;

/// A whole number from `least` to `most`.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text, std::uint64_t least,
                                                       std::uint64_t most) noexcept;

/// `2026-11-21T02:40:08Z`, with an optional fraction, or seconds since 1970, or `-15m` or `-7d`
/// for that long before `now`.
[[nodiscard]] std::optional<timestamp> parse_time(std::string_view text, timestamp now) noexcept;

} // namespace troupe
