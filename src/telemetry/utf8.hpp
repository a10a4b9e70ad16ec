#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// Length of the well-formed UTF-8 sequence that `text` begins with, or 0 if it begins with none
/// (overlong forms, surrogates and cut sequences included).
[[nodiscard]] std::size_t utf8_sequence(std::string_view text) noexcept;

/// `text` as well-formed UTF-8 of at most `max_bytes`, never cut within a character; each byte that
/// fits nowhere becomes
/// '?'. Prometheus' format, JSON and SQLite all refuse or garble anything else.
[[nodiscard]] std::string clean_utf8(std::string_view text, std::size_t max_bytes);

/// The same in place; does nothing, quickly, to a text that is fine already.
void clean_utf8_in_place(std::string& text, std::size_t max_bytes);

/// A text as it may stand as a label's value: well-formed UTF-8 (every byte that is not becomes
/// '?'), at most 128 bytes, and "none" instead of nothing.
[[nodiscard]] std::string label_value(std::string_view text);

} // namespace troupe
