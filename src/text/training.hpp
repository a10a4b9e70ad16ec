#pragma once

#include "src/text/train.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace troupe::text {

/// Something that keeps a model from being trained, and where.
struct training_flaw {
  std::filesystem::path file;
  std::size_t line = 0; ///< from 1; 0: the file as a whole
  std::string problem;
};

/// `file:line: problem`
[[nodiscard]] std::string to_string(const training_flaw& x);

/// The files that a model is to be trained from, read.
struct training_rows {
  struct place {
    std::filesystem::path file;
    std::size_t line = 0;
  };
  std::vector<labelled> rows; ///< of all files, in their order
  /// The intents that the model can name, and their first training rows.
  std::map<std::string, place, std::less<>> intents;
  std::vector<training_flaw> flaws; ///< while there are any, nothing can be trained
};

/// Reads them and looks for what `train` refuses, which knows of files and lines no more. All files
/// are looked at; of one that cannot be read, up to its first bad line. What is said of the intents
/// is said of all files together, so that one which cannot be read leaves it unsaid. Never throws
/// but for lack of memory.
[[nodiscard]] training_rows read_training(const std::vector<std::filesystem::path>& files);

} // namespace troupe::text
