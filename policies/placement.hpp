#pragma once

#include "policies/dice.hpp"

#include <cstdint>
#include <string_view>

namespace troupe {

/// The shard that owns `key` among `shards`: for sessions (by their id) and for tasks without one
/// (by their idempotency key), so that whoever comes with the same key meets the same orchestrator,
/// from any node and after any restart. The answer changes only with the number of shards. No
/// shards at all count as one.
constexpr std::uint32_t shard_for(std::string_view key, std::uint32_t shards) noexcept {
  return shards == 0 ? 0 : static_cast<std::uint32_t>(stable_hash(key) % shards);
}

} // namespace troupe
