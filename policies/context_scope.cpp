#include "policies/context_scope.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool fits(const context_field& field, const json& value) {
  if (field.type == "string")
    return value.is_string();
  if (field.type == "integer")
    return value.is_number_integer();
  if (field.type == "number")
    return value.is_number();
  if (field.type == "boolean")
    return value.is_boolean();
  if (field.type == "array")
    return value.is_array();
  return value.is_object();
}

std::string pointer_to(const std::string& field) {
  return (json::json_pointer{"/context"} / field).to_string();
}

bool set(json& context, const domain_spec& domain, const std::string& name, const json& value) {
  auto declared = domain.context.find(name);
  if (declared == domain.context.end() || !fits(declared->second, value))
    return false;
  context[name] = value;
  return true;
}

} // namespace

json initial_context(const domain_spec& domain, const task& t, const json& session,
                     std::vector<std::string>& refused) {
  json context = session.is_object() ? session : json{};
  if (t.data.is_object())
    if (auto given = t.data.find("context"); given != t.data.end() && given->is_object())
      for (const auto& [name, value] : given->items())
        if (!set(context, domain, name, value))
          refused.push_back(name);
  // The customer is part of the request itself, so that fields of these names need no further
  // permission.
  if (!t.who.id.empty())
    set(context, domain, "customer_id", t.who.id);
  if (!t.who.tier.empty())
    set(context, domain, "tier", t.who.tier);
  return context;
}

std::vector<flaw> flaws_of_context(const domain_spec& domain, const json& data) {
  std::vector<flaw> out;
  if (domain.context.empty() || !data.is_object())
    return out;
  const auto given = data.find("context");
  if (given == data.end() || !given->is_object())
    return out;
  for (const auto& [name, value] : given->items()) {
    if (value.is_null())
      continue;
    const auto declared = domain.context.find(name);
    if (declared == domain.context.end())
      out.push_back({pointer_to(name), "properties",
                     "the context of " + domain.path + " has no field '" + name + "'"});
    else if (!fits(declared->second, value))
      out.push_back(
          {pointer_to(name), "type",
           "the field '" + name + "' of the context is of the type " + declared->second.type});
  }
  return out;
}

json scoped(const json& context, const std::vector<std::string>& reads) {
  if (reads.empty())
    return nullptr;
  // Who reads gets an object, also while there is nothing in it.
  json out = json::object();
  if (context.is_object())
    for (const auto& name : reads)
      if (auto hit = context.find(name); hit != context.end())
        out[name] = *hit;
  return out;
}

std::vector<std::string> write_back(json& context, const domain_spec& domain,
                                    const std::vector<std::string>& writes, const json& data) {
  std::vector<std::string> refused;
  if (!data.is_object())
    return refused;
  auto given = data.find("context");
  if (given == data.end() || !given->is_object())
    return refused;
  for (const auto& [name, value] : given->items()) {
    const bool may = std::find(writes.begin(), writes.end(), name) != writes.end();
    if (!may || !set(context, domain, name, value))
      refused.push_back(name);
  }
  return refused;
}

json without_context(const json& data) {
  auto out = data;
  if (!out.is_object())
    return out;
  out.erase("context");
  const auto disputed = out.find("contradictions");
  if (disputed == out.end() || !disputed->is_object() || disputed->empty())
    return out;
  // The paths of `aggregate`: a member, or a member and what is within it.
  for (auto at = disputed->begin(); at != disputed->end();)
    at = at.key() == "context" || at.key().starts_with("context.") ? disputed->erase(at) : ++at;
  if (disputed->empty())
    out.erase(disputed);
  return out;
}

} // namespace troupe
