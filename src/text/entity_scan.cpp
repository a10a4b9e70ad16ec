#include "src/text/entity_scan.hpp"

#include <algorithm>
#include <array>

namespace troupe::text {

namespace {

constexpr std::size_t longest_id = 40;
constexpr std::size_t longest_local_part = 64;
constexpr std::size_t longest_domain = 255;
constexpr std::size_t longest_amount = 15;

char at_or_zero(std::string_view text, std::size_t at) {
  return at < text.size() ? text[at] : '\0';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  for (int most = 4; most > 0 && at_or_zero(text, at) == ' '; --most)
    ++at;
  return at;
}

std::size_t digits_from(std::string_view text, std::size_t at) {
  auto end = at;
  while (end < text.size() && end - at <= longest_id && is_digit(text[end]))
    ++end;
  return end;
}

// An id holds letters, digits and single dashes or underscores, and at least one digit.
std::size_t id_end(std::string_view text, std::size_t at, std::size_t& digits) {
  auto end = at;
  digits = 0;
  while (end < text.size() && end - at <= longest_id) {
    char c = text[end];
    bool joins = (c == '-' || c == '_') && end > at && end + 1 < text.size() &&
                 (is_letter(text[end + 1]) || is_digit(text[end + 1]));
    if (!is_letter(c) && !is_digit(c) && !joins)
      break;
    digits += is_digit(c) ? 1 : 0;
    ++end;
  }
  bool whole = end - at <= longest_id && (end == text.size() || !is_word_part(text[end]));
  return whole ? end : at;
}

struct prefix {
  std::string_view word;
  std::string_view type;
};

constexpr std::array prefixes = {
    prefix{"txn", "transaction"},  prefix{"trx", "transaction"},
    prefix{"tx", "transaction"},   prefix{"transaction", "transaction"},
    prefix{"inv", "invoice"},      prefix{"invoice", "invoice"},
    prefix{"sub", "subscription"}, prefix{"subscription", "subscription"},
    prefix{"ord", "order"},        prefix{"order", "order"},
};

constexpr std::array named = {
    prefix{"order", "order"},         prefix{"orders", "order"},
    prefix{"purchase", "order"},      prefix{"invoice", "invoice"},
    prefix{"bill", "invoice"},        prefix{"transaction", "transaction"},
    prefix{"payment", "transaction"}, prefix{"subscription", "subscription"},
};

/// Whether the id in [at, end) is `word`, which is in lower case, a sign, and more.
bool begins_as(std::string_view text, std::size_t at, std::size_t end, std::string_view word) {
  const auto after = at + word.size();
  return after + 1 < end && (text[after] == '_' || text[after] == '-') &&
         std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char x, char c) { return x == (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
}

/// The id in [at, end), with its sign at `sign`: with a dash in capitals.
entity marked(std::string_view type, std::string_view text, std::size_t at, std::size_t end,
              std::size_t sign) {
  std::string value(text.substr(at, end - at));
  if (text[sign] == '-')
    std::transform(value.begin(), value.end(), value.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
  return {std::string(type), value, at, end};
}

struct currency {
  std::string_view word;
  std::string_view code;
};

constexpr std::array signs = {currency{"$", "USD"}, currency{"\xE2\x82\xAC", "EUR"},
                              currency{"\xC2\xA3", "GBP"}, currency{"\xC2\xA5", "JPY"}};
constexpr std::array currencies = {
    currency{"dollars", "USD"}, currency{"dollar", "USD"}, currency{"usd", "USD"},
    currency{"bucks", "USD"},   currency{"euros", "EUR"},  currency{"euro", "EUR"},
    currency{"eur", "EUR"},     currency{"pounds", "GBP"}, currency{"pound", "GBP"},
    currency{"gbp", "GBP"},     currency{"quid", "GBP"},   currency{"yen", "JPY"},
    currency{"jpy", "JPY"},     currency{"rupees", "INR"}, currency{"inr", "INR"},
    currency{"chf", "CHF"},     currency{"francs", "CHF"}, currency{"cad", "CAD"},
    currency{"aud", "AUD"},
};

// Digits, thousands parted by commas, and up to two decimals: "1,234.50" gives "1234.50". `end` is
// behind it.
std::optional<std::string> amount_at(std::string_view text, std::size_t at, std::size_t& end) {
  std::string whole;
  end = at;
  while (end < text.size() && whole.size() <= longest_amount) {
    bool thousands = text[end] == ',' && end > at && digits_from(text, end + 1) == end + 4;
    if (!is_digit(text[end]) && !thousands)
      break;
    if (!thousands)
      whole += text[end];
    ++end;
  }
  if (whole.empty() || whole.size() > longest_amount)
    return std::nullopt;
  std::string cents = "00";
  if (at_or_zero(text, end) == '.' && is_digit(at_or_zero(text, end + 1))) {
    auto last = digits_from(text, end + 1);
    if (last - end > 3)
      return std::nullopt;
    cents = text.substr(end + 1, last - end - 1);
    cents.resize(2, '0');
    end = last;
  }
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  return whole + '.' + cents;
}

} // namespace

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word_part(char c) {
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

std::string lower_word(std::string_view text, std::size_t at) {
  std::string out;
  for (;
       at < text.size() && out.size() < longest_id && (is_word_part(text[at]) || text[at] == '\'');
       ++at)
    out += text[at] >= 'A' && text[at] <= 'Z' ? static_cast<char>(text[at] - 'A' + 'a') : text[at];
  return out;
}

std::optional<entity> scan_email(std::string_view text, std::size_t at) {
  auto local = [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
  };
  auto sign = at;
  while (sign < text.size() && sign - at <= longest_local_part && local(text[sign]))
    ++sign;
  if (sign == at || sign - at > longest_local_part || at_or_zero(text, sign) != '@')
    return std::nullopt;
  auto end = sign + 1;
  std::size_t last_dot = 0;
  while (end < text.size() && end - sign <= longest_domain) {
    char c = text[end];
    bool inner = (c == '.' || c == '-') && end > sign + 1 &&
                 (is_letter(at_or_zero(text, end + 1)) || is_digit(at_or_zero(text, end + 1)));
    if (!is_letter(c) && !is_digit(c) && !inner)
      break;
    if (c == '.')
      last_dot = end;
    ++end;
  }
  // The last label has two letters at least: "a@b" and "3@4.5" are no addresses.
  if (last_dot == 0 || end - last_dot < 3 || !is_letter(text[last_dot + 1]))
    return std::nullopt;
  std::string value(text.substr(at, end - at));
  std::transform(value.begin(), value.end(), value.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return entity{"email", value, at, end};
}

std::optional<entity> scan_money(std::string_view text, std::size_t at) {
  std::size_t end = at;
  for (const auto& sign : signs) {
    if (!text.substr(at).starts_with(sign.word))
      continue;
    auto amount = amount_at(text, skip_blanks(text, at + sign.word.size()), end);
    if (!amount || is_word_part(at_or_zero(text, end)))
      return std::nullopt;
    return entity{"money", *amount + ' ' + std::string(sign.code), at, end};
  }
  auto amount = amount_at(text, at, end);
  if (!amount)
    return std::nullopt;
  auto unit = skip_blanks(text, end);
  for (const auto& sign : signs)
    if (text.substr(unit).starts_with(sign.word))
      return entity{"money", *amount + ' ' + std::string(sign.code), at, unit + sign.word.size()};
  auto word = lower_word(text, unit);
  for (const auto& known : currencies)
    if (word == known.word)
      return entity{"money", *amount + ' ' + std::string(known.code), at, unit + word.size()};
  return std::nullopt;
}

std::optional<entity> scan_phone(std::string_view text, std::size_t at) {
  std::string digits;
  std::size_t end = at, groups = 0, last = at;
  bool plus = text[at] == '+';
  if (plus)
    ++end;
  // Groups of digits, parted by one sign or by ") ".
  while (end < text.size() && digits.size() <= 15) {
    bool open = text[end] == '(';
    auto from = open ? end + 1 : end;
    auto to = digits_from(text, from);
    if (to == from || (open && at_or_zero(text, to) != ')'))
      break;
    digits.append(text, from, to - from);
    ++groups;
    last = end = open ? to + 1 : to;
    char next = at_or_zero(text, end);
    if (next == ' ' || next == '-' || next == '.')
      ++end;
    else if (next != '(' && !open)
      break;
  }
  if (is_word_part(at_or_zero(text, last)))
    return std::nullopt;
  bool local = digits.size() == 7 && groups == 2 && digits_from(text, at) == at + 3;
  bool long_enough = plus ? digits.size() >= 8 : (digits.size() >= 10 && groups >= 3) || local;
  if (!long_enough || digits.size() > 15)
    return std::nullopt;
  return entity{"phone", (plus ? "+" : "") + digits, at, last};
}

std::optional<entity> scan_marked_id(std::string_view text, std::size_t at,
                                     const std::vector<id_prefix>& known) {
  std::size_t digits = 0;
  if (text[at] == '#') {
    auto end = id_end(text, at + 1, digits);
    if (digits < 3)
      return std::nullopt;
    auto inner = scan_marked_id(text, at + 1, known);
    return entity{inner ? inner->type : "order",
                  inner ? inner->value : std::string(text.substr(at + 1, end - at - 1)), at, end};
  }
  auto end = id_end(text, at, digits);
  if (digits == 0)
    return std::nullopt;
  for (const auto& one : known)
    if (begins_as(text, at, end, one.prefix))
      return marked(one.type, text, at, end, at + one.prefix.size());
  for (const auto& one : prefixes)
    if (begins_as(text, at, end, one.word))
      return marked(one.type, text, at, end, at + one.word.size());
  return std::nullopt;
}

std::optional<entity> scan_named_id(std::string_view text, std::size_t at,
                                    const std::vector<id_prefix>& known) {
  auto word = lower_word(text, at);
  auto name =
      std::find_if(named.begin(), named.end(), [&](const prefix& one) { return one.word == word; });
  if (name == named.end())
    return std::nullopt;
  auto next = skip_blanks(text, at + word.size());
  bool announced = false; // "number", "no.", "id", "#" or ':' says that a number follows
  for (int most = 4; most > 0; --most) {
    auto filler = lower_word(text, next);
    if (filler == "number" || filler == "num" || filler == "no" || filler == "nr" ||
        filler == "id" || filler == "is") {
      announced = announced || filler != "is";
      next += filler.size();
      if (at_or_zero(text, next) == '.')
        ++next;
    } else if (at_or_zero(text, next) == '#' || at_or_zero(text, next) == ':') {
      announced = true;
      ++next;
    } else
      break;
    next = skip_blanks(text, next);
  }
  std::size_t digits = 0;
  auto end = id_end(text, next, digits);
  // "order 3 shirts" names no order: without an announcement an id has four digits.
  if (digits < (announced ? 1U : 4U) || scan_date(text, next) || scan_money(text, next))
    return std::nullopt;
  if (auto own = scan_marked_id(text, next, known))
    return own;
  return entity{std::string(name->type), std::string(text.substr(next, end - next)), next, end};
}

} // namespace troupe::text
