#include "examples/customer-support/backend/calendar.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace troupe::support {

namespace chr = std::chrono;

std::optional<day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-')
    return std::nullopt;
  auto number = [text](std::size_t from, std::size_t count) {
    int n = 0;
    for (char c : text.substr(from, count)) {
      if (c < '0' || c > '9')
        return -1;
      n = n * 10 + (c - '0');
    }
    return n;
  };
  const int y = number(0, 4), m = number(5, 2), d = number(8, 2);
  if (y < 0 || m < 0 || d < 0)
    return std::nullopt;
  const chr::year_month_day date{chr::year{y}, chr::month{static_cast<unsigned>(m)},
                                 chr::day{static_cast<unsigned>(d)}};
  if (!date.ok())
    return std::nullopt;
  return day{date};
}

std::string iso(day d) {
  const chr::year_month_day date{d};
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return out.data();
}

std::string in_words(day d) {
  static constexpr std::array<const char*, 12> months{
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const chr::year_month_day date{d};
  return std::to_string(static_cast<unsigned>(date.day())) + ' ' +
         months[static_cast<unsigned>(date.month()) - 1] + ' ' +
         std::to_string(static_cast<int>(date.year()));
}

day system_today() {
  return chr::floor<chr::days>(chr::system_clock::now());
}

day after_working_days(day from, int n) {
  while (n > 0) {
    from += chr::days{1};
    const chr::weekday w{from};
    if (w != chr::Saturday && w != chr::Sunday)
      --n;
  }
  return from;
}

int billing_cycle::days_left(day now) const noexcept {
  return std::clamp(static_cast<int>((end - now).count()), 0, days());
}

billing_cycle cycle_at(day now, int billing_day) {
  const chr::day on{static_cast<unsigned>(std::clamp(billing_day, 1, 28))};
  const chr::year_month_day date{now};
  chr::year_month month{date.year(), date.month()};
  if (date.day() < on)
    month -= chr::months{1};
  return {day{month / on}, day{(month + chr::months{1}) / on}};
}

int whole_months(day from, day to) {
  if (to <= from)
    return 0;
  const chr::year_month_day a{from}, b{to};
  int months = (static_cast<int>(b.year()) - static_cast<int>(a.year())) * 12 +
               static_cast<int>(static_cast<unsigned>(b.month())) -
               static_cast<int>(static_cast<unsigned>(a.month()));
  if (b.day() < a.day())
    --months;
  return months;
}

} // namespace troupe::support
