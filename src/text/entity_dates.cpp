#include "src/text/entity_scan.hpp"

#include <array>
#include <cstdio>

namespace troupe::text {

namespace {

constexpr std::array<std::string_view, 12> months = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

// "march", "mar" and "sept" are 3, 3 and 9; 0 for any other word. "may" and "march" are verbs too,
// so the callers ask for a day beside them.
int month_of(std::string_view word) {
  if (word == "sept")
    return 9;
  for (std::size_t at = 0; at < months.size(); ++at)
    if (word == months[at] || (word.size() == 3 && months[at].starts_with(word)))
      return static_cast<int>(at) + 1;
  return 0;
}

bool exists(int year, int month, int day) {
  static constexpr std::array<int, 12> days = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1 || day > days[static_cast<std::size_t>(month - 1)])
    return false;
  bool leap = year == 0 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
  return month != 2 || day < 29 || leap;
}

std::optional<entity> made(int year, int month, int day, std::size_t begin, std::size_t end) {
  if (!exists(year, month, day))
    return std::nullopt;
  std::array<char, 24> out{};
  if (year == 0)
    std::snprintf(out.data(), out.size(), "--%02d-%02d", month, day);
  else
    std::snprintf(out.data(), out.size(), "%04d-%02d-%02d", year, month, day);
  return entity{"date", out.data(), begin, end};
}

// A number of `least` to `most` digits at `at`, which moves behind it; -1 if there is none.
int number(std::string_view text, std::size_t& at, std::size_t least, std::size_t most) {
  int value = 0;
  auto end = at;
  while (end < text.size() && end - at <= most && is_digit(text[end]))
    value = value * 10 + (text[end++] - '0');
  if (end - at < least || end - at > most)
    return -1;
  at = end;
  return value;
}

void skip_one(std::string_view text, std::size_t& at, char c) {
  if (at < text.size() && text[at] == c)
    ++at;
}

bool ends_word(std::string_view text, std::size_t at) {
  return at >= text.size() || !is_word_part(text[at]);
}

// "st", "nd", "rd" or "th" behind a day.
void skip_ordinal(std::string_view text, std::size_t& at) {
  auto word = lower_word(text, at);
  if (word == "st" || word == "nd" || word == "rd" || word == "th")
    at += 2;
}

// ", 2024" or " 2024" behind a day and month; 0 if no year follows.
int year_after(std::string_view text, std::size_t& at) {
  auto next = at;
  skip_one(text, next, ',');
  skip_one(text, next, ' ');
  if (next == at)
    return 0;
  int year = number(text, next, 4, 4);
  if (year < 1900 || year > 2199 || !ends_word(text, next))
    return 0;
  at = next;
  return year;
}

std::optional<entity> month_first(std::string_view text, std::size_t begin) {
  auto word = lower_word(text, begin);
  int month = month_of(word);
  auto at = begin + word.size();
  if (month == 0)
    return std::nullopt;
  skip_one(text, at, '.');
  skip_one(text, at, ' ');
  if (lower_word(text, at) == "the")
    at += 4;
  if (at >= text.size())
    return std::nullopt;
  int day = number(text, at, 1, 2);
  if (day < 0)
    return std::nullopt;
  skip_ordinal(text, at);
  if (!ends_word(text, at))
    return std::nullopt;
  int year = year_after(text, at);
  return made(year, month, day, begin, at);
}

std::optional<entity> day_first(std::string_view text, std::size_t begin) {
  auto at = begin;
  int day = number(text, at, 1, 2);
  if (day < 0)
    return std::nullopt;
  skip_ordinal(text, at);
  skip_one(text, at, ' ');
  if (lower_word(text, at) == "of") {
    at += 2;
    skip_one(text, at, ' ');
  }
  auto word = lower_word(text, at);
  int month = month_of(word);
  if (month == 0)
    return std::nullopt;
  at += word.size();
  int year = year_after(text, at);
  return made(year, month, day, begin, at);
}

// Three numbers with the same sign between them.
std::optional<entity> numeric(std::string_view text, std::size_t begin) {
  auto at = begin;
  auto iso = at;
  int year = number(text, iso, 4, 4);
  if (year > 0 && iso < text.size() && (text[iso] == '-' || text[iso] == '/')) {
    char sign = text[iso++];
    int month = number(text, iso, 1, 2);
    if (month < 0 || iso >= text.size() || text[iso++] != sign)
      return std::nullopt;
    int day = number(text, iso, 1, 2);
    bool time = iso < text.size() && text[iso] == 'T';
    return day >= 0 && (time || ends_word(text, iso)) ? made(year, month, day, begin, iso)
                                                      : std::nullopt;
  }
  int first = number(text, at, 1, 2);
  if (first < 0 || at >= text.size() || (text[at] != '/' && text[at] != '.' && text[at] != '-'))
    return std::nullopt;
  char sign = text[at++];
  int second = number(text, at, 1, 2);
  if (second < 0 || at >= text.size() || text[at++] != sign)
    return std::nullopt;
  year = number(text, at, 4, 4);
  if (year < 0 || !ends_word(text, at))
    return std::nullopt;
  bool day_leads = sign == '.' || first > 12;
  return made(year, day_leads ? second : first, day_leads ? first : second, begin, at);
}

} // namespace

std::optional<entity> scan_date(std::string_view text, std::size_t at) {
  if (at >= text.size())
    return std::nullopt;
  if (is_letter(text[at]))
    return month_first(text, at);
  if (!is_digit(text[at]))
    return std::nullopt;
  auto found = numeric(text, at);
  return found ? found : day_first(text, at);
}

} // namespace troupe::text
