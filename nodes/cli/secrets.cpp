#include "nodes/cli/secrets.hpp"

#include <algorithm>

namespace troupe::cli {

namespace {

using values = std::vector<std::string>;

void add(values& to, std::string_view name, const std::string& value) {
  if (sounds_secret(name)) {
    to.push_back(value);
    if (const auto blank = value.find(' '); blank != std::string::npos)
      to.push_back(value.substr(blank + 1)); // Authorization: Bearer SECRET
    return;
  }
  // scheme://user:SECRET@host
  const auto scheme = value.find("://");
  if (scheme == std::string::npos)
    return;
  const auto at = value.find('@', scheme + 3);
  const auto colon = value.find(':', scheme + 3);
  if (at != std::string::npos && colon < at)
    to.push_back(value.substr(colon + 1, at - colon - 1));
}

void add_members(values& to, const json& settings, const char* member) {
  if (!settings.is_object() || !settings.contains(member) || !settings[member].is_object())
    return;
  for (const auto& [name, value] : settings[member].items())
    if (value.is_string())
      add(to, name, value.get<std::string>());
}

void add_domain(values& to, const domain_spec& domain) {
  for (const auto& a : domain.agents) {
    add_members(to, a.settings, "headers");
    add_members(to, a.settings, "environment");
    add_members(to, a.settings, "options");
  }
  for (const auto& inner : domain.domains)
    add_domain(to, inner);
}

} // namespace

config::environment noting_environment(std::shared_ptr<variables_seen> seen) {
  return [seen = std::move(seen), real = config::process_environment()](const std::string& name) {
    auto value = real(name);
    if (value)
      seen->insert_or_assign(name, *value);
    return value;
  };
}

std::vector<std::string> secrets_of(const fleet_spec& fleet, const variables_seen& seen) {
  values out;
  for (const auto& [name, value] : seen)
    add(out, name, value);
  for (const auto& service : fleet.services)
    for (const auto& [name, value] : service.environment)
      add(out, name, value);
  for (const auto& domain : fleet.domains)
    add_domain(out, domain);
  return out;
}

} // namespace troupe::cli
