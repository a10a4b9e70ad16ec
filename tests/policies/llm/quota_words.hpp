#pragma once

#include "policies/quota_slice.hpp"

#include <chrono>
#include <cstdint>

namespace troupe::quota_words {

constexpr timestamp t0{std::chrono::hours{1000}};
constexpr quota_amount requests(std::uint64_t n) {
  return {{n, 0, 0}};
}

/// A limit that is lent to one node as a whole, for ever.
inline quota_slice whole(quota_amount limit) {
  quota_slice out{limit};
  out.lend(limit, limit, no_deadline);
  return out;
}

} // namespace troupe::quota_words
