#pragma once

#include <troupe/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

// Text for terminals. Pure functions. What comes from a node is shown without its control
// characters, so that nothing that an agent wrote can steer the terminal.

/// `x` with control characters other than line breaks taken out; `one_line` turns those into
/// blanks, and takes out those at the end.
[[nodiscard]] std::string plain(std::string_view x, bool one_line = true);
/// The first `most` characters of `x` on one line, with an ellipsis if there were more.
[[nodiscard]] std::string brief(std::string_view x, std::size_t most = 60);
/// How many columns `x` takes, counting every character as one.
[[nodiscard]] std::size_t width_of(std::string_view x) noexcept;
/// `x`, filled up with blanks to `width` columns.
[[nodiscard]] std::string padded(std::string_view x, std::size_t width);
/// Rows under their headings, in columns as wide as they need to be. The last column is not filled
/// up. `none` when there are no rows.
[[nodiscard]] std::string table(const std::vector<std::string>& headings,
                                const std::vector<std::vector<std::string>>& rows,
                                const std::string& none);
/// `0.8 ms`, `215 ms`, `3.2 s`, `4 min 10 s`
[[nodiscard]] std::string duration_words(double ms);
/// `1.23`, without zeroes at the end.
[[nodiscard]] std::string number_words(double x);

/// A member as text: strings as they are, numbers and booleans in words, anything else as JSON;
/// empty when it is missing or null.
[[nodiscard]] std::string member(const json& from, std::string_view name);
[[nodiscard]] double number(const json& from, std::string_view name);
/// A member that is an array, or an empty one.
[[nodiscard]] const json& list(const json& from, std::string_view name);
/// A member that is an object, or an empty one.
[[nodiscard]] const json& object(const json& from, std::string_view name);

} // namespace troupe::cli
