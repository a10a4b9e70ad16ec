#pragma once

#include <troupe/agent.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Text with places to be filled from a call: `${text}`, `${skill}`, `${context.a.b}`,
/// `${input.x}`; `${context.name|there}` gives what to write when there is no such value. Read
/// once, filled often.
class text_template {
 public:
  /// Reads `source`. Throws `std::invalid_argument` for a place that is never closed or that names
  /// nothing known.
  explicit text_template(std::string_view source);

  /// The text for `call`, or nothing when a value is missing (or null) that has no default. Values
  /// that are no texts are written as JSON.
  [[nodiscard]] std::optional<std::string> fill(const agent_call& call) const;
  /// The same, but a template that is one single place gives the value itself, with its type.
  [[nodiscard]] std::optional<json> fill_typed(const agent_call& call) const;

 private:
  enum class source : std::uint8_t { literal, text, skill, context, input };
  struct part {
    source from = source::literal;
    std::string literal; ///< or the default
    bool has_default = false;
    std::vector<std::string> path; ///< below `context` or `input`
  };

  [[nodiscard]] static part read_place(std::string_view inside);
  [[nodiscard]] static const json* find(const part& p, const agent_call& call);

  std::vector<part> parts_;
};

} // namespace troupe
