#include "src/text/sanitize.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace troupe::text {

namespace {

using cleaner = std::function<std::size_t(std::string&)>;

constexpr std::array<std::string_view, 4> names_built_in{"control_characters", "html_tags",
                                                         "card_numbers", "credentials"};

/// What stands before something that is secret, as group 1.
constexpr std::string_view secret_name =
    R"re((?i)((?:password|passwd|pwd|secret|api[_-]?key|access[_-]?(?:token|key))["']?\s*[=:]\s*))re";

std::shared_ptr<const RE2> compiled(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto out = std::make_shared<const RE2>(pattern, options);
  if (!out->ok())
    throw std::runtime_error{"pattern '" + pattern + "': " + out->error()};
  return out;
}

cleaner replacing(const std::string& pattern, std::string with) {
  return [what = compiled(pattern), with = std::move(with)](std::string& x) {
    return static_cast<std::size_t>(RE2::GlobalReplace(&x, *what, with));
  };
}

cleaner one_after_the_other(std::vector<cleaner> all) {
  return [all = std::move(all)](std::string& x) {
    std::size_t n = 0;
    for (const auto& f : all)
      n += f(x);
    return n;
  };
}

/// Removing a tag may join what stands around it to another: `<scr<b>ipt>`.
cleaner until_nothing_is_left(cleaner once) {
  return [once = std::move(once)](std::string& x) {
    std::size_t n = 0;
    constexpr int passes = 8;
    for (int i = 0; i < passes; ++i) {
      const auto more = once(x);
      n += more;
      if (more == 0)
        return n;
    }
    // Whoever nests deeper than that does not write text.
    x.erase(std::remove(x.begin(), x.end(), '<'), x.end());
    return n;
  };
}

/// Digits without anything between them: from `begin` to before `end`.
struct digit_group {
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}

/// How many bytes what may stand between the groups of a card number has at `at`; 0: it is
/// something else.
std::size_t gap_at(std::string_view x, std::size_t at) {
  constexpr std::array<std::string_view, 5> gaps{" ", "-", "\u00A0", "\u202F", "\u2011"};
  for (const auto gap : gaps)
    if (x.substr(at).starts_with(gap))
      return gap.size();
  return 0;
}

/// The groups of digits from `at` on that stand in a row.
std::vector<digit_group> groups_from(std::string_view x, std::size_t at) {
  std::vector<digit_group> out;
  while (at < x.size() && is_decimal(x[at])) {
    auto end = at;
    while (end < x.size() && is_decimal(x[end]))
      ++end;
    out.push_back({at, end});
    at = end + gap_at(x, end);
  }
  return out;
}

/// How many groups at the beginning of `row` are a card number; 0: they begin none. What follows a
/// card in the same row, such as its last month or its check value, is not taken for its end: all
/// that may be one is tried, the longest first. Only of what begins with four digits or more, or
/// every list of small numbers would hold one by chance.
std::size_t card_in(std::string_view x, std::span<const digit_group> row) {
  constexpr std::size_t fewest = 13;
  constexpr std::size_t most = 19;
  constexpr std::size_t first_group = 4;
  std::string digits;
  std::vector<std::pair<std::size_t, std::size_t>> ends; // groups, and digits in them
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto size = row[i].end - row[i].begin;
    if (digits.size() + size > most)
      break;
    digits += x.substr(row[i].begin, size);
    if (digits.size() >= fewest)
      ends.emplace_back(i + 1, digits.size());
  }
  if (ends.size() > 1 && row.front().end - row.front().begin < first_group)
    ends.erase(ends.begin(), ends.end() - 1);
  for (auto end = ends.rbegin(); end != ends.rend(); ++end)
    if (luhn(std::string_view{digits}.substr(0, end->second)))
      return end->first;
  return 0;
}

/// Runs of 13 to 19 digits whose sum is right; a longer run of digits is something else.
std::size_t take_cards_out(std::string& x) {
  constexpr std::string_view mask = "[card number]";
  std::size_t n = 0;
  std::size_t copied = 0;
  std::string out;
  for (std::size_t at = 0; at < x.size();) {
    if (!is_decimal(x[at])) {
      ++at;
      continue;
    }
    const auto row = groups_from(x, at);
    for (std::size_t i = 0; i < row.size();) {
      const auto groups = card_in(x, std::span{row}.subspan(i));
      if (groups > 0) {
        out.append(x, copied, row[i].begin - copied).append(mask);
        copied = row[i + groups - 1].end;
        ++n;
      }
      i += std::max<std::size_t>(groups, 1);
    }
    at = row.back().end;
  }
  if (n > 0)
    x = out.append(x, copied);
  return n;
}

