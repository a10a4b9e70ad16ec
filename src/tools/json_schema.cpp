#include "src/tools/json_schema.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "src/tools/schema_node.hpp"
#include "src/tools/schema_values.hpp"

namespace troupe::tools {
namespace {

using nlohmann::json;
using subschema = schema_node::child;

// How many times a schema may be held against a value before the document is given up: combinations
// of references can make the work grow exponentially with the depth of the document.
constexpr long steps_max = 400'000;
// How far schemas may be nested in each other while one document is checked; a bound for the stack.
constexpr int nesting_max = 1024;

/// Where in the document we are: a chain on the stack, written out only when there is an error to
/// tell.
struct place {
  const place* up = nullptr;
  std::string_view key;
  std::size_t index = 0;
  bool is_index = false;

  std::string pointer() const {
    if (up == nullptr)
      return {};
    return up->pointer() + pointer_step(is_index ? std::to_string(index) : std::string{key});
  }
};

class evaluation {
 public:
  using errors = std::vector<schema_error>;

  bool gave_up() const { return steps_ < 0 || too_nested_; }

  /// Whether the value fits. Without a list it returns at the first thing that does not; with one
  /// it collects them all.
  bool fits(const schema_node& schema, const json& value, const place& at, errors* found) {
    if (--steps_ < 0 || nesting_ >= nesting_max) {
      too_nested_ = too_nested_ || nesting_ >= nesting_max;
      return false;
    }
    ++nesting_;
    const bool good = fits_here(schema, value, at, found);
    --nesting_;
    return good;
  }

 private:
  /// The verdict on one value by one schema, as it builds up.
  struct verdict {
    const place& at;
    errors* found;
    bool good = true;

    /// False once there is no point in looking further.
    bool open() const {
      return good || (found != nullptr && found->size() < json_schema::errors_max);
    }
    /// The message is only made when somebody wants it: most alternatives of a combination fail
    /// unheard.
    template <class Message>
    void fail(const char* keyword, const Message& message) {
      good = false;
      if (found == nullptr || found->size() >= json_schema::errors_max)
        return;
      if constexpr (std::is_invocable_v<Message>)
        found->push_back({at.pointer(), keyword, message()});
      else
        found->push_back({at.pointer(), keyword, message});
    }
    /// Something inside failed, and has told so itself.
    void fail_inside(bool fitted) { good = good && fitted; }
  };

  bool fits_here(const schema_node& schema, const json& value, const place& at, errors* found) {
    verdict result{at, found};
    if (schema.always) {
      if (!*schema.always)
        result.fail("false", "nothing is allowed here");
      return result.good;
    }
    if (schema.ref != nullptr)
      return fits(*schema.ref, value, at, found);
    const auto types = types_of(value);
    if (schema.types != 0 && (schema.types & types) == 0) {
      result.fail("type", "must be " + type_names(schema.types) + ", is " +
                              type_names(types & ~unsigned{type_integer}));
      return false; // What else could be said about it would only confuse.
    }
    any_value(schema, value, result);
    if (value.is_number())
      number(schema, value, result);
    else if (value.is_string())
      text(schema, value.get_ref<const std::string&>(), result);
    else if (value.is_array())
      array(schema, value, result);
    else if (value.is_object())
      object(schema, value, result);
    if (result.open())
      combinations(schema, value, result);
    return result.good;
  }

  void any_value(const schema_node& schema, const json& value, verdict& result) {
    if (schema.constant && *schema.constant != value)
      result.fail("const", [&] { return "must be " + shown(*schema.constant); });
    if (schema.options) {
      steps_ -= static_cast<long>(schema.options->size() / 16);
      if (std::find(schema.options->begin(), schema.options->end(), value) == schema.options->end())
        result.fail("enum", [&] { return "must be one of " + shown(*schema.options); });
    }
  }

