#include "examples/customer-support/backend/claims.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace troupe::support {

namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (static_cast<unsigned char>(c) & 0x80);
}
bool in_word(char c) {
  return digit(c) || letter(c) || c == '_';
}

constexpr std::size_t digits_max = 12;

/// The run of digits at `at`; empty if there is none or it is longer than any number of ours.
std::string_view digits_at(std::string_view text, std::size_t at) {
  auto end = at;
  while (end < text.size() && digit(text[end]))
    ++end;
  return end - at > digits_max ? std::string_view{} : text.substr(at, end - at);
}

/// Calls `found` with the digits behind every `prefix` that is not part of a longer word.
template <class F>
void after_prefix(std::string_view text, std::string_view prefix, F found) {
  for (auto at = text.find(prefix); at != std::string_view::npos; at = text.find(prefix, at + 1)) {
    const auto number = digits_at(text, at + prefix.size());
    if ((at == 0 || !in_word(text[at - 1])) && number.size() >= 1)
      found(std::string{number});
  }
}

/// An amount whose first digit stands at `at`, and the place behind it.
std::optional<std::pair<cents, std::size_t>> amount_at(std::string_view text, std::size_t at) {
  cents whole = 0;
  std::size_t count = 0;
  for (; at < text.size() && count <= digits_max; ++at) {
    if (digit(text[at])) {
      whole = whole * 10 + (text[at] - '0');
      ++count;
    } else if (text[at] != ',' || at + 3 >= text.size() || !digit(text[at + 1]) ||
               !digit(text[at + 2]) || !digit(text[at + 3])) {
      break;
    }
  }
  if (count == 0 || count > digits_max)
    return std::nullopt;
  cents part = 0;
  if (at + 2 < text.size() && text[at] == '.' && digit(text[at + 1]) && digit(text[at + 2])) {
    part = (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
    at += 3;
  }
  return std::pair{whole * 100 + part, at};
}

void read_amounts(std::string_view text, claims& out) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '$') {
      if (const auto found = amount_at(text, at + 1)) {
        out.amounts.insert(found->first);
        at = found->second - 1;
      }
    } else if (digit(text[at]) && (at == 0 || !in_word(text[at - 1]))) {
      const auto found = amount_at(text, at);
      if (!found)
        continue;
      const auto rest = text.substr(found->second);
      if (rest.starts_with(" dollar") || rest.starts_with(" USD"))
        out.amounts.insert(found->first);
      at = found->second - 1;
    }
  }
}

constexpr std::array<std::string_view, 12> months{"january",   "february", "march",    "april",
                                                  "may",       "june",     "july",     "august",
                                                  "september", "october",  "november", "december"};

void read_days(std::string_view text, claims& out) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!digit(text[at]) || (at > 0 && in_word(text[at - 1])))
      continue;
    const auto number = digits_at(text, at);
    if (number.size() == 4 && at + 10 <= text.size()) {
      if (const auto found = parse_day(text.substr(at, 10)))
        out.days.insert(*found);
    } else if (number.size() == 1 || number.size() == 2) {
      const auto rest = text.substr(at + number.size());
      for (std::size_t m = 0; m < months.size(); ++m) {
        if (!rest.starts_with(" ") || !rest.substr(1).starts_with(months[m]))
          continue;
        const auto year = digits_at(text, at + number.size() + months[m].size() + 2);
        const std::chrono::year_month_day date{
            std::chrono::year{year.size() == 4 ? std::stoi(std::string{year}) : 0},
            std::chrono::month{static_cast<unsigned>(m + 1)},
            std::chrono::day{static_cast<unsigned>(std::stoi(std::string{number}))}};
        if (year.size() == 4 && date.ok())
          out.days.insert(day{date});
      }
    }
    at += number.empty() ? digits_max : number.size() - 1;
  }
}

void read_emails(std::string_view text, claims& out) {
  const auto part = [](char c) { return in_word(c) || c == '.' || c == '-' || c == '+'; };
  for (auto at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    auto from = at, to = at + 1;
    while (from > 0 && part(text[from - 1]))
      --from;
    while (to < text.size() && part(text[to]))
      ++to;
    while (to > at && text[to - 1] == '.')
      --to;
    if (from < at && to > at + 1)
      out.emails.insert(std::string{text.substr(from, to - from)});
  }
}

