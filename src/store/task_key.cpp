#include "src/store/task_key.hpp"

#include <limits>
#include <optional>

namespace troupe {

namespace {

constexpr std::size_t time_digits = 12;
constexpr std::size_t id_length = 28;
constexpr int hash_bits = 19;
constexpr std::int64_t time_limit = std::int64_t{1} << (63 - hash_bits);

std::uint64_t fnv1a(std::string_view text) noexcept {
  std::uint64_t h = 14695981039346656037ull;
  for (unsigned char c : text) {
    h ^= c;
    h *= 1099511628211ull;
  }
  return h ^ (h >> 29);
}

std::optional<std::int64_t> time_in(std::string_view id) noexcept {
  if (id.size() < id_length || (id.size() > id_length && id[id_length] != '.'))
    return std::nullopt;
  std::int64_t ms = 0;
  for (char c : id.substr(0, time_digits)) {
    if (c >= '0' && c <= '9')
      ms = ms * 16 + (c - '0');
    else if (c >= 'a' && c <= 'f')
      ms = ms * 16 + (c - 'a' + 10);
    else
      return std::nullopt;
  }
  if (ms >= time_limit - 1)
    return std::nullopt;
  return ms;
}

} // namespace

std::int64_t task_key(std::string_view id) noexcept {
  const auto hash = fnv1a(id);
  if (const auto ms = time_in(id))
    return (*ms << hash_bits) | static_cast<std::int64_t>(hash & ((1u << hash_bits) - 1));
  return std::numeric_limits<std::int64_t>::min() + static_cast<std::int64_t>(hash >> 2);
}

std::int64_t task_key_bound(timestamp t) noexcept {
  const auto ms = std::chrono::floor<milliseconds>(t.time_since_epoch()).count() + 60'000;
  if (ms >= time_limit - 1)
    return std::numeric_limits<std::int64_t>::max();
  return ms < 0 ? 0 : ms << hash_bits;
}

} // namespace troupe
