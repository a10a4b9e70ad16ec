#include "nodes/cli/diagnostics.hpp"

namespace troupe::cli {

namespace {

void add(fleet_size& to, const domain_spec& domain) {
  ++to.domains;
  to.agents += domain.agents.size();
  for (const auto& inner : domain.domains)
    add(to, inner);
}

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

json listed(const std::vector<config::diagnostic>& all) {
  json out = json::array();
  for (const auto& d : all)
    out.push_back({{"file", d.file},
                   {"line", d.line},
                   {"column", d.column},
                   {"key", d.key},
                   {"message", d.message}});
  return out;
}

} // namespace

fleet_size size_of(const fleet_spec& fleet) {
  fleet_size out;
  for (const auto& domain : fleet.domains)
    add(out, domain);
  return out;
}

std::string in_words(const fleet_size& x) {
  return counted(x.agents, "agent") + " in " + counted(x.domains, "domain");
}

std::string report_text(const config::loaded& x) {
  std::string out;
  for (const auto& d : x.errors)
    out += to_string(d) + "\n";
  for (const auto& d : x.warnings)
    out += "warning: " + to_string(d) + "\n";
  if (x.ok())
    return out + "ok: fleet " + x.fleet->name + ", " + in_words(size_of(*x.fleet)) +
           (x.warnings.empty() ? "" : ", " + counted(x.warnings.size(), "warning"));
  return out + counted(x.errors.size(), "error");
}

json report_json(const config::loaded& x) {
  json out{{"ok", x.ok()},
           {"files", x.files},
           {"errors", listed(x.errors)},
           {"warnings", listed(x.warnings)}};
  if (x.ok()) {
    const auto size = size_of(*x.fleet);
    out["fleet"] = x.fleet->name;
    out["domains"] = size.domains;
    out["agents"] = size.agents;
  }
  return out;
}

} // namespace troupe::cli
