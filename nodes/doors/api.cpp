#include "nodes/doors/api_parts.hpp"

#include <utility>

namespace troupe {

router make_api(client& node, api_settings settings) {
  const auto api = std::make_shared<const api_context>(api_context{node, std::move(settings)});
  router out;
  // The first match wins, so what is asked for most comes first.
  add_submit(out, api);
  add_tasks(out, api);
  add_traces(out, api);
  add_history(out, api);
  add_events(out, api);
  add_sessions(out, api);
  add_human(out, api);
  add_fleet(out, api);
  add_logs(out, api);
  add_audit(out, api);
  add_node(out, api);
  return out;
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
