#pragma once

#include "src/telemetry/log_book.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

// Log books in a folder of their own, and lines for them.
namespace troupe::log_book_kit {

inline timestamp at(std::int64_t us) {
  return timestamp{microseconds{us}};
}

class log_books : public testing::Test {
 protected:
  log_books() {
    static std::atomic<int> n{0};
    dir = std::filesystem::temp_directory_path() /
          ("troupe-logs-" + std::to_string(::getpid()) + "-" + std::to_string(++n));
  }
  ~log_books() override { std::filesystem::remove_all(dir); }

  log_book_settings settings() const {
    log_book_settings out;
    out.dir = dir;
    return out;
  }

  std::filesystem::path dir;
};

inline log_entry line(std::int64_t us, std::string message, log_level level = log_level::info) {
  auto out = log_entry::of(level, "test.line", std::move(message));
  out.at = at(us);
  return out;
}

inline std::vector<std::string> messages(const std::vector<log_entry>& lines) {
  std::vector<std::string> out;
  for (const auto& x : lines)
    out.push_back(x.message);
  return out;
}

} // namespace troupe::log_book_kit
