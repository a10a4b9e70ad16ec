#include "src/telemetry/secret_forms.hpp"

#include <algorithm>
#include <string_view>

namespace troupe {

namespace {

std::string in_json(const std::string& secret, bool ascii) {
  const auto text = json(secret).dump(-1, ' ', ascii, json::error_handler_t::replace);
  return text.substr(1, text.size() - 2);
}

/// `\u00E9` for `\u00e9`: both are written.
std::string with_capital_digits(std::string text) {
  for (std::size_t i = 0; i + 1 < text.size(); i += text[i] == '\\' ? 2 : 1)
    if (text[i] == '\\' && text[i + 1] == 'u')
      for (auto at = i + 2; at < std::min(i + 6, text.size()); ++at)
        text[at] = static_cast<char>(text[at] >= 'a' ? text[at] - 'a' + 'A' : text[at]);
  return text;
}

std::string with_backslash_before(std::string_view marked, const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (marked.find(c) != marked.npos)
      out += '\\';
    out += c;
  }
  return out;
}

/// As `repr` shows it: between single quotes, unless only those are in the text.
std::string in_python(const std::string& secret) {
  const bool both = secret.find('\'') != std::string::npos && secret.find('"') != std::string::npos;
  std::string out;
  for (const char c : with_backslash_before(both ? "\\'" : "\\", secret)) {
    constexpr std::string_view controls = "\n\r\t", letters = "nrt";
    if (const auto at = controls.find(c); at != controls.npos)
      (out += '\\') += letters[at];
    else
      out += c;
  }
  return out;
}

} // namespace

std::vector<std::string> quoted_forms(const std::string& secret) {
  const auto kept = in_json(secret, false), ascii = in_json(secret, true);
  // Some writers of JSON escape the slash as well.
  return {kept,
          ascii,
          with_capital_digits(ascii),
          with_backslash_before("/", kept),
          with_backslash_before("/", ascii),
          in_python(secret),
          with_backslash_before("\\", secret)};
}

std::optional<json> as_number(const std::string& secret) {
  auto value = json::parse(secret, nullptr, false);
  return value.is_number() ? std::optional{std::move(value)} : std::nullopt;
}

} // namespace troupe
