#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Throws std::runtime_error when OpenSSL offers none.
[[nodiscard]] std::string sha256(std::string_view bytes); ///< 32 bytes
[[nodiscard]] std::string hex(std::string_view bytes);    ///< two digits each, in lower case
/// Nothing when it is not an even number of hexadecimal digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view digits);

} // namespace troupe
