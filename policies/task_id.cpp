#include <troupe/task.hpp>

#include "policies/dice.hpp"

#include <array>

namespace troupe {

namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t time_digits = 12;
constexpr std::size_t chance_digits = 14;
constexpr std::size_t shard_digits = 2;
constexpr std::size_t id_length = time_digits + chance_digits + shard_digits;

void put_hex(char* out, std::uint64_t value, std::size_t width) noexcept {
  for (std::size_t i = width; i-- > 0; value >>= 4)
    out[i] = digits[value & 15];
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

} // namespace

std::string make_task_id(timestamp now, std::uint64_t dice, std::uint32_t shard) {
  std::string id(id_length, '0');
  put_hex(id.data(), static_cast<std::uint64_t>(now.time_since_epoch().count() / 1000),
          time_digits);
  put_hex(id.data() + time_digits, dice, chance_digits);
  put_hex(id.data() + time_digits + chance_digits, shard, shard_digits);
  return id;
}

std::string child_task_id(std::string_view parent, std::uint32_t step) {
  std::string id{parent};
  id += '.';
  id += std::to_string(step);
  return id;
}

std::optional<std::uint32_t> shard_of_task_id(std::string_view id) noexcept {
  const auto own = id.substr(0, id.find('.'));
  if (own.size() != id_length)
    return std::nullopt;
  for (char c : own)
    if (hex_value(c) < 0)
      return std::nullopt;
  return static_cast<std::uint32_t>(hex_value(own[id_length - 2]) * 16 +
                                    hex_value(own[id_length - 1]));
}

} // namespace troupe
