#pragma once

#include <cstdint>
#include <string_view>

namespace troupe {

/// What guards a number in the database against everybody else: the key of an advisory lock, made
/// of the schema and what is locked.
[[nodiscard]] inline std::int64_t postgres_lock(std::string_view schema, std::string_view what,
                                                std::uint32_t number = 0) noexcept {
  // FNV-1a, 64 bits. Two shards with the same number wait for each other and are otherwise well.
  std::uint64_t h = 14695981039346656037ull;
  const auto mix = [&](unsigned char c) {
    h ^= c;
    h *= 1099511628211ull;
  };
  for (const char c : schema)
    mix(static_cast<unsigned char>(c));
  mix(0);
  for (const char c : what)
    mix(static_cast<unsigned char>(c));
  for (int shift = 0; shift < 32; shift += 8)
    mix(static_cast<unsigned char>(number >> shift));
  return static_cast<std::int64_t>(h);
}

} // namespace troupe