void read_cards(std::string_view low, claims& out) {
  for (std::string_view before :
       {"ending in ", "ends in ", "ending with ", "ending ", "card ", "**** "})
    for (auto at = low.find(before); at != std::string_view::npos; at = low.find(before, at + 1))
      if (const auto number = digits_at(low, at + before.size()); number.size() == 4)
        out.cards.insert(std::string{number});
}

void read_addressed(std::string_view text, claims& out) {
  for (std::string_view title : {"Dear ", "Mr ", "Ms ", "Mrs ", "Mr. ", "Ms. ", "Mrs. "})
    for (auto at = text.find(title); at != std::string_view::npos; at = text.find(title, at + 1)) {
      if (at > 0 && in_word(text[at - 1]))
        continue;
      const auto from = at + title.size();
      auto to = from;
      while (to < text.size() && letter(text[to]))
        ++to;
      if (to > from && text[from] >= 'A' && text[from] <= 'Z')
        out.addressed.insert(std::string{text.substr(from, to - from)});
    }
}

} // namespace

void claims::add(const claims& more) {
  orders.insert(more.orders.begin(), more.orders.end());
  payments.insert(more.payments.begin(), more.payments.end());
  refunds.insert(more.refunds.begin(), more.refunds.end());
  customers.insert(more.customers.begin(), more.customers.end());
  emails.insert(more.emails.begin(), more.emails.end());
  cards.insert(more.cards.begin(), more.cards.end());
  addressed.insert(more.addressed.begin(), more.addressed.end());
  amounts.insert(more.amounts.begin(), more.amounts.end());
  days.insert(more.days.begin(), more.days.end());
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

claims read_claims(std::string_view text) {
  claims out;
  const auto low = lower_case(text);
  after_prefix(low, "lf-", [&](auto n) { out.orders.insert("LF-" + n); });
  after_prefix(low, "txn_", [&](auto n) { out.payments.insert("txn_" + n); });
  after_prefix(low, "inv-", [&](auto n) { out.payments.insert("txn_" + n); });
  after_prefix(low, "rf-", [&](auto n) { out.refunds.insert("RF-" + n); });
  after_prefix(low, "c-", [&](auto n) { out.customers.insert("C-" + n); });
  read_amounts(text, out);
  read_days(low, out);
  read_emails(low, out);
  read_cards(low, out);
  read_addressed(text, out);
  return out;
}

bool holds_any(std::string_view low, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [low](std::string_view word) {
    const bool open = word.ends_with('*');
    if (open)
      word.remove_suffix(1);
    for (auto at = low.find(word); at != std::string_view::npos; at = low.find(word, at + 1)) {
      const auto end = at + word.size();
      if ((at == 0 || !in_word(low[at - 1])) && (open || end == low.size() || !in_word(low[end])))
        return true;
    }
    return false;
  });
}

bool sentence::has(std::initializer_list<std::string_view> words) const {
  return holds_any(low, words);
}

std::vector<sentence> sentences_of(std::string_view text) {
  text = text.substr(0, 16 * 1024);
  std::vector<sentence> out;
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool stop = text[at] == '.' || text[at] == '!' || text[at] == '?' || text[at] == ';';
    const bool last = at + 1 == text.size();
    if (!last && text[at] != '\n' && !(stop && (text[at + 1] == ' ' || text[at + 1] == '\n')))
      continue;
    sentence s;
    s.text = text.substr(from, at + 1 - from);
    from = at + 1;
    s.low = lower_case(s.text);
    if (const auto polite = s.low.find("no problem"); polite != std::string::npos)
      s.low.erase(polite, 10);
    s.names = read_claims(s.text);
    s.denies = s.has({"no", "not", "none", "nothing", "never", "cannot", "without", "nobody"}) ||
               s.low.find("n't") != std::string::npos || s.low.find("n’t") != std::string::npos;
    s.depends = s.text.ends_with('?') ||
                s.has({"if", "once", "when", "shall", "would", "could", "can", "until", "then",
                       "tell us", "tell me", "has to", "have to", "must"});
    out.push_back(std::move(s));
  }
  return out;
}

} // namespace troupe::support
