#pragma once

#include "bench/driver.hpp"

#include <cstdint>
#include <memory>

namespace troupe::bench {

/// Requests from one process to an echo in another over CAF's own wire protocol, as the library
/// comes: stock scheduler, plain TCP on loopback, one message per request, 256 bytes of text.
class basp_floor {
 public:
  basp_floor();
  ~basp_floor();
  basp_floor(const basp_floor&) = delete;
  basp_floor& operator=(const basp_floor&) = delete;

  run_result run(std::uint64_t count, std::uint64_t window);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe::bench
