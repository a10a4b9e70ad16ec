#pragma once

#include "src/config/yaml_tree.hpp"

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

// What a node says, or nothing when it says something else. Plain scalars mean what the core schema
// of YAML 1.2 gives them. Text in quotes is text only, unless variables were filled into it: flow
// collections need the quotes then.
namespace troupe::config {

[[nodiscard]] std::optional<std::string> as_text(const yaml_node&);
[[nodiscard]] std::optional<bool> as_truth(const yaml_node&);
[[nodiscard]] std::optional<std::int64_t> as_integer(const yaml_node&);
[[nodiscard]] std::optional<double> as_number(const yaml_node&); ///< finite
/// `250ms`, `30s`, `2m`, `24h`, `30d`: a whole number of at most nine digits and a unit.
[[nodiscard]] std::optional<milliseconds> as_duration(const yaml_node&);
/// In bytes: `64KiB`, `1MiB`, `1GiB`, `100B` or just a number.
[[nodiscard]] std::optional<std::int64_t> as_size(const yaml_node&);

template <named_enum E>
[[nodiscard]] std::optional<E> as_word(const yaml_node& node) {
  const auto text = as_text(node);
  return text ? parse_enum<E>(*text) : std::nullopt;
}

/// The node as JSON; nothing when it holds a number that is not finite.
[[nodiscard]] std::optional<json> as_json(const yaml_node&);

/// "a map", "a list", "nothing", or the scalar in quotes: for "must be ..., not ...".
[[nodiscard]] std::string describe(const yaml_node&);

} // namespace troupe::config
