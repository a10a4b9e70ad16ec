#pragma once

#include "bench/driver.hpp"

#include <cstddef>
#include <cstdint>

namespace troupe::bench {

/// Bytes of a message of the floor's, and of the envelopes' bodies beside it.
inline constexpr std::size_t tcp_floor_bytes = 256;

/// `count` messages to an echo in the same process and back, `window` at a time: blocking TCP on
/// loopback, one write per message, no TLS. Throws `std::runtime_error` when there are no sockets.
run_result tcp_floor(std::uint64_t count, std::uint64_t window);

} // namespace troupe::bench
