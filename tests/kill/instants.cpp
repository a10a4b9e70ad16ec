#include "tests/kill/instants.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>

namespace troupe::kill {

namespace {

std::string aimed;
std::uint64_t aimed_number = 0;
std::mutex counting;
std::map<std::string, std::uint64_t, std::less<>> passed;

using write_at = ssize_t (*)(int, const void*, size_t, off_t);
write_at real_write = nullptr;

bool of_the_node(int file) {
  char name[512];
  const auto link = "/proc/self/fd/" + std::to_string(file);
  const auto size = readlink(link.c_str(), name, sizeof name);
  return size > 0 && std::string_view{name, static_cast<std::size_t>(size)}.find("/journal.db") !=
                         std::string_view::npos;
}

bool is_it(std::string_view what) {
  if (what != aimed)
    return false;
  std::lock_guard hold{counting};
  return ++passed[std::string{what}] == aimed_number;
}

ssize_t counted_write(int file, const void* bytes, size_t size, off_t at) {
  if (!of_the_node(file))
    return real_write(file, bytes, size, at);
  if (is_it("write"))
    _exit(struck);
  if (is_it("torn")) {
    (void)real_write(file, bytes, size / 2, at);
    _exit(struck);
  }
  return real_write(file, bytes, size, at);
}

} // namespace

void aim(const std::string& at) {
  const auto colon = at.find(':');
  if (colon == std::string::npos)
    throw std::invalid_argument{"an instant is NAME:N"};
  aimed = at.substr(0, colon);
  aimed_number = std::stoull(at.substr(colon + 1));
}

void pass(const char* what) {
  if (is_it(what))
    _exit(struck);
}

void watch_database() {
  auto* vfs = sqlite3_vfs_find(nullptr);
  bool replaced = false;
  for (const char* name : {"pwrite", "pwrite64"}) {
    auto* real = vfs->xGetSystemCall(vfs, name);
    if (!real)
      continue;
    real_write = reinterpret_cast<write_at>(real);
    replaced = vfs->xSetSystemCall(
                   vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(counted_write)) == SQLITE_OK ||
               replaced;
  }
  if (!replaced)
    throw std::runtime_error{"this SQLite does not let its writes be watched"};
}

} // namespace troupe::kill
