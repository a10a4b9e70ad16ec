#include "src/config/text_rules.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

constexpr std::size_t longest_name = 128;

bool is_word_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_name(std::string_view s, std::string_view also) noexcept {
  return !s.empty() && s.size() <= longest_name && is_word_character(s.front()) &&
         std::all_of(s.begin(), s.end(),
                     [&](char c) { return is_word_character(c) || also.find(c) != also.npos; });
}

bool is_label(std::string_view s) noexcept {
  const auto equals = s.find('=');
  return is_name(s.substr(0, equals), "-.") &&
         (equals == s.npos || is_name(s.substr(equals + 1), "-."));
}

bool is_path(std::string_view s) noexcept {
  for (;;) {
    const auto slash = s.find('/');
    if (!is_name(s.substr(0, slash), "-"))
      return false;
    if (slash == s.npos)
      return true;
    s.remove_prefix(slash + 1);
  }
}

bool is_pointer(std::string_view s) noexcept {
  if (!s.empty() && s.front() != '/')
    return false;
  for (std::size_t i = 0; i < s.size(); ++i)
    if (s[i] == '~' && (i + 1 == s.size() || (s[i + 1] != '0' && s[i + 1] != '1')))
      return false;
  return true;
}

bool is_fallback(std::string_view s) noexcept {
  const auto rest = [&](std::string_view word) {
    return s.starts_with(word) ? s.substr(word.size()) : "";
  };
  return is_name(rest("agent:"), "-") || is_name(rest("skill:"), "-.") ||
         is_name(rest("human:"), "-.");
}

bool has_host(std::string_view s, std::string_view scheme) noexcept {
  return s.starts_with(scheme) && s.size() > scheme.size() && s[scheme.size()] != '/';
}

bool is_url(std::string_view s) noexcept {
  return (has_host(s, "http://") || has_host(s, "https://")) &&
         std::none_of(s.begin(), s.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; });
}

} // namespace

bool follows(std::string_view text, text_rule rule) noexcept {
  switch (rule) {
  case text_rule::free:
    return true;
  case text_rule::filled:
    return !text.empty();
  case text_rule::name:
    return is_name(text, "-.");
  case text_rule::word:
    return is_name(text, "-");
  case text_rule::path:
    return is_path(text);
  case text_rule::pointer:
    return is_pointer(text);
  case text_rule::fallback:
    return is_fallback(text);
  case text_rule::unclear:
    return is_name(text, "-.") || (text.starts_with("human:") && is_name(text.substr(6), "-."));
  case text_rule::url:
    return is_url(text);
  case text_rule::header:
    return std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7F; });
  case text_rule::label:
    return is_label(text);
  }
  return false;
}

std::string_view explain(text_rule rule) noexcept {
  switch (rule) {
  case text_rule::free:
    return "text";
  case text_rule::filled:
    return "text that is not empty";
  case text_rule::name:
    return "a name of letters, digits, _, - and ., at most 128 of them";
  case text_rule::word:
    return "a name of letters, digits, _ and -, at most 128 of them";
  case text_rule::path:
    return "the path of a domain, like support or support/refunds";
  case text_rule::pointer:
    return "a JSON pointer, like /data/amount";
  case text_rule::fallback:
    return "agent:NAME, skill:NAME or human:QUEUE";
  case text_rule::unclear:
    return "a skill, or human:QUEUE";
  case text_rule::url:
    return "an http:// or https:// URL";
  case text_rule::header:
    return "a header value on one line";
  case text_rule::label:
    return "NAME or NAME=VALUE, both of letters, digits, _, - and .";
  }
  return "text";
}

std::string_view pattern_of(text_rule rule) noexcept {
  switch (rule) {
  case text_rule::free:
    return "";
  case text_rule::filled:
    return "^[\\s\\S]";
  case text_rule::name:
    return "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$";
  case text_rule::word:
    return "^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$";
  case text_rule::path:
    return "^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9_-]{0,127})*$";
  case text_rule::pointer:
    return "^(/([^/~]|~[01])*)*$";
  case text_rule::fallback:
    return "^(agent:[A-Za-z0-9_][A-Za-z0-9_-]{0,127}|(skill|human):[A-Za-z0-9_][A-Za-z0-9_.-]{0,"
           "127})$";
  case text_rule::unclear:
    return "^(human:)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$";
  case text_rule::url:
    return "^https?://[^/\\x00-\\x20\\x7f][^\\x00-\\x20\\x7f]*$";
  case text_rule::header:
    return "^[^\\x00-\\x08\\x0a-\\x1f\\x7f]*$";
  case text_rule::label:
    return "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(=[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$";
  }
  return "";
}

} // namespace troupe::config
