#pragma once

#include "src/text/train.hpp"

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe::text {

/// A file of rows that cannot be read; says `file:line: problem`.
class row_error : public std::runtime_error {
 public:
  row_error(const std::filesystem::path& file, std::size_t line, const std::string& problem);
  [[nodiscard]] std::size_t line() const noexcept { return line_; } ///< 0: the file as a whole
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  std::size_t line_;
  std::string problem_;
};

/// A message and the set of intents it holds.
struct compound_row {
  std::string text;
  std::vector<std::string> intents;
};

/// Reads labelled messages from a tab separated file: a header line first, columns looked up by
/// name. `intent` and `text` are required, `split` is optional (then every row is "train"), other
/// columns are ignored; LF or CRLF. Throws row_error that names the file and the line: missing
/// column, too few fields, empty intent, text that is not UTF-8, no rows.
std::vector<labelled> read_labelled(const std::filesystem::path& file);

/// The same for messages with several intents: columns `text` and `intents`, the latter joined by
/// '#' ("-" for none).
std::vector<compound_row> read_compound(const std::filesystem::path& file);

} // namespace troupe::text
