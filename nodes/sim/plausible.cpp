#include "nodes/sim/stub_agents.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace troupe::sim {

namespace {

constexpr std::array<const char*, 8> words{"amber", "birch", "cedar", "delta",
                                           "ember", "frost", "grove", "haven"};
constexpr int deepest = 16;
constexpr std::size_t longest_text = 4096;

std::string text_for(const json& schema, std::uint64_t dice) {
  std::string out = words[dice % words.size()];
  const auto least = schema.value("minLength", std::size_t{0});
  while (out.size() < std::min(least, longest_text))
    out += out;
  const auto most = schema.value("maxLength", out.size());
  if (out.size() > most)
    out.resize(std::max(most, least));
  return out;
}

double number_for(const json& schema, std::uint64_t dice) {
  const auto low = schema.value("minimum", 0.0);
  const auto high = schema.value("maximum", std::max(low + 100, 1.0));
  return low + (high - low) * unit_interval(dice);
}

json make(const json& schema, dice_box& dice, int depth) {
  if (!schema.is_object() || depth > deepest)
    return nullptr;
  if (auto x = schema.find("const"); x != schema.end())
    return *x;
  for (const auto* key : {"enum", "examples"})
    if (auto x = schema.find(key); x != schema.end() && x->is_array() && !x->empty())
      return (*x)[dice.draw() % x->size()];
  if (auto x = schema.find("default"); x != schema.end())
    return *x;
  auto type = schema.value("type", json("object"));
  if (type.is_array())
    type = type.empty() ? json("null") : type.front();
  if (type == "string")
    return text_for(schema, dice.draw());
  if (type == "number")
    return number_for(schema, dice.draw());
  if (type == "integer")
    return static_cast<std::int64_t>(std::ceil(number_for(schema, dice.draw())));
  if (type == "boolean")
    return dice.draw() % 2 == 0;
  if (type == "array") {
    json out = json::array();
    const auto many = std::max(schema.value("minItems", std::size_t{1}), std::size_t{1});
    const auto items = schema.value("items", json::object({{"type", "string"}}));
    for (std::size_t i = 0; i < std::min(many, std::size_t{64}); ++i)
      out.push_back(make(items, dice, depth + 1));
    return out;
  }
  if (type == "object") {
    json out = json::object();
    if (auto fields = schema.find("properties"); fields != schema.end())
      for (const auto& [name, inner] : fields->items())
        out[name] = make(inner, dice, depth + 1);
    return out;
  }
  return nullptr;
}

} // namespace

json value_for(const json& schema, std::uint64_t dice) {
  dice_box box{dice};
  return make(schema, box, 0);
}

outcome plausible_answer(const agent_spec& spec, const agent_call& call, std::uint64_t dice) {
  outcome x;
  x.text = spec.card.name + " did " + (call.skill.empty() ? spec.card.name : call.skill);
  const auto least = spec.min_confidence;
  x.confidence = least + (1 - least) * unit_interval(scramble(dice));
  x.used = {100 + dice % 400, 20 + dice % 200, 0, 1};
  if (spec.gives.is_object()) {
    const auto whole = value_for(spec.gives, dice);
    if (whole.is_object()) {
      if (auto text = whole.find("text"); text != whole.end() && text->is_string())
        x.text = text->get<std::string>();
      if (auto data = whole.find("data"); data != whole.end() && data->is_object())
        x.data = *data;
    }
  }
  return x;
}

} // namespace troupe::sim