  void number(const schema_node& schema, const json& value, verdict& result) {
    const auto exact = value.get<long double>();
    const auto limit = [&](const std::optional<long double>& bound, auto holds, const char* keyword,
                           const char* what) {
      if (bound && !holds(exact, *bound))
        result.fail(keyword, [&] { return what + shown(*bound); });
    };
    limit(schema.minimum, std::greater_equal<>{}, "minimum", "must be at least ");
    limit(schema.maximum, std::less_equal<>{}, "maximum", "must be at most ");
    limit(schema.exclusive_minimum, std::greater<>{}, "exclusiveMinimum", "must be greater than ");
    limit(schema.exclusive_maximum, std::less<>{}, "exclusiveMaximum", "must be less than ");
    if (schema.multiple_of && !is_multiple(value, *schema.multiple_of))
      result.fail("multipleOf", "must be a multiple of " + shown(*schema.multiple_of));
  }

  static void count(const std::optional<std::size_t>& least, const std::optional<std::size_t>& most,
                    std::size_t is, const char* what, const char* fewer, const char* more,
                    verdict& result) {
    if (least && is < *least)
      result.fail(fewer, "must have at least " + std::to_string(*least) + what + ", has " +
                             std::to_string(is));
    if (most && is > *most)
      result.fail(more, "must have at most " + std::to_string(*most) + what + ", has " +
                            std::to_string(is));
  }

  void text(const schema_node& schema, const std::string& value, verdict& result) {
    if (schema.min_length || schema.max_length)
      count(schema.min_length, schema.max_length, code_points(value), " characters", "minLength",
            "maxLength", result);
    if (schema.pattern && matches(*schema.pattern, value, result) == match::no)
      result.fail("pattern", "must match the pattern " + schema.pattern->text());
  }

  enum class match { yes, no, not_tried };
  match matches(const schema_pattern& pattern, const std::string& value, verdict& result) {
    if (value.size() > json_schema::pattern_subject_max_bytes) {
      result.fail("limit", "is longer than " +
                               std::to_string(json_schema::pattern_subject_max_bytes) +
                               " bytes, too long to be held against the pattern " + pattern.text());
      return match::not_tried;
    }
    // In the worst case every byte visits every state of the pattern.
    steps_ -= static_cast<long>(value.size() * pattern.states() / 64);
    return steps_ >= 0 && pattern.found_in(value) ? match::yes : match::no;
  }

  void array(const schema_node& schema, const json& value, verdict& result) {
    count(schema.min_items, schema.max_items, value.size(), " elements", "minItems", "maxItems",
          result);
    if (schema.unique_items && !all_different(value, steps_))
      result.fail("uniqueItems", "must not have the same element twice");
    for (std::size_t i = 0; i < value.size() && result.open() && !gave_up(); ++i) {
      subschema wanted = schema.items;
      if (schema.tuple)
        wanted = i < schema.tuple->size() ? (*schema.tuple)[i] : schema.additional_items;
      if (wanted != nullptr)
        result.fail_inside(fits(*wanted, value[i], place{&result.at, {}, i, true}, result.found));
    }
    if (schema.contains != nullptr &&
        std::none_of(value.begin(), value.end(), [&](const json& element) {
          return fits(*schema.contains, element, result.at, nullptr);
        }))
      result.fail("contains", "must have an element that fits 'contains'");
  }

  void object(const schema_node& schema, const json& value, verdict& result) {
    count(schema.min_properties, schema.max_properties, value.size(), " properties",
          "minProperties", "maxProperties", result);
    steps_ -= static_cast<long>(schema.required.size() / 16);
    for (const auto& name : schema.required)
      if (!value.contains(name))
        result.fail("required", "must have the property '" + name + "'");
    for (const auto& [name, needed] : schema.dependent_required)
      if (value.contains(name))
        for (const auto& other : needed)
          if (!value.contains(other))
            result.fail("dependencies",
                        "must have the property '" + other + "', as it has '" + name + "'");
    for (const auto& [name, dependent] : schema.dependent_schemas)
      if (value.contains(name))
        result.fail_inside(fits(*dependent, value, result.at, result.found));
    for (auto at = value.begin(); at != value.end() && result.open() && !gave_up(); ++at)
      property(schema, at.key(), at.value(), result);
  }

