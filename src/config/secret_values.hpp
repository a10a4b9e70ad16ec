#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

/// Whether a variable or header of this name holds something that nobody should read in a log:
/// `API_KEY`, `Authorization`, `db_password`.
[[nodiscard]] bool sounds_secret(std::string_view name);

/// The secrets that a fleet's files were filled with, as they may turn up again. Belongs to one run
/// of the loader.
class secret_values {
 public:
  /// Notes a value, and of a text with several lines each long line too: what prints a key file
  /// prints it line by line.
  void add(const std::string& value);
  /// Notes a file that holds nothing else, by its path as it is written.
  void add_file(std::string path) { files_.push_back(std::move(path)); }
  [[nodiscard]] std::vector<std::string> take() { return std::move(values_); }
  [[nodiscard]] std::vector<std::string> take_files() { return std::move(files_); }

  static constexpr std::size_t line_min = 16; ///< shorter lines of a longer text are no secret each

 private:
  std::vector<std::string> values_;
  std::vector<std::string> files_;
};

} // namespace troupe::config
