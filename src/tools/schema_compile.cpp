#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string_view>
#include <unordered_map>

#include "src/tools/json_schema.hpp"
#include "src/tools/schema_node.hpp"

namespace troupe::tools {
namespace {

using nlohmann::json;
using subschema = schema_node::child;

// More schemas than this in one document is no schema anybody wrote.
constexpr std::size_t nodes_max = 10'000;

class compiler {
 public:
  explicit compiler(const json& document)
      : document_{document} {}

  schema_tree run() {
    tree_.root = node(document_, "");
    // A reference may lead to a place no keyword leads to, and what is there may hold references
    // again.
    for (std::size_t i = 0; i < references_.size(); ++i) {
      const auto [from, target] = references_[i];
      from->ref = resolve(*from, target);
    }
    check_chains(tree_);
    return std::move(tree_);
  }

 private:
  [[noreturn]] static void fail(const std::string& where, const std::string& reason) {
    throw schema_invalid{where, reason};
  }

  subschema node(const json& schema, const std::string& where) {
    if (const auto known = by_place_.find(where); known != by_place_.end())
      return known->second;
    if (tree_.nodes.size() >= nodes_max)
      fail(where, "there are more than " + std::to_string(nodes_max) + " schemas in this one");
    auto& made = tree_.nodes.emplace_back();
    by_place_.emplace(where, &made);
    made.where = where;
    if (schema.is_boolean()) {
      made.always = schema.get<bool>();
      return &made;
    }
    if (!schema.is_object())
      fail(where, "a schema is an object, true or false");
    const bool reference = schema.contains("$ref");
    for (const auto& [key, value] : schema.items())
      keyword(made, key, value, where + pointer_step(key), reference);
    return &made;
  }

  void keyword(schema_node& made, const std::string& key, const json& value,
               const std::string& where, bool reference) {
    using handler = void (compiler::*)(schema_node&, const json&, const std::string&);
    static const std::unordered_map<std::string_view, handler> meanings{
        {"type", &compiler::type},
        {"const", &compiler::constant},
        {"enum", &compiler::options},
        {"multipleOf", &compiler::multiple_of},
        {"pattern", &compiler::pattern},
        {"required", &compiler::required},
        {"items", &compiler::items},
        {"properties", &compiler::properties},
        {"patternProperties", &compiler::pattern_properties},
        {"dependencies", &compiler::dependencies},
        {"uniqueItems", &compiler::unique_items},
        {"minimum", &compiler::bound<&schema_node::minimum>},
        {"maximum", &compiler::bound<&schema_node::maximum>},
        {"exclusiveMinimum", &compiler::bound<&schema_node::exclusive_minimum>},
        {"exclusiveMaximum", &compiler::bound<&schema_node::exclusive_maximum>},
        {"minLength", &compiler::size<&schema_node::min_length>},
        {"maxLength", &compiler::size<&schema_node::max_length>},
        {"minItems", &compiler::size<&schema_node::min_items>},
        {"maxItems", &compiler::size<&schema_node::max_items>},
        {"minProperties", &compiler::size<&schema_node::min_properties>},
        {"maxProperties", &compiler::size<&schema_node::max_properties>},
        {"additionalItems", &compiler::single<&schema_node::additional_items>},
        {"contains", &compiler::single<&schema_node::contains>},
        {"additionalProperties", &compiler::single<&schema_node::additional_properties>},
        {"propertyNames", &compiler::single<&schema_node::property_names>},
        {"not", &compiler::single<&schema_node::negated>},
        {"if", &compiler::single<&schema_node::condition>},
        {"then", &compiler::single<&schema_node::consequence>},
        {"else", &compiler::single<&schema_node::alternative>},
        {"allOf", &compiler::several<&schema_node::all_of>},
        {"anyOf", &compiler::several<&schema_node::any_of>},
        {"oneOf", &compiler::several<&schema_node::one_of>},
    };
    // What says something to a reader and nothing to a validator. 'format' is among them, as draft
    // 7 allows.
    static const std::set<std::string_view> notes{
        "title",     "description", "default", "examples",        "$comment",        "readOnly",
        "writeOnly", "deprecated",  "format",  "contentEncoding", "contentMediaType"};
    if (notes.contains(key))
      return;
    if (key == "definitions" || key == "$defs")
      return definitions(value, where);
    if (key == "$schema" || key == "$id") {
      if (made.where.empty() && value.is_string())
        return;
      fail(where, "'" + key + "' must be a string, and stands at the root of a schema only");
    }
    if (key == "$ref") {
      if (!value.is_string())
        fail(where, "'$ref' must be a string");
      references_.emplace_back(&made, value.get<std::string>());
      return;
    }
    const auto meaning = meanings.find(key);
    if (meaning == meanings.end())
      fail(where, "the keyword '" + key + "' is not known");
    if (reference)
      fail(where, "'" + key + "' has no effect beside '$ref'; put both into an 'allOf'");
    (this->*meaning->second)(made, value, where);
  }

  void type(schema_node& made, const json& value, const std::string& where) {
    static const std::unordered_map<std::string_view, unsigned> names{
        {"null", type_null},     {"boolean", type_boolean}, {"integer", type_integer},
        {"number", type_number}, {"string", type_string},   {"array", type_array},
        {"object", type_object}};
    const auto add = [&](const json& name, const std::string& at) {
      const auto found =
          name.is_string() ? names.find(name.get_ref<const std::string&>()) : names.end();
      if (found == names.end())
        fail(at, "this is not the name of a JSON type");
      made.types |= found->second;
    };
    if (!value.is_array())
      return add(value, where);
    if (value.empty())
      fail(where, "no type is named");
    for (std::size_t i = 0; i < value.size(); ++i)
      add(value[i], where + pointer_step(std::to_string(i)));
  }

