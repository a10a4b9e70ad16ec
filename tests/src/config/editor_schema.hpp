#pragma once

#include "src/config/shape.hpp"
#include "src/config/text_rules.hpp"

#include <troupe/json.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <string>

// The JSON Schemas (draft-07) for editors, and the tables of the reference, made from the loader's
// own tables of keys.
namespace troupe::config::test {

inline json number_of(double x) {
  if (std::floor(x) == x && std::abs(x) < 1e15)
    return static_cast<std::int64_t>(x);
  return x;
}

/// What stands for a value that is not known before the environment is.
inline json variable_schema() {
  return {{"type", "string"}, {"pattern", "\\$\\{env:[^}]*\\}"}};
}

inline json or_variable(json schema) {
  return {{"anyOf", json::array({std::move(schema), variable_schema()})}};
}

class schema_maker {
 public:
  json whole(const record& keys, std::string_view file) {
    auto out = object_of(keys);
    out["$schema"] = "http://json-schema.org/draft-07/schema#";
    out["title"] = file;
    out["description"] = keys.about;
    if (!definitions_.empty())
      out["definitions"] = definitions_;
    return out;
  }

 private:
  json of(const shape& s) {
    switch (s.kind) {
    case value_kind::text: {
      json text{{"type", "string"}};
      if (pattern_of(s.rule).empty())
        return text;
      text["pattern"] = pattern_of(s.rule);
      return or_variable(text);
    }
    case value_kind::word:
      return or_variable({{"enum", s.words}});
    case value_kind::truth:
      return or_variable(s.least == 1 ? json{{"const", true}} : json{{"type", "boolean"}});
    case value_kind::integer:
    case value_kind::number: {
      json number{{"type", s.kind == value_kind::integer ? "integer" : "number"}};
      if (s.most < std::numeric_limits<double>::max()) {
        number["minimum"] = number_of(s.least);
        number["maximum"] = number_of(s.most);
      }
      return or_variable(number);
    }
    case value_kind::duration:
      return or_variable({{"type", "string"}, {"pattern", "^[0-9]{1,9}(ms|s|m|h|d)$"}});
    case value_kind::size: {
      auto out = or_variable({{"type", "string"}, {"pattern", "^[0-9]{1,9}(B|KiB|MiB|GiB)$"}});
      out["anyOf"].push_back(
          {{"type", "integer"}, {"minimum", number_of(s.least)}, {"maximum", number_of(s.most)}});
      return out;
    }
    case value_kind::any:
      return json::object();
    case value_kind::object:
      return {{"type", "object"}};
    case value_kind::list: {
      json list{{"type", "array"}, {"items", of(*s.item)}};
      if (s.least > 0)
        list["minItems"] = number_of(s.least);
      return list;
    }
    case value_kind::map: {
      json map{{"type", "object"}, {"additionalProperties", of(*s.item)}};
      if (const auto pattern = pattern_of(s.rule); !pattern.empty())
        map["propertyNames"] = {{"pattern", pattern}};
      return map;
    }
    case value_kind::fields: {
      auto map = reference_to(s.keys());
      return s.short_form ? json{{"anyOf", json::array({of(*s.short_form), map})}} : map;
    }
    }
    return json{};
  }

  json reference_to(const record& keys) {
    auto& name = names_[&keys];
    if (name.empty()) {
      name = std::string{keys.name};
      for (auto& c : name)
        if (c == ' ')
          c = '_';
      definitions_[name] = json::object(); // A plan leads back to itself: the place is taken first.
      auto made = object_of(keys);
      made["description"] = keys.about;
      definitions_[name] = std::move(made);
    }
    return {{"$ref", "#/definitions/" + name}};
  }

  json object_of(const record& keys) {
    json out{{"type", "object"}, {"additionalProperties", false}, {"properties", json::object()}};
    for (const auto& f : keys.fields) {
      auto made = of(f.of);
      // Beside a $ref, draft-07 ignores everything.
      if (made.contains("$ref"))
        made = {{"allOf", json::array({made})}};
      made["description"] =
          std::string{f.meaning} +
          (f.standard.empty() ? "" : " (default: " + std::string{f.standard} + ")");
      out["properties"][std::string{f.name}] = std::move(made);
      if (f.required)
        out["required"].push_back(f.name);
    }
    for (auto key : keys.exactly_one)
      out["oneOf"].push_back({{"required", json::array({key})}});
    for (auto key : keys.at_least_one)
      out["anyOf"].push_back({{"required", json::array({key})}});
    for (std::size_t i = 0; i < keys.variants.size(); ++i)
      out["allOf"].push_back(variant_of(keys, i));
    return out;
  }

  static json variant_of(const record& keys, std::size_t i) {
    const auto& v = keys.variants[i];
    json then{{"required", v.required}, {"properties", json::object()}};
    for (const auto& other : keys.variants)
      if (other.word != v.word)
        then["properties"][std::string{other.word}] = false;
    json chosen{{"properties", {{std::string{keys.selector}, {{"const", v.word}}}}}};
    if (i > 0)
      chosen["required"] =
          json::array({keys.selector}); // The first one also holds when nothing is chosen.
    return {{"if", chosen}, {"then", then}};
  }

  std::map<const record*, std::string> names_;
  json definitions_ = json::object();
};

inline json editor_schema(const record& keys, std::string_view file) {
  return schema_maker{}.whole(keys, file);
}

/// Every record that can be reached from `keys`, each once, in the order of their first use.
inline void collect(const record& keys, std::vector<const record*>& out);

inline void collect(const shape& s, std::vector<const record*>& out) {
  if (s.item)
    collect(*s.item, out);
  if (s.kind == value_kind::fields)
    collect(s.keys(), out);
}

inline void collect(const record& keys, std::vector<const record*>& out) {
  if (std::find(out.begin(), out.end(), &keys) != out.end())
    return;
  out.push_back(&keys);
  for (const auto& f : keys.fields)
    collect(f.of, out);
}

} // namespace troupe::config::test
