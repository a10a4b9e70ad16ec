#pragma once

#include "src/text/train.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace troupe::text {

/// A message and the set of intents it holds.
struct compound_row {
  std::string text;
  std::vector<std::string> intents;
};

/// Reads labelled messages from a tab separated file: a header line first, columns looked up by
/// name. `intent` and `text` are required, `split` is optional (then every row is "train"), other
/// columns are ignored; LF or CRLF. Throws std::runtime_error that names the file and the line:
/// missing column, too few fields, empty intent, text that is not UTF-8, no rows.
std::vector<labelled> read_labelled(const std::filesystem::path& file);

/// The same for messages with several intents: columns `text` and `intents`, the latter joined by
/// '#' ("-" for none).
std::vector<compound_row> read_compound(const std::filesystem::path& file);

} // namespace troupe::text
