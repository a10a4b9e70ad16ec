#include "actors/mcp_servers.hpp"

#include "src/mcp/server.hpp"
#include "src/tools/process.hpp"

namespace troupe {

namespace {

mcp::client::open_fn opener_of(const node_parts& parts, const mcp_server_spec& spec) {
  if (!spec.url.empty()) {
    mcp::http_place where{spec.url, {spec.headers.begin(), spec.headers.end()}};
    return [where, &http = *parts.http, &clock = *parts.clock](mcp::channel_ears ears) {
      return mcp::open_http(where, http, clock, std::move(ears));
    };
  }
  tools::process_spec process;
  process.argv = spec.command;
  process.workdir = parts.fleet.dir;
  process.env = spec.environment;
  process.env.try_emplace("TROUPE_DATA_DIR", parts.fleet.data_dir);
  process.env.try_emplace("TROUPE_FLEET_DIR", parts.fleet.dir);
  return [process, &port = *parts.processes](mcp::channel_ears ears) {
    return mcp::open_stdio(process, port, std::move(ears));
  };
}

} // namespace

void connect_mcp_servers(node_parts& parts) {
  for (const auto& spec : parts.fleet.mcp_servers) {
    mcp::client_settings how;
    how.take_defaults = spec.take_defaults;
    mcp::tool_rules rules{{spec.tools.begin(), spec.tools.end()}, spec.does, spec.each};
    auto client = std::make_shared<mcp::client>(how, *parts.clock, opener_of(parts, spec));
    parts.mcp_servers.emplace(
        spec.name, std::make_shared<mcp::tool_server>(std::move(client), std::move(rules)));
  }
}

} // namespace troupe
