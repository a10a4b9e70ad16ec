#include "actors/mcp_servers.hpp"

#include "policies/fleet_change.hpp"
#include "src/mcp/server.hpp"
#include "src/tools/process.hpp"

#include <algorithm>

namespace troupe {

namespace {

mcp::client::open_fn opener_of(const node_parts& parts, const fleet_spec& fleet,
                               const mcp_server_spec& spec) {
  if (!spec.url.empty()) {
    mcp::http_place where{spec.url, {spec.headers.begin(), spec.headers.end()}};
    return [where, &http = *parts.http, &clock = *parts.clock](mcp::channel_ears ears) {
      return mcp::open_http(where, http, clock, std::move(ears));
    };
  }
  tools::process_spec process;
  process.argv = spec.command;
  process.workdir = fleet.dir;
  process.env = spec.environment;
  process.env.try_emplace("TROUPE_DATA_DIR", parts.fleet.data_dir);
  process.env.try_emplace("TROUPE_FLEET_DIR", fleet.dir);
  return [process, &port = *parts.processes](mcp::channel_ears ears) {
    return mcp::open_stdio(process, port, std::move(ears));
  };
}

/// Whoever still has it when the node has ended must not keep what it uses from being there.
std::shared_ptr<mcp::tool_server> connect(const node_parts& parts, const fleet_version& version,
                                          const mcp_server_spec& spec) {
  mcp::client_settings how;
  how.take_defaults = spec.take_defaults;
  mcp::tool_rules rules{{spec.tools.begin(), spec.tools.end()}, spec.does, spec.each};
  auto client =
      std::make_shared<mcp::client>(how, *parts.clock, opener_of(parts, version.fleet, spec));
  // A program of the folder needs the folder as well.
  return {new mcp::tool_server{std::move(client), std::move(rules)},
          [http = parts.http, clock = parts.clock, processes = parts.processes,
           folder = version.folder](mcp::tool_server* x) { delete x; }};
}

std::shared_ptr<mcp::tool_server> same_in(const fleet_version& other, const fleet_version& version,
                                          const mcp_server_spec& spec) {
  const auto& all = other.fleet.mcp_servers;
  if (std::find(all.begin(), all.end(), spec) == all.end() ||
      !same_program(spec.command, other.files, version.files))
    return nullptr;
  const auto hit = other.mcp_servers.find(spec.name);
  return hit == other.mcp_servers.end() ? nullptr : hit->second;
}

} // namespace

void connect_mcp_servers(const node_parts& parts, fleet_version& version) {
  const auto others = parts.versions->all();
  for (const auto& spec : version.fleet.mcp_servers) {
    auto& mine = version.mcp_servers[spec.name];
    for (auto i = others.rbegin(); i != others.rend() && !mine; ++i)
      mine = same_in(**i, version, spec);
    if (!mine)
      mine = connect(parts, version, spec);
  }
}

} // namespace troupe
