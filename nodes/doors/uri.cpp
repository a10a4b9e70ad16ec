#include "nodes/doors/uri.hpp"

#include <charconv>
#include <cstdint>

namespace troupe {

namespace {

int hex(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

std::optional<unsigned> digits(std::string_view text, std::size_t from, std::size_t n) noexcept {
  unsigned out = 0;
  if (from + n > text.size())
    return std::nullopt;
  for (const char c : text.substr(from, n)) {
    if (c < '0' || c > '9')
      return std::nullopt;
    out = out * 10 + static_cast<unsigned>(c - '0');
  }
  return out;
}

} // namespace

std::size_t find_bad_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = c >= 0xC2 && c <= 0xDF   ? 1
                             : (c & 0xF0) == 0xE0     ? 2
                             : c >= 0xF0 && c <= 0xF4 ? 3
                                                      : 0;
    if (more == 0 || i + more >= text.size())
      return i;
    for (std::size_t k = 1; k <= more; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80)
        return i;
    const auto second = static_cast<unsigned char>(text[i + 1]);
    if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F) ||
        (c == 0xF0 && second < 0x90) || (c == 0xF4 && second > 0x8F))
      return i;
    i += more + 1;
  }
  return std::string_view::npos;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
        return std::nullopt;
      c = static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else if (c == '+' && plus) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return std::nullopt;
    out += c;
  }
  if (find_bad_utf8(out) != std::string_view::npos)
    return std::nullopt;
  return out;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query,
                                                             std::string& problem) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto part = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (part.empty())
      continue;
    const auto mark = part.find('=');
    auto name = percent_decode(part.substr(0, mark), true);
    auto value = percent_decode(
        mark == std::string_view::npos ? std::string_view{} : part.substr(mark + 1), true);
    if (!name || !value) {
      problem = "the query holds a broken escape or bytes that are not UTF-8";
      return {};
    }
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

std::optional<std::uint64_t> parse_count(std::string_view text, std::uint64_t least,
                                         std::uint64_t most) noexcept {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || n < least ||
      n > most)
    return std::nullopt;
  return n;
}

std::optional<milliseconds> parse_wait(std::string_view text) noexcept {
  std::uint64_t unit = 1;
  const auto ends = [&](std::string_view word, std::uint64_t size) {
    if (unit != 1 || !text.ends_with(word))
      return false;
    text.remove_suffix(word.size());
    unit = size;
    return true;
  };
  if (text.ends_with("ms"))
    text.remove_suffix(2);
  else
    static_cast<void>(ends("s", 1000) || ends("m", 60000) || ends("h", 3600000));
  constexpr std::uint64_t most = 30ull * 24 * 3600 * 1000;
  const auto n = parse_count(text, 0, most);
  if (!n || *n * unit > most)
    return std::nullopt;
  return milliseconds{static_cast<std::int64_t>(*n * unit)};
}

std::optional<timestamp> parse_time(std::string_view text, timestamp now) noexcept {
  if (text.starts_with('-') && text.ends_with('d')) {
    const auto days = parse_count(text.substr(1, text.size() - 2), 0, 36500);
    return days ? std::optional{now - std::chrono::hours{24} * static_cast<int>(*days)}
                : std::nullopt;
  }
  if (text.starts_with('-')) {
    const auto back = parse_wait(text.substr(1));
    return back ? std::optional{now - *back} : std::nullopt;
  }
  if (const auto seconds = parse_count(text, 0, 253402300799ull))
    return timestamp{microseconds{static_cast<std::int64_t>(*seconds) * 1000000}};
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second || text[4] != '-' || text[7] != '-' ||
      text[10] != 'T' || text[13] != ':' || text[16] != ':' || *hour > 23 || *minute > 59 ||
      *second > 59)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                         std::chrono::month{*month}, std::chrono::day{*day}};
  if (!date.ok())
    return std::nullopt;
  auto out = timestamp{std::chrono::sys_days{date}} + std::chrono::hours{*hour} +
             std::chrono::minutes{*minute} + std::chrono::seconds{*second};
  auto rest = text.substr(19);
  if (rest.starts_with('.')) {
    std::int64_t scale = 100000;
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] >= '0' && rest[i] <= '9'; ++i, scale /= 10)
      out += microseconds{(rest[i] - '0') * scale};
    if (i == 1)
      return std::nullopt;
    rest = rest.substr(i);
  }
  return rest == "Z" ? std::optional{out} : std::nullopt;
}

} // namespace troupe
