#include "src/config/values.hpp"

#include "src/config/report.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace troupe::config {

namespace {

bool all_digits(std::string_view s) {
  return !s.empty() && s.find_first_not_of("0123456789") == s.npos;
}

// The core schema's integers: decimal with a sign, 0x and 0o without one.
template <class Int>
std::optional<Int> parse_integer(std::string_view s) {
  int base = 10;
  if (s.starts_with("0x") || s.starts_with("0o")) {
    base = s[1] == 'x' ? 16 : 8;
    s.remove_prefix(2);
  } else if (s.starts_with('+') && all_digits(s.substr(1))) {
    s.remove_prefix(1);
  }
  if (base != 10 && s.starts_with('-'))
    return std::nullopt;
  Int value{};
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value, base);
  if (s.empty() || error != std::errc{} || end != s.data() + s.size())
    return std::nullopt;
  return value;
}

// The core schema's numbers: digits with an optional point and exponent, and .inf and .nan.
std::optional<double> parse_number(std::string_view s) {
  const auto body = s.starts_with('+') || s.starts_with('-') ? s.substr(1) : s;
  if (body == ".inf" || body == ".Inf" || body == ".INF")
    return std::numeric_limits<double>::infinity();
  if (s == ".nan" || s == ".NaN" || s == ".NAN")
    return std::numeric_limits<double>::quiet_NaN();
  if (body.find_first_not_of("0123456789.eE+-") != body.npos ||
      body.find_first_of("0123456789") == body.npos)
    return std::nullopt;
  if (const auto whole = parse_integer<std::int64_t>(s))
    return static_cast<double>(*whole);
  if (s.starts_with('+'))
    s.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (end != s.data() + s.size() || error == std::errc::invalid_argument)
    return std::nullopt;
  return error == std::errc{} ? value : std::numeric_limits<double>::infinity();
}

std::optional<bool> parse_truth(std::string_view s) {
  if (s == "true" || s == "True" || s == "TRUE")
    return true;
  if (s == "false" || s == "False" || s == "FALSE")
    return false;
  return std::nullopt;
}

bool is_null_word(std::string_view s) {
  return s == "null" || s == "Null" || s == "NULL" || s == "~";
}

// Whether the scalar may be taken for something else than text.
bool is_plain(const yaml_node& node) {
  return node.is_scalar() && !node.unusable && (!node.quoted || node.from_environment);
}

bool reads_as_text(std::string_view s) {
  return !is_null_word(s) && !parse_truth(s) && !parse_number(s) &&
         !parse_integer<std::uint64_t>(s);
}

} // namespace

std::optional<std::string> as_text(const yaml_node& node) {
  if (!node.is_scalar() || node.unusable)
    return std::nullopt;
  if (node.quoted || node.from_environment || reads_as_text(node.text))
    return node.text;
  return std::nullopt;
}

std::optional<bool> as_truth(const yaml_node& node) {
  return is_plain(node) ? parse_truth(node.text) : std::nullopt;
}

std::optional<std::int64_t> as_integer(const yaml_node& node) {
  return is_plain(node) ? parse_integer<std::int64_t>(node.text) : std::nullopt;
}

std::optional<double> as_number(const yaml_node& node) {
  const auto value = is_plain(node) ? parse_number(node.text) : std::nullopt;
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<milliseconds> as_duration(const yaml_node& node) {
  const auto text = as_text(node);
  if (!text)
    return std::nullopt;
  const auto digits = std::min(text->find_first_not_of("0123456789"), text->size());
  const auto number = std::string_view{*text}.substr(0, digits);
  const auto unit = std::string_view{*text}.substr(digits);
  if (number.empty() || number.size() > 9)
    return std::nullopt;
  const auto n = *parse_integer<std::int64_t>(number);
  if (unit == "ms")
    return milliseconds{n};
  if (unit == "s")
    return milliseconds{n * 1000};
  if (unit == "m")
    return milliseconds{n * 60 * 1000};
  if (unit == "h")
    return milliseconds{n * 60 * 60 * 1000};
  if (unit == "d")
    return milliseconds{n * 24 * 60 * 60 * 1000};
  return std::nullopt;
}

std::optional<std::int64_t> as_size(const yaml_node& node) {
  if (const auto bytes = as_integer(node))
    return bytes;
  const auto text = as_text(node);
  if (!text)
    return std::nullopt;
  const auto digits = std::min(text->find_first_not_of("0123456789"), text->size());
  const auto number = std::string_view{*text}.substr(0, digits);
  const auto unit = std::string_view{*text}.substr(digits);
  if (number.empty() || number.size() > 9)
    return std::nullopt;
  const auto n = *parse_integer<std::int64_t>(number);
  if (unit == "B")
    return n;
  if (unit == "KiB")
    return n << 10;
  if (unit == "MiB")
    return n << 20;
  if (unit == "GiB")
    return n << 30;
  return std::nullopt;
}

std::optional<json> as_json(const yaml_node& node) {
  switch (node.kind) {
  case yaml_kind::null:
    return json{};
  case yaml_kind::list:
  case yaml_kind::map: {
    auto out = node.is_list() ? json::array() : json::object();
    for (const auto& child : node.children) {
      auto value = as_json(*child);
      if (!value)
        return std::nullopt;
      if (node.is_list())
        out.push_back(std::move(*value));
      else
        out[child->key] = std::move(*value);
    }
    return out;
  }
  case yaml_kind::scalar:
    break;
  }
  if (node.quoted)
    return json(node.text);
  if (is_null_word(node.text))
    return json{};
  if (const auto truth = parse_truth(node.text))
    return json(*truth);
  if (const auto whole = parse_integer<std::int64_t>(node.text))
    return json(*whole);
  if (const auto large = parse_integer<std::uint64_t>(node.text))
    return json(*large);
  if (const auto number = parse_number(node.text))
    return std::isfinite(*number) ? std::optional<json>{*number} : std::nullopt;
  return json(node.text);
}

std::string describe(const yaml_node& node) {
  switch (node.kind) {
  case yaml_kind::null:
    return "nothing";
  case yaml_kind::list:
    return "a list";
  case yaml_kind::map:
    return "a map";
  case yaml_kind::scalar:
    break;
  }
  return report::quoted(node);
}

} // namespace troupe::config
