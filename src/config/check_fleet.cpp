#include "src/config/checks.hpp"

#include "src/config/section.hpp"

#include <map>

namespace troupe::config {

namespace {

void check_services(const yaml_node& root, report& problems) {
  const auto* services = root.find("services");
  if (!services || !services->is_list())
    return;
  std::map<std::string, std::uint32_t> seen;
  for (const auto& service : services->children) {
    const auto* at = service->find("name");
    const auto name = at ? as_text(*at) : std::nullopt;
    if (!name)
      continue;
    const auto [first, fresh] = seen.emplace(*name, at->line);
    if (!fresh)
      problems.error(*at, "the service in line " + std::to_string(first->second) + " is called " +
                              problems.quoted(*name) + " already");
  }
}

void check_mcp_servers(const yaml_node& root, report& problems) {
  for (const auto* server : section{&root}.entries("mcp"))
    if (const auto* url = server->find("url"); url && server->find("command"))
      problems.error(*url, "a server is either a command or a url, not both");
}

void check_log(const yaml_node& root, report& problems) {
  if (const auto* keep = section{&root}.in("log").find("keep"))
    if (const auto time = as_duration(*keep);
        time && *time % std::chrono::hours{24} != milliseconds{0})
      problems.error(*keep, "must be whole days, not " + report::quoted(*keep));
}

} // namespace

void check_fleet(const fleet_draft& fleet, report& problems) {
  if (fleet.domains.empty())
    problems.error({"fleet.yaml",
                    0,
                    0,
                    {},
                    "the fleet has no domain: no folder beside it holds a domain.yaml"});
  if (fleet.from.root) {
    const auto& root = *fleet.from.root;
    if (const auto* entry = root.find("entry"); entry && !fleet.domains.empty())
      if (const auto path = as_text(*entry))
        check_domain_path(fleet, *entry, *path, problems);
    check_services(root, problems);
    check_mcp_servers(root, problems);
    check_log(root, problems);
    check_regions(fleet, problems);
    check_models(fleet, problems);
    check_token_limits(fleet, problems);
    check_budgets(fleet, problems);
    check_vectors(fleet, problems);
  }
  for (const auto& [path, domain] : fleet.domains) {
    check_domain(fleet, domain, problems);
    check_fallback_cycles(domain, problems);
  }
  check_delegation_cycles(fleet, problems);
  check_boundaries(fleet, problems);
  check_providers(fleet, problems);
  // A fleet with errors is not yet what its team means: guesses about it would only be noise.
  if (problems.errors() == 0)
    warn_about(fleet, problems);
}

} // namespace troupe::config
