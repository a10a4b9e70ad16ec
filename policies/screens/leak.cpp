#include "policies/screens/leak.hpp"

#include "policies/dice.hpp"
#include "policies/screens/disguise.hpp"
#include "policies/screens/fold.hpp"
#include "policies/screens/links.hpp"

#include <algorithm>
#include <cctype>

namespace troupe::screens {

namespace {

constexpr std::size_t order_run = 6;
constexpr std::size_t any_run = 24;
constexpr std::size_t ids_max = 512; ///< of a text that are looked at

std::vector<std::string> plain_words(std::string_view folded) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : folded) {
    if ((c & 0x80) != 0 || std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += c;
    } else if (!word.empty() && c != '\'') {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty())
    out.push_back(std::move(word));
  return out;
}

template <class Each>
void each_run(const std::vector<std::string>& words, std::size_t size, const Each& each) {
  if (words.size() < size)
    return;
  std::vector<std::uint64_t> hashes;
  for (const auto& w : words)
    hashes.push_back(stable_hash(w));
  for (std::size_t i = 0; i + size <= hashes.size(); ++i) {
    std::uint64_t h = size;
    for (std::size_t k = i; k < i + size; ++k)
      h = scramble(h ^ hashes[k]);
    if (!each(h))
      return;
  }
}

/// Whether a sentence of a prompt tells the model what to do, and not something that customers may
/// ask for.
bool is_order(const std::vector<std::string>& words) {
  static const std::set<std::string, std::less<>> beginnings{
      "you",  "your", "never", "always", "do",     "dont",  "answer", "use",  "say",  "keep",
      "only", "if",   "when",  "make",   "refuse", "write", "speak",  "tell", "give", "remember",
      "must", "be",   "act",   "treat",  "follow", "avoid", "stay",   "ask",  "the",  "internal"};
  static const std::set<std::string, std::less<>> inside{
      "you", "your", "must", "instructions", "prompt", "confidential", "never", "reveal", "secret"};
  const bool has = std::any_of(words.begin(), words.end(),
                               [&](const std::string& w) { return inside.contains(w); });
  return !words.empty() && ((words.front() != "the" && words.front() != "if" &&
                             words.front() != "when" && beginnings.contains(words.front())) ||
                            has);
}

/// The paragraphs of a text, and the items of its lists.
std::vector<std::string_view> items_of(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\n')
      continue;
    const auto next = text.substr(at + 1, 2);
    if (next == "- " || next == "* " || next.starts_with('\n')) {
      out.push_back(text.substr(from, at - from));
      from = at + 1;
    }
  }
  out.push_back(text.substr(from));
  return out;
}

std::string letters_only(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      out += c;
  return out;
}

