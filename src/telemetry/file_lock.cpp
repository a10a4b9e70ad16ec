#include "src/telemetry/file_lock.hpp"

#include "src/telemetry/log_book.hpp"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace troupe {

namespace {

constexpr std::chrono::seconds patience{1};
constexpr std::chrono::milliseconds look_every{10};

} // namespace

file_lock::file_lock(const std::string& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (fd_ < 0)
    throw log_error(path + ": " + std::generic_category().message(errno));
  const auto until = std::chrono::steady_clock::now() + patience;
  int code = 0;
  do {
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0)
      return;
    code = errno;
    if (code == EWOULDBLOCK)
      std::this_thread::sleep_for(look_every);
  } while ((code == EWOULDBLOCK || code == EINTR) && std::chrono::steady_clock::now() < until);
  ::close(fd_);
  throw log_error(path + (code == EWOULDBLOCK ? ": another process writes this log"
                                              : ": " + std::generic_category().message(code)));
}

file_lock::~file_lock() {
  ::close(fd_);
}

} // namespace troupe
