#include "policies/screens/known_things.hpp"

#include "policies/screens/links.hpp"

#include <cctype>

namespace troupe::screens {

namespace {

bool letter_of_id(char c) noexcept {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}
bool digit_of_id(char c) noexcept {
  return c >= '0' && c <= '9';
}

} // namespace

known_things::known_things(std::string customer)
    : customer_(lowered(customer)) {
  // Letters, perhaps a sign, and at least three digits: only such ids can be told from other words.
  std::size_t at = 0;
  while (at < customer_.size() && letter_of_id(customer_[at]))
    ++at;
  auto digits = at;
  if (digits < customer_.size() && (customer_[digits] == '-' || customer_[digits] == '_'))
    ++digits;
  std::size_t n = digits;
  while (n < customer_.size() && digit_of_id(customer_[n]))
    ++n;
  if (at > 0 && n == customer_.size() && n - digits >= 3) {
    prefix_ = customer_.substr(0, digits);
    digits_ = n - digits;
  }
  if (!customer_.empty())
    trusted_.insert(customer_);
}

void known_things::note(std::string_view text, bool with_hosts,
                        std::set<std::string, std::less<>>& to) const {
  for (const auto& x : links_in(text)) {
    to.insert(x.target);
    // A field of a result vouches for its link, and not for others to the same place.
    if (with_hosts && x.what == link::kind::url)
      to.insert(x.host);
  }
  for (const auto& x : ids_in(text))
    to.insert(x.id);
}

void known_things::trust(std::string_view text) {
  note(text, true, trusted_);
}

void known_things::trust_data(const json& document) {
  if (document.is_string())
    trust(document.get_ref<const std::string&>());
  else if (document.is_structured())
    for (const auto& inner : document)
      trust_data(inner);
}

void known_things::hear(std::string_view text) {
  note(text, false, heard_);
}

bool known_things::is_foreign(const json& object) const {
  bool other = false;
  for (const auto& [key, value] : object.items())
    if (value.is_string()) {
      const auto& text = value.get_ref<const std::string&>();
      for (const auto& x : ids_in(text)) {
        if (is_own(x.id))
          return false;
        // An id is the whole of its field; in a sentence anybody may be spoken of.
        other = other || (x.at == 0 && x.size == text.size() && !trusted_.contains(x.id));
      }
    }
  return other;
}

void known_things::hear_data(const json& document) {
  if (document.is_string()) {
    // A field holds an address and nothing else; what is more is a text that somebody wrote.
    const auto& text = document.get_ref<const std::string&>();
    note(text, false, text.find_first_of(" \n") == std::string::npos ? trusted_ : heard_);
  } else if (document.is_object() && is_foreign(document)) {
    return;
  } else if (document.is_structured()) {
    for (const auto& inner : document)
      hear_data(inner);
  }
}

known_things::standing known_things::of(const std::string& thing) const {
  return trusted_.contains(thing) ? standing::trusted
         : heard_.contains(thing) ? standing::heard
                                  : standing::unknown;
}

std::vector<known_things::named_id> known_things::ids_in(std::string_view text) const {
  std::vector<named_id> out;
  if (prefix_.empty())
    return out;
  for (std::size_t i = 0; i + prefix_.size() < text.size() && out.size() < ids_max; ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) != prefix_[0] ||
        (i > 0 && (letter_of_id(text[i - 1]) || digit_of_id(text[i - 1]) || text[i - 1] == '-')) ||
        lowered(text.substr(i, prefix_.size())) != prefix_)
      continue;
    auto end = i + prefix_.size();
    while (end < text.size() && digit_of_id(text[end]))
      ++end;
    const auto n = end - i - prefix_.size();
    if (n + 1 >= digits_ && n <= digits_ + 1 && (end == text.size() || !letter_of_id(text[end])))
      out.push_back({i, end - i, lowered(text.substr(i, end - i))});
    i = end - 1;
  }
  return out;
}

} // namespace troupe::screens
