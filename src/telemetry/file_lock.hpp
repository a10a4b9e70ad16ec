#pragma once

#include <string>

namespace troupe {

/// Holds a file locked for this object alone, against other processes and other objects of this
/// one. The system lets go of it when the process ends, however it ends.
class file_lock {
 public:
  /// Makes the file if it is missing. Throws `log_error` when somebody else holds it for longer
  /// than a second, or it cannot be opened: what a killed process held is free only when all of its
  /// memory has been given back, and its successor may be quicker.
  explicit file_lock(const std::string& path);
  ~file_lock();
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;

 private:
  int fd_;
};

} // namespace troupe
