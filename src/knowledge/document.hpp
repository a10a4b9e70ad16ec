#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::knowledge {

/// A piece of a document that can be read by itself.
struct passage {
  std::string source;  ///< path of the document, relative to its domain's folder
  std::string heading; ///< the headings above it, outermost first, joined by " > "; may be empty
  std::string text;    ///< plain text, one blank between words and one line feed between paragraphs
  friend bool operator==(const passage&, const passage&) = default;
};

enum class document_form : unsigned char { markdown, text, html };

/// By the ending of its name: .md and .markdown, .txt, .html and .htm. False: troupe does not read
/// such files.
[[nodiscard]] bool form_of(std::string_view file, document_form& out);

/// Bounds on what is read. What is beyond them is left out and said.
struct document_limits {
  static constexpr std::size_t bytes = std::size_t{1} << 20;      ///< of a document
  static constexpr std::size_t documents = 2000;                  ///< of a collection
  static constexpr std::size_t all_bytes = std::size_t{16} << 20; ///< of a collection's documents
  static constexpr std::size_t passage_bytes = 1200; ///< paragraphs are put together up to this
};

/// Divides a document at its headings and paragraphs. Any bytes are fine: what is not UTF-8 becomes
/// blanks. Linear in the size.
[[nodiscard]] std::vector<passage> passages_of(const std::string& source, std::string_view bytes,
                                               document_form form);

} // namespace troupe::knowledge
