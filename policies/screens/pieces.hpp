#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::screens {

/// The words of a folded text, without what stands between them.
[[nodiscard]] std::vector<std::string> plain_words(std::string_view folded);

/// The sentences and lines of a text, each with the blanks before it: where they begin, and how
/// many bytes they have. Together they are the text.
[[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> sentences_of(std::string_view text);

/// The paragraphs of a text, and the items of its lists.
[[nodiscard]] std::vector<std::string_view> items_of(std::string_view text);

} // namespace troupe::screens
