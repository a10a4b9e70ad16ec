#pragma once

#include "tests/src/config/editor_schema.hpp"

#include <algorithm>
#include <string>
#include <vector>

// The tables of docs/reference/configuration.md.
namespace troupe::config::test {

inline std::string time_of(double ms) {
  static constexpr std::pair<double, const char*> units[] = {
      {86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}};
  for (const auto& [length, unit] : units)
    if (ms >= length && std::fmod(ms, length) == 0)
      return number_of(ms / length).dump() + unit;
  return number_of(ms).dump() + "ms";
}

inline std::string size_of(double bytes) {
  static constexpr std::pair<double, const char*> units[] = {{1 << 20, "MiB"}, {1 << 10, "KiB"}};
  for (const auto& [length, unit] : units)
    if (bytes >= length && std::fmod(bytes, length) == 0)
      return number_of(bytes / length).dump() + unit;
  return number_of(bytes).dump() + "B";
}

inline std::string link_to(std::string_view section) {
  std::string anchor{section};
  std::replace(anchor.begin(), anchor.end(), ' ', '-');
  return "[" + std::string{section} + "](#" + anchor + ")";
}

inline std::string type_of(const shape& s) {
  const auto range = [&] { return number_of(s.least).dump() + " to " + number_of(s.most).dump(); };
  switch (s.kind) {
  case value_kind::text:
    switch (s.rule) {
    case text_rule::free:
    case text_rule::filled:
      return "text";
    case text_rule::name:
    case text_rule::word:
      return "name";
    default:
      return std::string{explain(s.rule)};
    }
  case value_kind::word: {
    std::string out;
    for (auto word : s.words)
      out += (out.empty() ? "`" : ", `") + std::string{word} + "`";
    return out;
  }
  case value_kind::truth:
    return s.least == 1 ? "`true`" : "`true`, `false`";
  case value_kind::integer:
    return "whole number, " + range();
  case value_kind::number:
    return s.most < std::numeric_limits<double>::max() ? "number, " + range() : "number";
  case value_kind::duration:
    return "duration, " + time_of(s.least) + " to " + time_of(s.most);
  case value_kind::size:
    return "size, " + size_of(s.least) + " to " + size_of(s.most);
  case value_kind::any:
    return "anything";
  case value_kind::object:
    return "map of anything";
  case value_kind::list:
    return (s.least > 0 ? "list, not empty: " : "list: ") + type_of(*s.item);
  case value_kind::map:
    return "map: " + type_of(*s.item);
  case value_kind::fields:
    return (s.short_form ? type_of(*s.short_form) + ", or " : "") + link_to(s.keys().name);
  }
  return "";
}

/// The section about one map.
inline std::string section_about(const record& keys) {
  std::string out = "### " + std::string{keys.name} + "\n\n" + std::string{keys.about} + "\n";
  const auto list = [](const std::vector<std::string_view>& words) {
    std::string text;
    for (auto w : words)
      text += (text.empty() ? "`" : ", `") + std::string{w} + "`";
    return text;
  };
  if (!keys.exactly_one.empty())
    out += "\nExactly one of " + list(keys.exactly_one) + " is required.\n";
  if (!keys.at_least_one.empty())
    out += "\nAt least one of " + list(keys.at_least_one) + " is required.\n";
  out += "\n| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const auto& f : keys.fields)
    out += "| `" + std::string{f.name} + "` | " + type_of(f.of) + " | " +
           (f.required ? "**required**" : std::string{f.standard}) + " | " +
           std::string{f.meaning} + " |\n";
  return out + "\n";
}

/// Everything about the three files, in one piece.
inline std::string reference_tables() {
  std::vector<const record*> all;
  for (const auto* file : {&fleet_keys(), &domain_keys(), &agent_keys()})
    collect(*file, all);
  std::string out;
  for (const auto* keys : all)
    out += section_about(*keys);
  return out;
}

} // namespace troupe::config::test
