#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// Where `text` stops being UTF-8 (RFC 3629: no overlong forms, no surrogates), or npos when all of
/// it is.
[[nodiscard]] std::size_t first_bad_utf8(std::string_view text) noexcept;

/// `text` with control characters and bytes that are not UTF-8 written as `\xNN`: one line that any
/// terminal and any JSON writer takes.
[[nodiscard]] std::string printable(std::string_view text);

/// `text` in double quotes, printable, and cut after 80 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The word that was probably meant by `word`: the nearest of `known` by edit distance, if it is
/// near at all. Empty otherwise.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& known);

/// `a, b, c`
[[nodiscard]] std::string comma_list(const std::vector<std::string_view>& words);

} // namespace troupe::config
