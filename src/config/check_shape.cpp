#include "src/config/check_shape.hpp"

#include "src/config/text.hpp"
#include "src/config/text_rules.hpp"
#include "src/config/values.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::config {

namespace {

void check_keys(const yaml_node& node, const record& keys, report& problems);

void refuse(const yaml_node& node, const std::string& wanted, report& problems) {
  problems.error(node, "must be " + wanted + ", not " + describe(node));
}

std::string plain_number(double x) {
  if (std::floor(x) == x && std::abs(x) < 1e15)
    return std::to_string(static_cast<std::int64_t>(x));
  return json(x).dump();
}

std::string range_of(const shape& s) {
  return "from " + plain_number(s.least) + " to " + plain_number(s.most);
}

std::string shown_duration(double ms) {
  static constexpr std::pair<double, const char*> units[] = {
      {86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}};
  for (const auto& [length, unit] : units)
    if (ms >= length && std::fmod(ms, length) == 0)
      return plain_number(ms / length) + unit;
  return plain_number(ms) + "ms";
}

std::string shown_size(double bytes) {
  static constexpr std::pair<double, const char*> units[] = {{1 << 20, "MiB"}, {1 << 10, "KiB"}};
  for (const auto& [length, unit] : units)
    if (bytes >= length && std::fmod(bytes, length) == 0)
      return plain_number(bytes / length) + unit;
  return plain_number(bytes) + "B";
}

bool within(double x, const shape& s) {
  return x >= s.least && x <= s.most;
}

void check_text(const yaml_node& node, const shape& expected, report& problems) {
  const auto text = as_text(node);
  if (!text && node.is_scalar())
    problems.error(node, "must be text, not " + describe(node) + "; put it in quotes");
  else if (!text || !follows(*text, expected.rule))
    refuse(node, std::string{explain(expected.rule)}, problems);
}

void check_word(const yaml_node& node, const shape& expected, report& problems) {
  const auto text = as_text(node);
  if (text &&
      std::find(expected.words.begin(), expected.words.end(), *text) != expected.words.end())
    return;
  if (!node.is_scalar())
    return refuse(node, "one of " + comma_list(expected.words), problems);
  problems.error(node, report::quoted(node) + " is not one of " + comma_list(expected.words) +
                           problems.did_you_mean(node, node.text, expected.words));
}

void check_amount(const yaml_node& node, const shape& s, report& problems) {
  switch (s.kind) {
  case value_kind::integer:
    if (const auto x = as_integer(node); !x || !within(static_cast<double>(*x), s))
      refuse(node, "a whole number " + range_of(s), problems);
    return;
  case value_kind::number:
    if (const auto x = as_number(node); !x || !within(*x, s))
      refuse(node, s.most < 1e300 ? "a number " + range_of(s) : "a number", problems);
    return;
  case value_kind::duration:
    if (const auto x = as_duration(node); !x)
      refuse(node, "a duration like 250ms, 30s, 2m, 24h or 30d", problems);
    else if (!within(static_cast<double>(x->count()), s))
      refuse(node, "a duration from " + shown_duration(s.least) + " to " + shown_duration(s.most),
             problems);
    return;
  default:
    if (const auto x = as_size(node); !x)
      refuse(node, "a size like 64KiB, 1MiB or a number of bytes", problems);
    else if (!within(static_cast<double>(*x), s))
      refuse(node, "a size from " + shown_size(s.least) + " to " + shown_size(s.most), problems);
  }
}

void check_list(const yaml_node& node, const shape& expected, report& problems) {
  if (!node.is_list())
    return refuse(node, "a list", problems);
  if (node.children.size() < static_cast<std::size_t>(expected.least))
    problems.error(node, "must not be empty");
  for (const auto& child : node.children)
    check_shape(*child, *expected.item, problems);
}

void check_map(const yaml_node& node, const shape& expected, report& problems) {
  if (!node.is_map())
    return refuse(node, "a map", problems);
  for (const auto& child : node.children) {
    if (!follows(child->key, expected.rule))
      problems.error(*child, "its key must be " + std::string{explain(expected.rule)});
    check_shape(*child, *expected.item, problems);
  }
}

std::vector<const yaml_node*> present(const yaml_node& node,
                                      const std::vector<std::string_view>& keys) {
  std::vector<const yaml_node*> out;
  for (const auto& child : node.children)
    if (std::find(keys.begin(), keys.end(), child->key) != keys.end())
      out.push_back(child.get());
  return out;
}

void check_groups(const yaml_node& node, const record& keys, report& problems) {
  if (!keys.exactly_one.empty()) {
    const auto there = present(node, keys.exactly_one);
    if (there.empty())
      problems.error(node, "needs one of " + comma_list(keys.exactly_one));
    for (std::size_t i = 1; i < there.size(); ++i)
      problems.error(*there[i], "cannot stand beside " + in_quotes(there[0]->key) +
                                    ": only one of " + comma_list(keys.exactly_one));
  }
  if (!keys.at_least_one.empty() && present(node, keys.at_least_one).empty())
    problems.error(node, "needs at least one of " + comma_list(keys.at_least_one));
}

void check_variant(const yaml_node& node, const record& keys, report& problems) {
  if (keys.variants.empty())
    return;
  const auto* chooser = node.find(keys.selector);
  const auto word =
      chooser ? as_text(*chooser) : std::optional<std::string>{keys.variants.front().word};
  const auto chosen = std::find_if(keys.variants.begin(), keys.variants.end(),
                                   [&](const variant& v) { return word && v.word == *word; });
  if (chosen == keys.variants.end())
    return; // The word itself is reported already.
  const auto because = std::string{keys.selector} +
                       (chooser ? " is " : " is not given and therefore ") +
                       in_quotes(chosen->word);
  for (auto key : chosen->required)
    if (!node.find(key))
      problems.missing(node, key, "is missing; it is required because " + because);
  for (const auto& other : keys.variants)
    if (const auto* block = node.find(other.word); block && other.word != chosen->word)
      problems.error(*block, "does not belong here, because " + because);
}

void check_fields(const yaml_node& node, const shape& expected, report& problems) {
  if (!node.is_map()) {
    if (!expected.short_form)
      return refuse(node, "a map", problems);
    if (expected.short_form->kind == value_kind::list && !node.is_list())
      return refuse(node, "a list or a map", problems);
    return check_shape(node, *expected.short_form, problems);
  }
  check_keys(node, expected.keys(), problems);
}

void check_keys(const yaml_node& node, const record& keys, report& problems) {
  std::vector<std::string_view> known;
  for (const auto& f : keys.fields)
    known.push_back(f.name);
  for (const auto& child : node.children) {
    if (const auto* f = keys.find(child->key)) {
      check_shape(*child, f->of, problems);
      continue;
    }
    const auto near = nearest(child->key, known);
    problems.error(*child, near.empty()
                               ? "is not a known key; known here: " + comma_list(known)
                               : "is not a known key; did you mean " + in_quotes(near) + "?");
  }
  for (const auto& f : keys.fields)
    if (f.required && !node.find(f.name))
      problems.missing(node, f.name, "is missing");
  check_groups(node, keys, problems);
  check_variant(node, keys, problems);
}

} // namespace

void check_shape(const yaml_node& node, const shape& expected, report& problems) {
  if (node.unusable)
    return;
  switch (expected.kind) {
  case value_kind::text:
    return check_text(node, expected, problems);
  case value_kind::word:
    return check_word(node, expected, problems);
  case value_kind::truth:
    if (const auto x = as_truth(node); !x || (expected.least == 1 && !*x))
      refuse(node, expected.least == 1 ? "true" : "true or false", problems);
    return;
  case value_kind::integer:
  case value_kind::number:
  case value_kind::duration:
  case value_kind::size:
    return check_amount(node, expected, problems);
  case value_kind::object:
    if (!node.is_map())
      return refuse(node, "a map", problems);
    [[fallthrough]];
  case value_kind::any:
    if (!as_json(node))
      problems.error(node, "holds a number that is not finite");
    return;
  case value_kind::list:
    return check_list(node, expected, problems);
  case value_kind::map:
    return check_map(node, expected, problems);
  case value_kind::fields:
    return check_fields(node, expected, problems);
  }
}

void check_file(const yaml_node& root, const record& keys, report& problems) {
  if (!root.is_map()) {
    problems.error(root, "the file must hold a map");
    return;
  }
  check_keys(root, keys, problems);
}

} // namespace troupe::config
