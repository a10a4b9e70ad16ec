#include "policies/facts.hpp"

#include <string>
#include <utility>

namespace troupe {

namespace {

void compare(const json& known, const json& said, const std::string& field, std::string where,
             std::vector<flaw>& out) {
  if (said != known)
    out.push_back({std::move(where), "fact", "contradicts the established fact '" + field + "'"});
}

} // namespace

std::vector<flaw> contradictions(const domain_spec& domain, const json& context, const json& data) {
  std::vector<flaw> out;
  if (!context.is_object() || !data.is_object())
    return out;
  const auto given = data.find("context");
  for (const auto& [name, field] : domain.context) {
    if (!field.fact)
      continue;
    const auto known = context.find(name);
    if (known == context.end() || known->is_null())
      continue;
    if (given != data.end() && given->is_object())
      if (const auto said = given->find(name); said != given->end())
        compare(*known, *said, name, "/data/context/" + name, out);
    for (const auto& pointer : field.said_as) {
      const json::json_pointer at{pointer};
      if (data.contains(at))
        compare(*known, data.at(at), name, "/data" + pointer, out);
    }
  }
  return out;
}

failure contradiction_failure(std::vector<flaw> flaws) {
  if (flaws.empty())
    return {};
  failure out{reason::contradiction, flaws.front().pointer + " " + flaws.front().message, {}};
  out.errors = std::move(flaws);
  return out;
}

} // namespace troupe
