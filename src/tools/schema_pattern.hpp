#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::tools {

/// A regular expression of a schema (ECMAScript syntax, matched byte by byte). Immutable; any
/// number of threads may search with one.
///
/// Schemas come from tools we do not know and texts from anywhere, so a search must not take long
/// whatever both are: matching runs all alternatives side by side (no backtracking, no recursion by
/// the length of the text), which leaves the size of the pattern and of the text to be bounded.
class schema_pattern {
 public:
  /// The longest pattern accepted, in bytes.
  static constexpr std::size_t pattern_max_bytes = 1024;
  /// The most states its automaton may have; repetitions multiply.
  static constexpr std::size_t states_max = 2000;

  /// Throws std::invalid_argument with the reason: it is too long or too complex, it uses back
  /// references, or it is no regular expression.
  explicit schema_pattern(const std::string& text);
  schema_pattern(schema_pattern&&) noexcept;
  schema_pattern& operator=(schema_pattern&&) noexcept;
  ~schema_pattern();

  /// Whether it matches somewhere in the text. The caller bounds the length of the text.
  bool found_in(std::string_view text) const;
  const std::string& text() const noexcept { return text_; }
  /// About how many states its automaton has; a search costs at most so much for each byte of text.
  std::size_t states() const noexcept { return states_; }

 private:
  struct automaton;
  std::string text_;
  std::size_t states_ = 0;
  std::unique_ptr<const automaton> automaton_;
};

} // namespace troupe::tools
