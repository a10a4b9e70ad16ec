#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "src/tools/schema_pattern.hpp"

namespace troupe::tools {

/// The JSON types as bits of a set.
enum schema_type : unsigned {
  type_null = 1,
  type_boolean = 2,
  type_integer = 4, ///< A number without a fraction, 1.0 too.
  type_number = 8,
  type_string = 16,
  type_array = 32,
  type_object = 64
};

/// One schema, checked and taken apart. An absent keyword is an empty optional, pointer or list.
/// Nodes point at one another and may form circles, though never one that stays on the same value.
struct schema_node {
  using child = const schema_node*;

  std::string where;          ///< JSON pointer to it, in the schema.
  std::optional<bool> always; ///< A schema that is just true or false.
  child ref = nullptr;        ///< With a reference nothing else below counts.

  unsigned types = 0; ///< 0 is any.
  std::optional<nlohmann::json> constant;
  std::optional<std::vector<nlohmann::json>> options;

  // Numbers. 80 bits hold every 64-bit integer and every double exactly.
  std::optional<long double> minimum, maximum, exclusive_minimum, exclusive_maximum;
  std::optional<nlohmann::json> multiple_of;

  std::optional<std::size_t> min_length, max_length; ///< In code points.
  std::optional<schema_pattern> pattern;

  std::optional<std::size_t> min_items, max_items;
  bool unique_items = false;
  child items = nullptr;                   ///< For every element,
  std::optional<std::vector<child>> tuple; ///< or one for each of the first elements,
  child additional_items = nullptr;        ///< and then for those after these.
  child contains = nullptr;

  std::optional<std::size_t> min_properties, max_properties;
  std::vector<std::string> required;
  std::map<std::string, child, std::less<>> properties;
  std::vector<std::pair<schema_pattern, child>> pattern_properties;
  child additional_properties = nullptr;
  child property_names = nullptr;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  std::vector<std::pair<std::string, child>> dependent_schemas;

  std::vector<child> all_of, any_of, one_of;
  child negated = nullptr;
  child condition = nullptr, consequence = nullptr, alternative = nullptr;
};

/// A whole schema. Never changes once compiled.
struct schema_tree {
  std::deque<schema_node> nodes; ///< A deque, as the nodes must not move.
  const schema_node* root = nullptr;
};

/// Whether a value has an array or object more than `levels` deep in it.
bool nested_deeper_than(const nlohmann::json& value, std::size_t levels);

/// One step of a JSON pointer, escaped, with its slash.
std::string pointer_step(std::string_view key);

/// Refuses a tree in which references and combinations lead in a circle without getting any deeper
/// into the document, or are chained absurdly far. Throws schema_invalid.
void check_chains(const schema_tree& tree);

/// Takes a schema apart. Throws schema_invalid.
schema_tree compile_schema(const nlohmann::json& schema);

} // namespace troupe::tools