std::string lowered_id(std::string_view x) {
  std::string out{x};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool letter_of_id(char c) noexcept {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}
bool digit_of_id(char c) noexcept {
  return c >= '0' && c <= '9';
}

struct offence {
  std::size_t at = 0, size = 0;
  double score = 0;
  sign what = sign::leak;
};

/// What is wrong with a text, place by place. An offence without a size is one of the whole text.
std::vector<offence> offences_in(const std::string& text, screen_place where, const outgoing& by) {
  std::vector<offence> out;
  if (by.secret && by.secret->in(text))
    out.push_back({0, 0, 0.95, sign::leak});
  if (by.holds_key)
    for (const auto& x : readings_of(text))
      if (by.holds_key(x.text)) {
        out.push_back({0, 0, 0.95, sign::leak});
        break;
      }
  if (by.holds_key)
    for (const auto& x : decode_runs(text))
      if (by.holds_key(x.text)) {
        out.push_back({0, 0, 0.95, sign::leak});
        break;
      }
  const auto standing = [&](const std::string& x) {
    return by.known ? by.known->of(x) : known_things::standing::trusted;
  };
  using is = known_things::standing;
  const auto links = links_in(text);
  const auto ids = by.known ? by.known->ids_in(text) : std::vector<known_things::named_id>{};
  // What stands behind those that are looked at is not let through unseen.
  if (links.size() >= links_max || ids.size() >= ids_max)
    out.push_back({0, 0, 1, sign::disguise});
  for (const auto& x : links) {
    const auto known = standing(x.target);
    if (by.hosts && is_host_of(x.host, *by.hosts))
      continue;
    if (x.what == link::kind::email) {
      if (known == is::unknown)
        out.push_back({x.at, x.size, where == screen_place::actions ? 0.8 : 0.7,
                       where == screen_place::actions ? sign::exfiltration : sign::leak});
      else if (known == is::heard && where == screen_place::actions)
        out.push_back({x.at, x.size, 0.55, sign::exfiltration});
      continue;
    }
    const bool given = known == is::trusted || standing(x.host) == is::trusted;
    const double score = x.filled_in                       ? 0.85
                         : x.image && !given               ? 0.8
                         : given                           ? 0.0
                         : x.carries && known != is::heard ? 0.72
                         : known == is::heard              ? (x.carries ? 0.5 : 0.2)
                                                           : 0.55;
    if (score > 0)
      out.push_back({x.at, x.size, score, sign::exfiltration});
  }
  for (const auto& x : ids)
    if (standing(x.id) == is::unknown)
      out.push_back({x.at, x.size, 0.75, sign::leak});
  return out;
}

std::vector<std::pair<std::size_t, std::size_t>> sentences_of(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || ((text[i] == '.' || text[i] == '!' || text[i] == '?') &&
                            (i + 1 == text.size() || text[i + 1] == ' '))) {
      out.emplace_back(begin, i + 1 - begin);
      begin = i + 1;
    }
  if (begin < text.size())
    out.emplace_back(begin, text.size() - begin);
  return out;
}

} // namespace

std::string canary_of(std::string_view agent, std::string_view instructions) {
  auto h = stable_hash(std::string{agent} + "\n" + std::string{instructions} + "\ncanary");
  std::string out = "zq";
  // Consonants and vowels in turn: one word for people and tokenizers, and none of any language.
  constexpr std::string_view first = "bdfghjklmnprstvz", second = "aeiouaeiouaeioua";
  for (int i = 0; i < 7; ++i) {
    out += first[h & 15];
    out += second[h >> 4 & 15];
    h >>= 8;
  }
  return out;
}

secret_words::secret_words(std::string_view instructions, std::string_view orders,
                           std::string canary)
    : canary_(std::move(canary)) {
  learn(instructions, false);
  learn(orders, true);
}

void secret_words::learn(std::string_view text, bool all_orders) {
  // Whoever asks for a fact may be given the whole of it: only what goes on from one to the next
  // tells the instructions.
  std::unordered_set<std::uint64_t> one_fact;
  for (const auto item : items_of(text))
    each_run(plain_words(fold(item).text), any_run, [&](std::uint64_t h) {
      one_fact.insert(h);
      return true;
    });
  each_run(plain_words(fold(text).text), any_run, [&](std::uint64_t h) {
    if (!one_fact.contains(h))
      anything_.insert(h);
    return true;
  });
  for (const auto& [at, size] : sentences_of(text)) {
    const auto words = plain_words(fold(text.substr(at, size)).text);
    if (all_orders || is_order(words))
      each_run(words, order_run, [&](std::uint64_t h) {
        orders_.insert(h);
        return true;
      });
  }
}

bool secret_words::in(std::string_view text) const {
  for (const auto& x : readings_of(text)) {
    const auto letters = letters_only(x.text);
    if (!canary_.empty() &&
        (letters.find(canary_) != letters.npos ||
         letters.find(std::string{canary_.rbegin(), canary_.rend()}) != letters.npos))
      return true;
    bool found = false;
    const auto words = plain_words(x.text);
    const auto look = [&](const std::unordered_set<std::uint64_t>& in) {
      return [&](std::uint64_t h) {
        found = found || in.contains(h);
        return !found;
      };
    };
    each_run(words, order_run, look(orders_));
    if (!found)
      each_run(words, any_run, look(anything_));
    if (found)
      return true;
  }
  return false;
}

