#pragma once

#include <string>
#include <string_view>

namespace troupe::knowledge {

/// The words of an HTML page as Markdown: headings, paragraphs and points of lists. Scripts, styles
/// and comments are left out, the usual character references are read. Takes any text; linear in
/// its size.
[[nodiscard]] std::string markdown_of_html(std::string_view page);

} // namespace troupe::knowledge
