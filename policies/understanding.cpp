#include "policies/understanding.hpp"

#include <algorithm>

namespace troupe {

namespace {

std::string place(const char* list, std::size_t i, const char* member) {
  std::string out = list;
  out += "[" + std::to_string(i) + "]";
  if (*member != '\0') {
    out += ".";
    out += member;
  }
  return out;
}

const json* member_of(const json& object, const char* name) {
  const auto hit = object.find(name);
  return hit == object.end() ? nullptr : &*hit;
}

/// Reads one clause; on failure `member` is the one that is wrong and `wants` what it should be.
bool read_clause(const json& from, understood_clause& out, const char*& member,
                 const char*& wants) {
  member = "";
  wants = "an object";
  if (!from.is_object())
    return false;
  const auto text = [&](const char* name, std::string& into) {
    const auto* found = member_of(from, name);
    member = name;
    wants = "a text";
    if (!found || !found->is_string())
      return false;
    into = found->get_ref<const std::string&>();
    return true;
  };
  const auto truth = [&](const char* name, bool& into) {
    const auto* found = member_of(from, name);
    member = name;
    wants = "true or false";
    if (!found || !found->is_boolean())
      return false;
    into = found->get<bool>();
    return true;
  };
  const auto share = [&](const char* name, double& into) {
    const auto* found = member_of(from, name);
    member = name;
    wants = "a number from 0 to 1";
    if (!found || !found->is_number())
      return false;
    into = found->get<double>();
    return into >= 0 && into <= 1;
  };
  const auto word = [&](const char* name, std::string& into) {
    member = name;
    wants = "a text";
    const auto* found = member_of(from, name);
    if (found && found->is_string())
      into = found->get_ref<const std::string&>();
    return !found || found->is_string();
  };
  const auto numbers = [&](const char* name, std::vector<std::uint32_t>& into) {
    member = name;
    wants = "a list of numbers of clauses";
    const auto* found = member_of(from, name);
    if (!found)
      return true;
    if (!found->is_array() || found->size() > understanding::max_clauses)
      return false;
    for (const auto& n : *found) {
      if (!n.is_number_unsigned() || n >= understanding::max_clauses)
        return false;
      into.push_back(n.get<std::uint32_t>());
    }
    return true;
  };
  const auto scores = [&](const char* name, std::vector<intent_score>& into) {
    member = name;
    wants = "an object of up to 16 numbers from 0 to 1";
    const auto* found = member_of(from, name);
    if (!found)
      return true;
    if (!found->is_object() || found->size() > understanding::max_scores)
      return false;
    for (const auto& [intent, score] : found->items()) {
      if (!score.is_number() || score.get<double>() < 0 || score.get<double>() > 1)
        return false;
      into.push_back({intent, score.get<float>()});
    }
    return true;
  };
  return word("skill", out.skill) && word("domain", out.domain) && numbers("after", out.after) &&
         scores("scores", out.scores) && text("text", out.text) && text("intent", out.intent) &&
         share("confidence", out.confidence) && truth("accepted", out.accepted) &&
         truth("after_previous", out.after_previous);
}

/// Some clause waits for one that is not there, or for itself, directly or through others.
bool goes_in_circles(const std::vector<understood_clause>& clauses) {
  // Who waits for nobody that is left is taken away, until nobody is.
  std::vector<bool> gone(clauses.size(), false);
  for (std::size_t left = clauses.size(); left > 0;) {
    const auto before = left;
    for (std::size_t i = 0; i < clauses.size(); ++i) {
      const auto& after = clauses[i].after;
      if (gone[i] || !std::all_of(after.begin(), after.end(),
                                  [&](auto j) { return j < clauses.size() && gone[j]; }))
        continue;
      gone[i] = true;
      --left;
    }
    if (left == before)
      return true;
  }
  return false;
}

bool read_entities(const json& from, json& out, std::string& problem) {
  if (!from.is_array() || from.size() > understanding::max_entities) {
    problem = "entities: must be a list of at most " + std::to_string(understanding::max_entities);
    return false;
  }
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto& entity = from[i];
    const auto* type = entity.is_object() ? member_of(entity, "type") : nullptr;
    const auto* value = entity.is_object() ? member_of(entity, "value") : nullptr;
    if (!type || !type->is_string() || !value || value->is_null()) {
      problem =
          place("entities", i, "") + ": must be an object with a text \"type\" and a \"value\"";
      return false;
    }
    out.push_back({{"type", *type}, {"value", *value}});
  }
  return true;
}

} // namespace

std::optional<understanding> read_understanding(const json& data, std::string& problem) {
  if (!data.is_object()) {
    problem = "the understanding must be an object";
    return std::nullopt;
  }
  understanding out;
  const auto* clauses = member_of(data, "clauses");
  if (!clauses || !clauses->is_array() || clauses->empty() ||
      clauses->size() > understanding::max_clauses) {
    problem = "clauses: must be a list of 1 to " + std::to_string(understanding::max_clauses);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < clauses->size(); ++i) {
    const char* member = "";
    const char* wants = "";
    if (!read_clause((*clauses)[i], out.clauses.emplace_back(), member, wants)) {
      problem = place("clauses", i, member) + ": must be " + wants;
      return std::nullopt;
    }
  }
  if (goes_in_circles(out.clauses)) {
    problem = "clauses: they wait for each other, or for one that is not there";
    return std::nullopt;
  }
  if (const auto* entities = member_of(data, "entities");
      entities && !read_entities(*entities, out.entities, problem))
    return std::nullopt;
  if (const auto* complexity = member_of(data, "complexity");
      complexity && *complexity != "simple" && *complexity != "compound") {
    problem = "complexity: must be \"simple\" or \"compound\"";
    return std::nullopt;
  }
  return out;
}

} // namespace troupe
