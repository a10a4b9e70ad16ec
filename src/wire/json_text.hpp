#pragma once

#include <troupe/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// The text of a value; null gives the empty text. Strings that are not UTF-8 get U+FFFD where they
/// break it. Throws `encode_error` when the value nests deeper than `max_json_depth`.
[[nodiscard]] std::string json_text(const json& value);

/// The value of a text; the empty text gives null. Nothing if it is no JSON or nests deeper than
/// `max_json_depth`; then `error` says which.
[[nodiscard]] std::optional<json> json_of_text(std::string_view text, std::string& error);

} // namespace troupe
