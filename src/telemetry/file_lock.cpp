#include "src/telemetry/file_lock.hpp"

#include "src/telemetry/log_book.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace troupe {

file_lock::file_lock(const std::string& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (fd_ < 0)
    throw log_error(path + ": " + std::generic_category().message(errno));
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0)
    return;
  const int code = errno;
  ::close(fd_);
  throw log_error(path + (code == EWOULDBLOCK ? ": another process writes this log"
                                              : ": " + std::generic_category().message(code)));
}

file_lock::~file_lock() {
  ::close(fd_);
}

} // namespace troupe
