#pragma once

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>

#include <cstdint>

namespace troupe {

/// When the answer to one request is given to another one.
enum class cache_mode : std::uint8_t {
  off,
  exact,    ///< to the same conversation
  semantic, ///< also to a question that means the same
};

template <>
struct enum_names<cache_mode> {
  static constexpr std::array<std::string_view, 3> value{"off", "exact", "semantic"};
};

/// What an agent's answers are kept for.
struct cache_spec {
  cache_mode mode = cache_mode::off;
  milliseconds ttl{std::chrono::hours{1}}; ///< no answer is given again when it is older
  double threshold = 0.75;                 ///< cosine from which on two questions may mean the same
  std::uint32_t max_entries = 10000;       ///< answers kept for one agent on a node
  bool per_customer = false;               ///< nobody gets what another customer was answered
  friend bool operator==(const cache_spec&, const cache_spec&) = default;
};

} // namespace troupe
