#include "policies/rules.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace troupe {

namespace {

constexpr std::size_t max_phrases = 1000;
constexpr std::size_t max_phrase_bytes = 200;
constexpr std::size_t max_data_depth = 32;

[[noreturn]] void refuse(const std::string& place, const std::string& why) {
  throw std::invalid_argument{place.empty() ? why : place + ": " + why};
}

std::string below(const std::string& place, std::string_view member) {
  return place.empty() ? std::string{member} : place + "." + std::string{member};
}

std::string item(const std::string& place, std::size_t i) {
  return place + "[" + std::to_string(i) + "]";
}

void check_members(const json& object, const std::string& place,
                   std::initializer_list<std::string_view> allowed) {
  if (!object.is_object())
    refuse(place, "must be an object");
  for (const auto& [key, value] : object.items()) {
    if (std::find(allowed.begin(), allowed.end(), key) != allowed.end())
      continue;
    std::string all;
    for (auto word : allowed)
      all += (all.empty() ? "" : ", ") + std::string{word};
    refuse(below(place, key), "is not known here; known are " + all);
  }
}

std::string read_text(const json& from, const std::string& place) {
  if (!from.is_string())
    refuse(place, "must be a text");
  return from.get<std::string>();
}

text_template read_template(const json& from, const std::string& place) {
  try {
    return text_template{read_text(from, place)};
  } catch (const std::invalid_argument& problem) {
    if (!from.is_string())
      throw;
    refuse(place, problem.what());
  }
}

json_template read_data(const json& from, const std::string& place, std::size_t depth) {
  if (depth > max_data_depth)
    refuse(place, "is nested too deeply");
  json_template out;
  if (from.is_object()) {
    out.is = json_template::shape::object;
    for (const auto& [key, value] : from.items())
      out.members.emplace(key, read_data(value, below(place, key), depth + 1));
  } else if (from.is_array()) {
    out.is = json_template::shape::array;
    for (std::size_t i = 0; i < from.size(); ++i)
      out.elements.push_back(read_data(from[i], item(place, i), depth + 1));
  } else if (from.is_string()) {
    out.is = json_template::shape::text;
    out.text = read_template(from, place);
  } else {
    out.value = from;
  }
  return out;
}

std::vector<std::string> read_phrases(const json& from, const std::string& place) {
  if (!from.is_array() || from.size() > max_phrases)
    refuse(place, "must be a list of at most " + std::to_string(max_phrases) + " words or phrases");
  std::vector<std::string> out;
  for (std::size_t i = 0; i < from.size(); ++i) {
    // YAML reads a bare 2024 as a number; as a word to look for it is as good as quoted.
    const auto text =
        from[i].is_number_integer() ? from[i].dump() : read_text(from[i], item(place, i));
    auto words = spaced_words(text);
    if (words.size() <= 1 || words.size() > max_phrase_bytes)
      refuse(item(place, i), "must hold at least one word and at most " +
                                 std::to_string(max_phrase_bytes) + " bytes");
    out.push_back(std::move(words));
  }
  return out;
}

condition read_condition(const json& from, const std::string& place) {
  check_members(from, place, {"pointer", "exists", "equals", "at_least", "at_most", "one_of"});
  if (!from.contains("pointer"))
    refuse(place, "needs a pointer");
  condition out;
  out.pointer = read_text(from["pointer"], below(place, "pointer"));
  try {
    (void)json::json_pointer{out.pointer};
  } catch (const json::exception&) {
    refuse(below(place, "pointer"), "must be a JSON pointer such as /context/tier");
  }
  if (from.size() != 2)
    refuse(place, "needs exactly one of " + words_of<gate_test>());
  for (const auto& [key, value] : from.items()) {
    const auto test = parse_enum<gate_test>(key);
    if (!test)
      continue;
    out.test = *test;
    if (out.test != gate_test::exists)
      out.value = value;
    const auto where = below(place, key);
    if (out.test == gate_test::exists && value != true)
      refuse(where, "must be true");
    if ((out.test == gate_test::at_least || out.test == gate_test::at_most) && !value.is_number())
      refuse(where, "must be a number");
    if (out.test == gate_test::one_of && !value.is_array())
      refuse(where, "must be a list");
  }
  return out;
}

rule_answer read_answer(const json& from, const std::string& place) {
  rule_answer out;
  if (const auto hit = from.find("text"); hit != from.end())
    out.text = read_template(*hit, below(place, "text"));
  if (const auto hit = from.find("data"); hit != from.end()) {
    if (!hit->is_object())
      refuse(below(place, "data"), "must be an object");
    out.data = read_data(*hit, below(place, "data"), 1);
  }
  if (!out.text && !out.data)
    refuse(place, "needs a text or data to answer");
  if (const auto hit = from.find("confidence"); hit != from.end()) {
    if (!hit->is_number() || !(hit->get<double>() >= 0 && hit->get<double>() <= 1))
      refuse(below(place, "confidence"), "must be a number from 0 to 1");
    out.confidence = hit->get<double>();
  }
  return out;
}

rule read_rule(const json& from, const std::string& place) {
  check_members(from, place, {"skill", "any", "all", "when", "text", "data", "confidence"});
  rule out;
  if (const auto hit = from.find("skill"); hit != from.end())
    out.skill = read_text(*hit, below(place, "skill"));
  if (const auto hit = from.find("any"); hit != from.end())
    out.any = read_phrases(*hit, below(place, "any"));
  if (const auto hit = from.find("all"); hit != from.end())
    out.all = read_phrases(*hit, below(place, "all"));
  if (const auto hit = from.find("when"); hit != from.end()) {
    const auto list = below(place, "when");
    if (!hit->is_array())
      refuse(list, "must be a list of conditions");
    for (std::size_t i = 0; i < hit->size(); ++i)
      out.when.push_back(read_condition((*hit)[i], item(list, i)));
  }
  out.says = read_answer(from, place);
  return out;
}

} // namespace

rule_set read_rules(const json& settings) {
  check_members(settings, "", {"rules", "otherwise"});
  const auto list = settings.find("rules");
  if (list == settings.end() || !list->is_array() || list->size() > rule_set::max_rules)
    refuse("rules", "must be a list of at most " + std::to_string(rule_set::max_rules));
  rule_set out;
  for (std::size_t i = 0; i < list->size(); ++i)
    out.rules.push_back(read_rule((*list)[i], item("rules", i)));
  if (const auto hit = settings.find("otherwise"); hit != settings.end()) {
    check_members(*hit, "otherwise", {"text", "data", "confidence"});
    out.otherwise = read_answer(*hit, "otherwise");
  }
  if (out.rules.empty() && !out.otherwise)
    refuse("rules", "must hold at least one rule, unless there is `otherwise`");
  return out;
}

} // namespace troupe
