#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace troupe::config {

/// What came of reading a file.
struct text_or_error {
  std::optional<std::string>
      text;               ///< UTF-8 without control characters other than tab and line ends
  std::string error;      ///< why there is no text
  std::uint32_t line = 0; ///< where in the file, if it is known
  std::uint32_t column = 0;
};

/// Reads a regular file of at most `load_limits::file_bytes`. Pipes and devices are refused instead
/// of waited for.
[[nodiscard]] text_or_error read_text(const std::filesystem::path& file);

} // namespace troupe::config
