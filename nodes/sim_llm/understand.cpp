#include "nodes/sim_llm/understand.hpp"

#include "policies/kept_words.hpp"
#include "policies/llm_talk.hpp"
#include "policies/model_triage.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace troupe::sim_llm {

namespace {

constexpr std::size_t stem = 5; ///< letters by which two words are taken for one

const json* schema_of(const chat& asked) {
  if (asked.schema.is_object())
    return &asked.schema;
  for (const auto& tool : asked.tools)
    if (tool.parameters.is_object() && tool.parameters.contains("properties") &&
        tool.parameters["properties"].contains("clauses"))
      return &tool.parameters;
  return nullptr;
}

json document_of(const chat& asked) {
  for (const auto& x : asked.messages)
    if (x.role == chat_role::user) {
      auto out = json::parse(inside_data(x.text), nullptr, false);
      return out.is_object() ? out : json{};
    }
  return {};
}

std::size_t shared_stems(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> stems;
  for (const auto& word : a)
    stems.insert(word.substr(0, stem));
  std::size_t n = 0;
  for (const auto& word : b)
    n += stems.erase(word.substr(0, stem));
  return n;
}

/// The name whose words, and those of its meaning, `words` shares most of; and how many.
std::pair<std::string, std::size_t> best_of(const json& names, const std::set<std::string>& words) {
  std::pair<std::string, std::size_t> best;
  if (!names.is_object())
    return best;
  for (const auto& [name, meaning] : names.items()) {
    if (name == model_out_of_scope)
      continue;
    const auto about =
        content_words(name + " " + (meaning.is_string() ? meaning.get<std::string>() : ""));
    // What stands in the name itself counts twice.
    const auto shared = shared_stems(about, words) + shared_stems(content_words(name), words);
    if (shared > best.second)
      best = {name, shared};
  }
  return best;
}

json clause_of(const std::string& text, const json& document) {
  const auto words = content_words(text);
  const auto intents = document.value("intents", json::object());
  const auto [intent, shared] = best_of(intents, words);
  json out{{"text", text}};
  if (shared > 0) {
    out["intent"] = intent;
    out["confidence"] = shared > 1 ? 0.9 : 0.7;
    return out;
  }
  const auto [skill, fits] = best_of(document.value("skills", json::object()), words);
  out["intent"] = fits > 0 ? std::string{} : std::string{model_out_of_scope};
  if (fits > 0)
    out["skill"] = skill;
  out["confidence"] = 0.6;
  return out;
}

} // namespace

std::optional<json> clauses_for(const chat& asked) {
  const auto* schema = schema_of(asked);
  if (!schema || !schema->contains("properties") || !(*schema)["properties"].contains("clauses"))
    return std::nullopt;
  const auto document = document_of(asked);
  if (!document.contains("request") || !document["request"].is_string())
    return std::nullopt;
  const auto request = document["request"].get<std::string>();
  std::vector<std::string> parts;
  if (document.contains("skills")) {
    parts = rough_clauses(request);
  } else {
    for (const auto& c : document.value("clauses", json::array()))
      if (c.is_object())
        parts.push_back(c.value("text", std::string{}));
  }
  if (parts.empty())
    parts.push_back(request);
  const bool in_turn = request.find(" then ") != std::string::npos;
  auto clauses = json::array();
  for (const auto& part : parts) {
    auto c = clause_of(part, document);
    // Neighbours of one meaning are one wish.
    if (document.contains("skills") && !clauses.empty() &&
        clauses.back().value("intent", "") == c["intent"] &&
        clauses.back().value("skill", "") == c.value("skill", "")) {
      clauses.back()["text"] = clauses.back()["text"].get<std::string>() + ", " + part;
      continue;
    }
    if (in_turn && !clauses.empty())
      c["after"] = {clauses.size() - 1};
    clauses.push_back(std::move(c));
  }
  return json{{"clauses", std::move(clauses)}};
}

std::string joined_answers(const std::string& wish) {
  const auto document = json::parse(inside_data(wish), nullptr, false);
  if (!document.is_object() || !document.contains("input") || !document["input"].is_object())
    return {};
  const auto& input = document["input"];
  const auto previous = input.find("previous");
  if (previous == input.end() || !previous->is_object() || previous->size() < 2)
    return {};
  std::string out;
  for (const auto& [step, x] : previous->items())
    for (const char* key : {"text", "summary"})
      if (x.is_object() && x.contains(key) && x[key].is_string())
        out += (out.empty() ? "" : " ") + x[key].get<std::string>();
  return out;
}

} // namespace troupe::sim_llm
