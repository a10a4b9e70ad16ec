#include "nodes/sim_llm/brain.hpp"

#include "policies/dice.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>

namespace troupe::sim_llm {

namespace {

/// The word of `text` that a schema's pattern wants; empty when there is none.
std::string word_for(const json& schema, const std::string& text) {
  const auto pattern = schema.value("pattern", std::string{});
  if (pattern.empty())
    return {};
  RE2::Options quiet;
  quiet.set_log_errors(false);
  const RE2 wanted{pattern, quiet};
  if (!wanted.ok())
    return {};
  std::string word;
  for (const char c : text + " ") {
    if (static_cast<unsigned char>(c) > ' ' && c != '"' && c != ',' && c != '.' && c != '?' &&
        c != '!') {
      word += c;
      continue;
    }
    if (!word.empty() && RE2::PartialMatch(word, wanted))
      return word;
    word.clear();
  }
  return {};
}

std::string type_in(const json& schema) {
  const auto type = schema.find("type");
  if (type == schema.end())
    return schema.contains("properties") ? "object" : "string";
  if (type->is_string())
    return type->get<std::string>();
  return type->is_array() && !type->empty() && type->front().is_string()
             ? type->front().get<std::string>()
             : "string";
}

bool is_required(const json& schema, const std::string& key) {
  const auto list = schema.find("required");
  return list != schema.end() && list->is_array() &&
         std::find(list->begin(), list->end(), key) != list->end();
}

} // namespace

json value_from(const json& schema, const std::string& text, std::uint64_t dice) {
  if (!schema.is_object())
    return json::object();
  if (const auto one = schema.find("const"); one != schema.end())
    return *one;
  if (const auto some = schema.find("enum");
      some != schema.end() && some->is_array() && !some->empty())
    return (*some)[dice % some->size()];
  const auto type = type_in(schema);
  if (type == "object") {
    auto out = json::object();
    if (const auto known = schema.find("properties"); known != schema.end() && known->is_object())
      for (const auto& [key, inner] : known->items()) {
        if (inner.is_object() && !is_required(schema, key)) {
          // What need not be said is said when the text says it.
          if (auto word = word_for(inner, text); !word.empty())
            out[key] = std::move(word);
          continue;
        }
        out[key] = value_from(inner, text, scramble(dice + out.size()));
      }
    return out;
  }
  if (type == "array")
    return json::array();
  if (type == "boolean")
    return dice % 2 == 0;
  if (type == "integer" || type == "number")
    return schema.value("minimum", 0);
  if (type == "null")
    return nullptr;
  if (auto word = word_for(schema, text); !word.empty())
    return word;
  auto words = text.substr(0, 200);
  while (!words.empty() && (static_cast<unsigned char>(words.back()) & 0x80) != 0)
    words.pop_back();
  return words;
}

milliseconds first_token(const latency_curve& curve, std::uint64_t dice) {
  const auto median = static_cast<double>(curve.median.count());
  if (median <= 0)
    return milliseconds{0};
  // Box-Muller; 2.326 is where the normal distribution has its 99th hundredth.
  constexpr double pi = 3.14159265358979323846;
  const double u = std::max(unit_interval(scramble(dice)), 1e-12);
  const double v = unit_interval(scramble(dice + 1));
  const double normal = std::sqrt(-2 * std::log(u)) * std::cos(2 * pi * v);
  const auto far = std::max(static_cast<double>(curve.p99.count()), median);
  const double sigma = std::log(far / median) / 2.326;
  return milliseconds{static_cast<std::int64_t>(median * std::exp(sigma * normal))};
}

} // namespace troupe::sim_llm
