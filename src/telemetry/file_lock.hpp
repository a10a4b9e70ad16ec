#pragma once

#include <string>

namespace troupe {

/// Holds a file locked for this object alone, against other processes and other objects of this
/// one. The system lets go of it when the process ends, however it ends.
class file_lock {
 public:
  /// Makes the file if it is missing. Throws `log_error` when somebody else holds it, or it cannot
  /// be opened.
  explicit file_lock(const std::string& path);
  ~file_lock();
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;

 private:
  int fd_;
};

} // namespace troupe