  void property(const schema_node& schema, const std::string& name, const json& value,
                verdict& result) {
    const place here{&result.at, name, 0, false};
    verdict own{here, result.found};
    if (schema.property_names != nullptr &&
        !fits(*schema.property_names, json(name), here, nullptr))
      own.fail("propertyNames", "is no name that a property may have here");
    bool named = false;
    if (const auto known = schema.properties.find(name); known != schema.properties.end()) {
      named = true;
      own.fail_inside(fits(*known->second, value, here, own.found));
    }
    for (const auto& [pattern, wanted] : schema.pattern_properties) {
      const auto matched = matches(pattern, name, own);
      named = named || matched != match::no;
      if (matched == match::yes)
        own.fail_inside(fits(*wanted, value, here, own.found));
    }
    if (!named && schema.additional_properties != nullptr) {
      if (schema.additional_properties->always == false)
        own.fail("additionalProperties", "is not a property that is known here");
      else
        own.fail_inside(fits(*schema.additional_properties, value, here, own.found));
    }
    result.fail_inside(own.good);
  }

  void combinations(const schema_node& schema, const json& value, verdict& result) {
    for (const auto part : schema.all_of)
      if (result.open())
        result.fail_inside(fits(*part, value, result.at, result.found));
    if (!schema.any_of.empty())
      any_of(schema.any_of, value, result);
    if (!schema.one_of.empty()) {
      const auto fitting =
          std::count_if(schema.one_of.begin(), schema.one_of.end(),
                        [&](subschema part) { return fits(*part, value, result.at, nullptr); });
      if (fitting == 0)
        none_fits("oneOf", schema.one_of, value, result);
      else if (fitting > 1)
        result.fail("oneOf",
                    "must fit exactly one alternative, but fits " + std::to_string(fitting));
    }
    if (schema.negated != nullptr && fits(*schema.negated, value, result.at, nullptr))
      result.fail("not", "must not fit what 'not' describes");
    if (schema.condition != nullptr) {
      const bool holds = fits(*schema.condition, value, result.at, nullptr);
      if (const subschema then = holds ? schema.consequence : schema.alternative; then != nullptr)
        result.fail_inside(fits(*then, value, result.at, result.found));
    }
  }

  void any_of(const std::vector<subschema>& parts, const json& value, verdict& result) {
    if (std::none_of(parts.begin(), parts.end(),
                     [&](subschema part) { return fits(*part, value, result.at, nullptr); }))
      none_fits("anyOf", parts, value, result);
  }

  /// Says what is wrong with the alternative that fits best: the one whose errors lie deepest.
  void none_fits(const char* keyword, const std::vector<subschema>& parts, const json& value,
                 verdict& result) {
    result.good = false;
    if (result.found == nullptr)
      return;
    schema_error best;
    for (const auto part : parts) {
      errors theirs;
      fits(*part, value, result.at, &theirs);
      for (auto& one : theirs)
        if (best.message.empty() || one.pointer.size() > best.pointer.size())
          best = std::move(one);
    }
    const auto count = std::to_string(parts.size());
    // Without a single error the work ran out on the way here, which is told as such in the end.
    if (best.message.empty())
      return result.fail(keyword, "fits none of the " + count + " alternatives");
    const auto inside = best.pointer.substr(result.at.pointer().size());
    result.fail(keyword, "fits none of the " + count + " alternatives; the nearest: " + inside +
                             (inside.empty() ? "" : " ") + best.message);
  }

  long steps_ = steps_max;
  int nesting_ = 0;
  bool too_nested_ = false;
};

} // namespace

schema_invalid::schema_invalid(std::string where, const std::string& reason)
    : std::runtime_error{"schema at '" + where + "': " + reason}
    , pointer_{std::move(where)} {}

struct json_schema::compiled {
  schema_tree tree;
};

json_schema::json_schema(std::shared_ptr<const compiled> made)
    : compiled_{std::move(made)} {}

json_schema json_schema::compile(const json& schema) {
  return json_schema{std::make_shared<const compiled>(compiled{compile_schema(schema)})};
}

std::vector<schema_error> json_schema::validate(const json& document) const {
  if (nested_deeper_than(document, depth_max))
    return {{"", "limit", "is nested more than " + std::to_string(depth_max) + " deep"}};
  evaluation run;
  std::vector<schema_error> errors;
  const bool good = run.fits(*compiled_->tree.root, document, place{}, &errors);
  if (run.gave_up())
    return {{"", "limit", "is too complex to be checked against this schema"}};
  if (!good && errors.empty())
    return {{"", "schema", "does not fit the schema"}};
  return errors;
}

} // namespace troupe::tools
