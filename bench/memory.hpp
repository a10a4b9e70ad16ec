#pragma once

#include <cstddef>
#include <fstream>

#include <malloc.h>
#include <unistd.h>

/// Of jemalloc, where the program is linked with it.
extern "C" int mallctl(const char* name, void* old, std::size_t* old_size, void* value,
                       std::size_t size) __attribute__((weak));

namespace troupe::bench {

/// Bytes of this process in memory, after giving back what the allocator keeps for later.
inline std::ptrdiff_t resident_bytes() {
  // Freed pages are kept for ten seconds otherwise. 4096 stands for all arenas.
  if (&mallctl)
    ::mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
  else
    ::malloc_trim(0);
  std::ifstream in{"/proc/self/statm"};
  std::ptrdiff_t all = 0;
  std::ptrdiff_t resident = 0;
  in >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

} // namespace troupe::bench
