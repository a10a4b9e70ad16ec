#include "policies/grounding.hpp"

namespace troupe {

namespace {

constexpr std::size_t flaws_max = 8;

bool digit(char c) {
  return c >= '0' && c <= '9';
}

bool sign_of_money(std::string_view before) {
  return before.ends_with('$') || before.ends_with("\xC2\xA3") || before.ends_with("\xE2\x82\xAC");
}

/// Calls `take` with the digits of each number in `text` that has at least `digits_min` of them, or
/// a sign of money before it, until it says false.
template <class Take>
void each_number(std::string_view text, std::size_t digits_min, Take take) {
  bool money = false;
  std::string number;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if (digit(c)) {
      money = number.empty() ? digits_min < 3 && sign_of_money(text.substr(0, i)) : money;
      number += c;
      continue;
    }
    const bool within =
        (c == ',' || c == '.') && !number.empty() && i + 1 < text.size() && digit(text[i + 1]);
    if (within)
      continue;
    if ((number.size() >= digits_min || (money && !number.empty())) && !take(number))
      return;
    number.clear();
  }
}

std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : key)
    out += c == '~' ? "~0" : c == '/' ? "~1" : std::string{c};
  return out;
}

} // namespace

void known_numbers::add(std::string_view text) {
  each_number(text, 1, [this](const std::string& number) {
    known_.insert(number);
    return true;
  });
}

void known_numbers::add_all(const json& value) {
  if (value.is_string())
    return add(std::string_view{value.get_ref<const std::string&>()});
  if (value.is_number())
    return add(std::string_view{as_text(value)});
  if (value.is_structured())
    for (const auto& inner : value)
      add_all(inner);
}

void known_numbers::look(const json& value, const std::string& pointer,
                         std::vector<flaw>& out) const {
  if (out.size() >= flaws_max)
    return;
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items())
      look(inner, pointer + "/" + escaped(key), out);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      look(value[i], pointer + "/" + std::to_string(i), out);
  } else if (value.is_string() || value.is_number()) {
    const auto text = value.is_string() ? value.get<std::string>() : as_text(value);
    each_number(text, digits_, [&](const std::string& number) {
      if (known_.contains(number))
        return true;
      out.push_back({pointer, "grounded",
                     "holds a number that stands in nothing the agent was given or found out"});
      return false;
    });
  }
}

std::vector<flaw> known_numbers::flaws_in(const json& answer) const {
  std::vector<flaw> out;
  for (const char* part : {"text", "data"})
    if (const auto hit = answer.find(part); hit != answer.end())
      look(*hit, std::string{"/"} + part, out);
  return out;
}

} // namespace troupe
