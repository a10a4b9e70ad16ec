#pragma once

#include <cstddef>
#include <fstream>

#include <malloc.h>
#include <unistd.h>

namespace troupe::bench {

/// Bytes of this process in memory, after giving back what the allocator keeps for later.
inline std::ptrdiff_t resident_bytes() {
  ::malloc_trim(0);
  std::ifstream in{"/proc/self/statm"};
  std::ptrdiff_t all = 0;
  std::ptrdiff_t resident = 0;
  in >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

} // namespace troupe::bench
