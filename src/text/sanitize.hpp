#pragma once

#include <troupe/fleet.hpp>
#include <troupe/json.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

/// How often each rule took something out, by the rule's name.
using taken_out = std::map<std::string, std::size_t, std::less<>>;

/// Takes out of texts what must not get to systems outside: by patterns (RE2, which takes time in
/// proportion to the text whatever the pattern) and by four rules of its own. Immutable and cheap
/// to copy; any thread.
///
/// The built-in rules:
///   control_characters  U+0000 to U+001F but for tab and line ends, U+007F, and the characters
///                       that turn the direction of text or have no width: removed
///   html_tags           `<tag ...>`, `</tag>` and comments, and `script` and `style` with what is
///                       in them: removed; a blank behind the `<` of what has no end
///   card_numbers        13 to 19 digits, with blanks or dashes between them, whose Luhn sum is
///                       right, also where other numbers stand beside them: [card number]
///   credentials         tokens as GitHub, Slack, AWS, OpenAI and JWT write them, private keys in
///                       PEM, `Bearer ...`, and `password=...` and the like, also within quotes:
///                       [credential]
class sanitizer {
 public:
  /// The rules with the given names, in their order: from `declared`, else built in. Throws
  /// `std::runtime_error` with a sentence for an unknown name or a pattern that RE2 refuses.
  sanitizer(std::span<const std::string> names, std::span<const sanitize_rule> declared);

  /// Cleans `x` in place; counts in `taken`.
  void apply(std::string& x, taken_out& taken) const;
  /// Cleans every string within `x`; keys of objects stay as they are.
  void apply(json& x, taken_out& taken) const;

  /// The names of the built-in rules.
  [[nodiscard]] static std::span<const std::string_view> built_in() noexcept;
  /// What is wrong with a rule's pattern or replacement; empty: nothing.
  [[nodiscard]] static std::string problem_of(const sanitize_rule& rule);

  static constexpr std::size_t pattern_max = 1000; ///< bytes of a declared pattern

 private:
  struct rules;
  std::shared_ptr<const rules> rules_;
};

/// Whether the digits of `digits` have a valid Luhn sum (ISO/IEC 7812-1, annex B).
[[nodiscard]] bool luhn(std::string_view digits) noexcept;

} // namespace troupe::text
