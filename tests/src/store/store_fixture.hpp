#pragma once

#include "src/store/store.hpp"

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace troupe {

class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "troupe-store-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
      throw std::runtime_error{"no temporary folder"};
    path_ = pattern;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Task `i` begins `i` milliseconds after some day in 2023.
inline timestamp time_of(int i) {
  return timestamp{milliseconds{1'700'000'000'000 + i}};
}

inline std::string id_of(int i) {
  char id[32];
  std::snprintf(
      id, sizeof id, "%012llx%014llx%02x", 1'700'000'000'000ull + static_cast<unsigned>(i),
      0x9E3779B97Full * static_cast<unsigned>(i + 1) % (1ull << 56), static_cast<unsigned>(i % 8));
  return id;
}

inline store_write opened(int i) {
  store_write w;
  w.id = id_of(i);
  w.domain = "support";
  w.shard = static_cast<std::uint32_t>(i % 8);
  w.at = time_of(i);
  w.body = "task";
  return w;
}

inline store_write appended(int i, std::uint32_t n, std::string body,
                            task_state state = task_state::working) {
  store_write w;
  w.what = store_write::kind::append;
  w.id = id_of(i);
  w.state = state;
  w.at = time_of(i) + microseconds{n};
  w.n = n;
  w.body = std::move(body);
  return w;
}

inline store_write closed(int i) {
  store_write w;
  w.what = store_write::kind::close;
  w.id = id_of(i);
  w.state = task_state::completed;
  w.at = time_of(i) + microseconds{100};
  w.body = "end";
  return w;
}

inline store_write session_of(const std::string& id, int i, std::string body) {
  store_write w;
  w.what = store_write::kind::session;
  w.id = id;
  w.domain = "support";
  w.at = time_of(i);
  w.body = std::move(body);
  return w;
}

} // namespace troupe
