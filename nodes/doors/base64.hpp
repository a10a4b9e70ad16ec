#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Bytes as text (RFC 4648, with padding), and back; nothing when the text is none.
[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

} // namespace troupe
