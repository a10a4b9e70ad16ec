#pragma once

#include "src/text/tsv.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace troupe::text::testing {

inline std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(TROUPE_SOURCE_DIR) / "tests/fixtures/text" / name;
}

/// The little customer desk of the fixtures, trained once in a program. It has few rows, so its
/// trust is wide.
inline const classifier& desk() {
  static const classifier trained = train(read_labelled(fixture("requests.tsv")));
  return trained;
}

/// A folder of its own for a test, gone with it.
class scratch {
 public:
  scratch() {
    auto pattern = (std::filesystem::temp_directory_path() / "troupe-text-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

} // namespace troupe::text::testing
