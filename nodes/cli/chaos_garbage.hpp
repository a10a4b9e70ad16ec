#pragma once

#include <troupe/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe::cli {

/// What was sent.
struct garbage_sent {
  std::size_t connections = 0;
  std::size_t bytes = 0;
};

/// Sends what means nothing to loopback ports, for so long: random bytes, frames that promise more
/// than they hold, lines of HTTP that are none, requests without an end, connections that say
/// nothing. Port 0: there is none. Blocks. The seed decides what is sent, though not how far the
/// other side reads.
[[nodiscard]] garbage_sent send_garbage(std::uint16_t door, std::uint16_t links, std::uint64_t seed,
                                        milliseconds for_so_long);

} // namespace troupe::cli
