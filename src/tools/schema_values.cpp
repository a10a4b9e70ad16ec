#include "src/tools/schema_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <unordered_map>
#include <utility>

#include "src/tools/schema_node.hpp"

#include <troupe/json.hpp>

namespace troupe::tools {
namespace {

using nlohmann::json;

/// Equal values have equal hashes, integers and floating-point numbers of the same value included.
/// Counts every value it looks at.
std::size_t hash_of(const json& value, long& steps) {
  --steps;
  const auto mix = [](std::size_t seed, std::size_t more) {
    return (seed ^ more) * std::size_t{0x9e3779b97f4a7c15} + (seed >> 7);
  };
  if (value.is_number())
    return std::hash<double>{}(value.get<double>());
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    steps -= static_cast<long>(text.size() / 64);
    return std::hash<std::string>{}(text);
  }
  std::size_t seed = value.is_array() ? 1 : 2;
  if (value.is_array())
    for (const auto& inner : value)
      seed = mix(seed, hash_of(inner, steps));
  else if (value.is_object())
    for (const auto& [key, inner] : value.items())
      seed = mix(mix(seed, std::hash<std::string>{}(key)), hash_of(inner, steps));
  else if (value.is_boolean())
    seed = value.get<bool>() ? 4 : 3;
  return seed;
}

std::uint64_t magnitude(const json& integer) {
  if (integer.is_number_unsigned())
    return integer.get<std::uint64_t>();
  const auto value = integer.get<std::int64_t>();
  return value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                   : static_cast<std::uint64_t>(value);
}

} // namespace

unsigned types_of(const json& value) {
  switch (value.type()) {
  case json::value_t::null:
    return type_null;
  case json::value_t::boolean:
    return type_boolean;
  case json::value_t::number_integer:
  case json::value_t::number_unsigned:
    return type_integer | type_number;
  case json::value_t::number_float: {
    const auto number = value.get<double>();
    return std::isfinite(number) && number == std::trunc(number) ? type_integer | type_number
                                                                 : type_number;
  }
  case json::value_t::string:
    return type_string;
  case json::value_t::array:
    return type_array;
  case json::value_t::object:
    return type_object;
  case json::value_t::binary:
  case json::value_t::discarded:
    break;
  }
  return 0; // Nothing that JSON text can hold.
}

std::string type_names(unsigned types) {
  constexpr std::array<std::pair<unsigned, const char*>, 7> names{{{type_string, "string"},
                                                                   {type_integer, "integer"},
                                                                   {type_number, "number"},
                                                                   {type_boolean, "boolean"},
                                                                   {type_array, "array"},
                                                                   {type_object, "object"},
                                                                   {type_null, "null"}}};
  std::string result;
  for (const auto& [bit, name] : names)
    if (types & bit)
      result += (result.empty() ? "" : " or ") + std::string{name};
  return result;
}

bool is_multiple(const json& value, const json& of) {
  if (value.is_number_integer() && of.is_number_integer())
    return magnitude(value) % magnitude(of) == 0;
  const auto number = value.get<double>();
  const auto divisor = of.get<double>();
  const auto quotient = number / divisor;
  if (!std::isfinite(quotient))
    return std::fmod(number, divisor) == 0;
  const auto tolerance =
      4 * std::numeric_limits<double>::epsilon() * std::max(1.0, std::abs(quotient));
  return std::abs(quotient - std::round(quotient)) <= tolerance;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool all_different(const json& array, long& steps) {
  std::unordered_multimap<std::size_t, const json*> seen;
  for (const auto& element : array) {
    const auto hash = hash_of(element, steps);
    const auto [from, to] = seen.equal_range(hash);
    for (auto at = from; at != to; ++at) {
      // Values that only share a hash are rare, unless somebody has made them: hence they count.
      if (--steps < 0)
        return true;
      if (*at->second == element)
        return false;
    }
    seen.emplace(hash, &element);
  }
  return true;
}

std::string shown(const json& value) {
  constexpr std::size_t most = 80;
  if (value.is_structured() && value.size() > most)
    return value.is_array() ? "a long array" : "a large object";
  if (value.is_string() && value.get_ref<const std::string&>().size() > 4 * most)
    return "a long string";
  auto text = troupe::as_text(value);
  if (text.size() <= most)
    return text;
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end; // Not inside a character.
  return text.substr(0, end) + "...";
}

std::string shown(long double number) {
  constexpr long double exact = 1LL << 53;
  if (number == std::trunc(number) && std::abs(number) <= exact)
    return std::to_string(static_cast<long long>(number));
  return json(static_cast<double>(number)).dump();
}

} // namespace troupe::tools
