#pragma once

#include "src/config/shape.hpp"

#include <string_view>

namespace troupe::config {

/// Whether `text` follows `rule`.
[[nodiscard]] bool follows(std::string_view text, text_rule rule) noexcept;

/// What `rule` asks for, to go after "must be": "a name of letters, digits, _, - and ., at most 128
/// of them".
[[nodiscard]] std::string_view explain(text_rule rule) noexcept;

/// The same rule as a regular expression of ECMA 262, for editors; empty when everything is
/// allowed.
[[nodiscard]] std::string_view pattern_of(text_rule rule) noexcept;

} // namespace troupe::config