known_things::known_things(std::string customer)
    : customer_(lowered_id(customer)) {
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
        lowered_id(text.substr(i, prefix_.size())) != prefix_)
      continue;
    auto end = i + prefix_.size();
    while (end < text.size() && digit_of_id(text[end]))
      ++end;
    const auto n = end - i - prefix_.size();
    if (n + 1 >= digits_ && n <= digits_ + 1 && (end == text.size() || !letter_of_id(text[end])))
      out.push_back({i, end - i, lowered_id(text.substr(i, end - i))});
    i = end - 1;
  }
  return out;
}

verdict screen_outgoing(std::string& text, screen_place where, screen_rule rule,
                        const outgoing& by) {
  verdict out;
  if (rule.action == screen_action::allow || text.empty())
    return out;
  auto all = offences_in(text, where, by);
  strengths what;
  for (const auto& x : all) {
    out.score = std::max(out.score, x.score);
    what.raise(x.what, x.score);
  }
  out.signals = what.strongest(0.3);
  out.action = action_for(out.score, rule);
  if (out.action != screen_action::strip)
    return out;
  // The whole text is at fault: sentence by sentence, and all of it where that does not help.
  if (std::any_of(all.begin(), all.end(),
                  [&](const offence& x) { return x.size == 0 && x.score >= rule.threshold; })) {
    std::string rest;
    for (const auto& [at, size] : sentences_of(text)) {
      const auto sentence = text.substr(at, size);
      const auto wrong = offences_in(sentence, where, by);
      if (std::any_of(wrong.begin(), wrong.end(),
                      [&](const offence& x) { return x.size == 0 && x.score >= rule.threshold; })) {
        if (!rest.ends_with(withheld_mark))
          rest += (rest.empty() || rest.back() == ' ' ? "" : " ") + std::string{withheld_mark};
        ++out.parts;
      } else {
        rest += sentence;
      }
    }
    const auto still = offences_in(rest, where, by);
    if (out.parts == 0 || std::any_of(still.begin(), still.end(), [&](const offence& x) {
          return x.size == 0 && x.score >= rule.threshold;
        }))
      rest = withheld_mark;
    out.parts = std::max<std::size_t>(out.parts, 1);
    text = std::move(rest);
    all = offences_in(text, where, by);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const offence& a, const offence& b) { return a.at > b.at; });
  auto end = text.size() + 1;
  for (const auto& x : all) {
    if (x.size == 0 || x.score < rule.threshold || x.at + x.size > end)
      continue;
    text.replace(x.at, x.size, withheld_mark);
    end = x.at;
    ++out.parts;
  }
  return out;
}

namespace {

void screen_each(json& x, screen_place where, screen_rule rule, const outgoing& by, int deep,
                 verdict& out, std::string& together) {
  if (deep > deep_most) {
    out.action = rule.action;
    out.score = 1;
    out.signals = {sign::disguise};
    x = nullptr;
  } else if (x.is_string()) {
    out.take(screen_outgoing(x.get_ref<std::string&>(), where, rule, by));
    together += x.get_ref<const std::string&>();
    together += ' ';
  } else if (x.is_structured()) {
    for (auto& inner : x)
      screen_each(inner, where, rule, by, deep + 1, out, together);
  }
}

void clear_texts(json& x) {
  if (x.is_string())
    x = withheld_mark;
  else if (x.is_structured())
    for (auto& inner : x)
      clear_texts(inner);
}

} // namespace

verdict screen_outgoing(json& document, screen_place where, screen_rule rule, const outgoing& by) {
  verdict out;
  if (rule.action == screen_action::allow)
    return out;
  std::string together;
  screen_each(document, where, rule, by, 0, out, together);
  // Instructions that are told a piece at a time.
  if (by.secret && by.secret->in(together)) {
    verdict all;
    all.score = 0.95;
    all.signals = {sign::leak};
    all.action = action_for(all.score, rule);
    if (all.action == screen_action::strip) {
      clear_texts(document);
      all.parts = 1;
    }
    out.take(all);
  }
  return out;
}

} // namespace troupe::screens