cleaner made_in(std::string_view name) {
  if (name == "control_characters")
    return replacing(
        "[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x7F\\x{200B}-\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-"
        "\\x{2064}\\x{2066}-\\x{2069}\\x{FEFF}]",
        "");
  if (name == "html_tags")
    return one_after_the_other({until_nothing_is_left(one_after_the_other(
                                    {replacing(R"((?is)<!--.*?-->)", ""),
                                     replacing(R"((?is)<script\b[^>]*>.*?</script\s*>)", ""),
                                     replacing(R"((?is)<style\b[^>]*>.*?</style\s*>)", ""),
                                     replacing(R"((?s)</?[A-Za-z!?][^<>]*>)", "")})),
                                // What has no end here may find one behind the text, where it is
                                // put. A blank keeps it from being a tag, and `x<y` readable.
                                replacing(R"(<(/?[A-Za-z!?]))", "< \\1")});
  if (name == "card_numbers")
    return take_cards_out;
  if (name == "credentials")
    return one_after_the_other(
        {replacing(
             R"((?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))",
             "[credential]"),
         replacing(
             R"(\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|sk-[A-Za-z0-9_-]{16,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*))",
             "[credential]"),
         replacing(
             R"re((?i)\b(bearer\s+|authorization["']?\s*[=:]\s*["']?basic\s+)[A-Za-z0-9._~+/=-]{8,})re",
             "\\1[credential]"),
         // Also as JSON, YAML and variables of the environment say it: within quotes, and behind a
         // word, as in DB_PASSWORD.
         replacing(std::string{secret_name} + R"re("[^"\n]{4,}("))re", "\\1\"[credential]\\2"),
         replacing(std::string{secret_name} + R"re('[^'\n]{4,}('))re", "\\1'[credential]\\2"),
         replacing(std::string{secret_name} + R"re([^\s,;"'\[]{4,})re", "\\1[credential]")});
  return nullptr;
}

} // namespace

struct sanitizer::rules {
  std::vector<std::pair<std::string, cleaner>> all;
};

sanitizer::sanitizer(std::span<const std::string> names, std::span<const sanitize_rule> declared) {
  auto out = std::make_shared<rules>();
  for (const auto& name : names) {
    const auto own = std::find_if(declared.begin(), declared.end(),
                                  [&](const sanitize_rule& r) { return r.name == name; });
    auto use = own != declared.end() ? replacing(own->pattern, own->replacement) : made_in(name);
    if (!use)
      throw std::runtime_error{"there is no sanitizing rule '" + name + "'"};
    out->all.emplace_back(name, std::move(use));
  }
  rules_ = std::move(out);
}

void sanitizer::apply(std::string& x, taken_out& taken) const {
  if (x.empty())
    return;
  for (const auto& [name, clean] : rules_->all)
    if (const auto n = clean(x); n > 0)
      taken[name] += n;
}

void sanitizer::apply(json& x, taken_out& taken) const {
  if (x.is_string())
    apply(x.get_ref<std::string&>(), taken);
  else if (x.is_structured())
    for (auto& inner : x)
      apply(inner, taken);
}

std::span<const std::string_view> sanitizer::built_in() noexcept {
  return names_built_in;
}

std::string sanitizer::problem_of(const sanitize_rule& rule) {
  if (rule.pattern.size() > pattern_max)
    return "the pattern is longer than " + std::to_string(pattern_max) + " bytes";
  try {
    const auto what = compiled(rule.pattern);
    std::string why;
    if (!what->CheckRewriteString(rule.replacement, &why))
      return why;
    if (RE2::FullMatch("", *what))
      return "the pattern matches nothing at all, so it would match everywhere";
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return {};
}

bool luhn(std::string_view digits) noexcept {
  int sum = 0;
  bool twice = false;
  for (auto i = digits.rbegin(); i != digits.rend(); ++i) {
    int d = *i - '0';
    if (twice && (d *= 2) > 9)
      d -= 9;
    sum += d;
    twice = !twice;
  }
  return !digits.empty() && sum % 10 == 0;
}

} // namespace troupe::text
