#include "nodes/doors/api_parts.hpp"

#include "nodes/doors/guarded_client.hpp"

#include <utility>

namespace troupe {

router make_api(client& node, api_settings settings) {
  router out;
  if (settings.access.keys)
    out.guard_with(std::make_shared<access_gate>(settings.access));
  const auto api = std::make_shared<const api_context>(api_context{node, std::move(settings)});
  // The first match wins, so what is asked for most comes first.
  add_submit(out, api);
  add_openai(out, api);
  add_a2a(out, api);
  add_mcp(out, api);
  add_tasks(out, api);
  add_traces(out, api);
  add_history(out, api);
  add_events(out, api);
  add_work(out, api);
  add_sessions(out, api);
  add_human(out, api);
  add_fleet(out, api);
  add_regions(out, api);
  add_reload(out, api);
  add_logs(out, api);
  add_audit(out, api);
  add_keys(out, api);
  add_effects(out, api);
  add_cost(out, api);
  add_recorder(out, api);
  add_node(out, api);
  return out;
}

std::shared_ptr<client> api_context::node_for(const http_request& what, access_scope as) const {
  if (!what.pass)
    return {std::shared_ptr<void>{}, &node}; // owned by nobody here
  return std::make_shared<guarded_client>(node, what.pass, as, settings.access);
}

http_reply json_reply(const json& document, unsigned status) {
  http_reply out;
  out.status = status;
  out.body = as_text(document);
  return out;
}

void refuse(const responder& to, const problem& p, std::string_view path) {
  to.send(to_reply(p, path));
}

} // namespace troupe
