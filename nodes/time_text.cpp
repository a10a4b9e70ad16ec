#include "nodes/time_text.hpp"

#include <chrono>
#include <cstdint>

namespace troupe {

namespace {

void put(char* at, unsigned value, int width) noexcept {
  for (int i = width; i-- > 0; value /= 10)
    at[i] = static_cast<char>('0' + value % 10);
}

} // namespace

void append_time(std::string& out, timestamp at) {
  const auto days = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{days};
  const auto inside = static_cast<std::uint64_t>((at - days).count());
  char text[] = "0000-00-00T00:00:00.000000Z";
  put(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put(text + 5, static_cast<unsigned>(date.month()), 2);
  put(text + 8, static_cast<unsigned>(date.day()), 2);
  put(text + 11, static_cast<unsigned>(inside / 3600000000ull), 2);
  put(text + 14, static_cast<unsigned>(inside / 60000000ull % 60), 2);
  put(text + 17, static_cast<unsigned>(inside / 1000000ull % 60), 2);
  put(text + 20, static_cast<unsigned>(inside % 1000000ull), 6);
  out.append(text, sizeof text - 1);
}

std::string time_text(timestamp at) {
  std::string out;
  append_time(out, at);
  return out;
}

} // namespace troupe
