#include "src/text/sanitize.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>
#include <utility>

namespace troupe::text {

namespace {

using cleaner = std::function<std::size_t(std::string&)>;

constexpr std::array<std::string_view, 4> names_built_in{"control_characters", "html_tags",
                                                         "card_numbers", "credentials"};

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

/// Runs of 13 to 19 digits whose sum is right; a longer run of digits is something else.
cleaner cards() {
  return
      [what = compiled(R"((?:^|[^0-9])((?:[0-9][ -]?){12,18}[0-9])(?:[^0-9]|$))")](std::string& x) {
        std::size_t n = 0;
        std::size_t from = 0;
        re2::StringPiece hit[2];
        while (from <= x.size() && what->Match(x, from, x.size(), RE2::UNANCHORED, hit, 2)) {
          const auto at = static_cast<std::size_t>(hit[1].data() - x.data());
          const auto size = hit[1].size();
          std::string digits;
          for (const char c : hit[1])
            if (c >= '0' && c <= '9')
              digits += c;
          constexpr std::string_view mask = "[card number]";
          if (luhn(digits)) {
            x.replace(at, size, mask);
            from = at + mask.size();
            ++n;
          } else {
            from = at + 1;
            while (from < x.size() && x[from] >= '0' && x[from] <= '9')
              ++from;
          }
        }
        return n;
      };
}

cleaner made_in(std::string_view name) {
  if (name == "control_characters")
    return replacing(
        "[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x7F\\x{200B}-\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-"
        "\\x{2064}\\x{2066}-\\x{2069}\\x{FEFF}]",
        "");
  if (name == "html_tags")
    return until_nothing_is_left(
        one_after_the_other({replacing(R"((?is)<!--.*?-->)", ""),
                             replacing(R"((?is)<script\b[^>]*>.*?</script\s*>)", ""),
                             replacing(R"((?is)<style\b[^>]*>.*?</style\s*>)", ""),
                             replacing(R"((?s)</?[A-Za-z!?][^<>]*>)", "")}));
  if (name == "card_numbers")
    return cards();
  if (name == "credentials")
    return one_after_the_other(
        {replacing(
             R"((?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))",
             "[credential]"),
         replacing(
             R"(\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|sk-[A-Za-z0-9_-]{16,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*))",
             "[credential]"),
         replacing(R"((?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,})", "\\1[credential]"),
         replacing(
             R"((?i)\b((?:password|passwd|pwd|secret|api[_-]?key|access[_-]?token)\s*[=:]\s*)[^\s,;"'\[]{4,})",
             "\\1[credential]")});
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