  void constant(schema_node& made, const json& value, const std::string&) { made.constant = value; }

  void options(schema_node& made, const json& value, const std::string& where) {
    if (!value.is_array() || value.empty())
      fail(where, "'enum' must be an array with at least one value");
    made.options.emplace(value.begin(), value.end());
  }

  template <auto Member>
  void bound(schema_node& made, const json& value, const std::string& where) {
    made.*Member = number(value, where);
  }

  static long double number(const json& value, const std::string& where) {
    if (!value.is_number())
      fail(where, "this must be a number");
    return value.get<long double>();
  }

  void multiple_of(schema_node& made, const json& value, const std::string& where) {
    if (number(value, where) <= 0)
      fail(where, "this must be greater than 0");
    made.multiple_of = value;
  }

  template <auto Member>
  void size(schema_node& made, const json& value, const std::string& where) {
    if (!value.is_number_unsigned() &&
        !(value.is_number_integer() && value.get<std::int64_t>() >= 0))
      fail(where, "this must be a whole number, 0 or more");
    made.*Member = value.get<std::size_t>();
  }

  void unique_items(schema_node& made, const json& value, const std::string& where) {
    if (!value.is_boolean())
      fail(where, "this must be true or false");
    made.unique_items = value.get<bool>();
  }

  static schema_pattern make_pattern(const std::string& text, const std::string& where) {
    try {
      return schema_pattern{text};
    } catch (const std::invalid_argument& e) {
      fail(where, e.what());
    }
  }

  void pattern(schema_node& made, const json& value, const std::string& where) {
    if (!value.is_string())
      fail(where, "this must be a string");
    made.pattern = make_pattern(value.get<std::string>(), where);
  }

  static std::vector<std::string> names(const json& value, const std::string& where) {
    std::vector<std::string> result;
    if (!value.is_array() ||
        !std::all_of(value.begin(), value.end(), [](const json& one) { return one.is_string(); }))
      fail(where, "this must be an array of strings");
    return value.get<std::vector<std::string>>();
  }

  void required(schema_node& made, const json& value, const std::string& where) {
    made.required = names(value, where);
  }

  template <auto Member>
  void single(schema_node& made, const json& value, const std::string& where) {
    made.*Member = node(value, where);
  }

  template <auto Member>
  void several(schema_node& made, const json& value, const std::string& where) {
    made.*Member = list(value, where);
    if ((made.*Member).empty())
      fail(where, "this must be an array with at least one schema");
  }

  std::vector<subschema> list(const json& value, const std::string& where) {
    std::vector<subschema> result;
    if (!value.is_array())
      fail(where, "this must be an array of schemas");
    for (std::size_t i = 0; i < value.size(); ++i)
      result.push_back(node(value[i], where + pointer_step(std::to_string(i))));
    return result;
  }

  void items(schema_node& made, const json& value, const std::string& where) {
    if (value.is_array())
      made.tuple = list(value, where);
    else
      made.items = node(value, where);
  }

  static void need_object(const json& value, const std::string& where) {
    if (!value.is_object())
      fail(where, "this must be an object with a schema for each name");
  }

  void definitions(const json& value, const std::string& where) {
    need_object(value, where);
    for (const auto& [name, schema] : value.items())
      node(schema, where + pointer_step(name));
  }

  void properties(schema_node& made, const json& value, const std::string& where) {
    need_object(value, where);
    for (const auto& [name, schema] : value.items())
      made.properties.emplace(name, node(schema, where + pointer_step(name)));
  }

  void pattern_properties(schema_node& made, const json& value, const std::string& where) {
    need_object(value, where);
    for (const auto& [text, schema] : value.items()) {
      const auto at = where + pointer_step(text);
      made.pattern_properties.emplace_back(make_pattern(text, at), node(schema, at));
    }
  }

  void dependencies(schema_node& made, const json& value, const std::string& where) {
    need_object(value, where);
    for (const auto& [name, needed] : value.items()) {
      const auto at = where + pointer_step(name);
      if (needed.is_array())
        made.dependent_required.emplace_back(name, names(needed, at));
      else
        made.dependent_schemas.emplace_back(name, node(needed, at));
    }
  }

  subschema resolve(const schema_node& from, const std::string& target) {
    const auto where = from.where + "/$ref";
    if (!target.starts_with('#'))
      fail(where, "'" + target +
                      "' is outside this schema; only references that start with # are followed");
    const auto pointer = target.substr(1);
    if (pointer.find('%') != std::string::npos || (!pointer.empty() && pointer.front() != '/'))
      fail(where, "'" + target + "' is not a plain JSON pointer");
    try {
      return node(document_.at(json::json_pointer{pointer}), pointer);
    } catch (const json::exception&) {
      fail(where, "'" + target + "' leads nowhere");
    }
  }

  const json& document_;
  schema_tree tree_;
  std::unordered_map<std::string, schema_node*> by_place_;
  std::vector<std::pair<schema_node*, std::string>> references_;
};

} // namespace

schema_tree compile_schema(const json& schema) {
  if (nested_deeper_than(schema, json_schema::depth_max))
    throw schema_invalid{"", "the schema is nested more than " +
                                 std::to_string(json_schema::depth_max) + " deep"};
  return compiler{schema}.run();
}

} // namespace troupe::tools
