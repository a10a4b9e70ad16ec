#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/base64.hpp"
#include "nodes/doors/views.hpp"
#include "policies/planner.hpp"
#include "src/wire/codec.hpp"

namespace troupe {

namespace {

const domain_spec* domain_at(const std::vector<domain_spec>& in, const std::string& path) {
  for (const auto& d : in) {
    if (d.path == path)
      return &d;
    if (const auto* inner = domain_at(d.domains, path))
      return inner;
  }
  return nullptr;
}

http_reply history(const client& node, const task_record_ptr& record, const std::string& path) {
  if (!record)
    return to_reply(
        problem_of({refusal::unknown_task, "no such task, or it has been forgotten", {}}), path);
  json out{{"task", record->what->id},
           {"state", to_string(record->state)},
           {"events", json::array()},
           {"record", to_base64(encode(*record))}};
  if (record->cut)
    out["cut"] = true;
  for (const auto& e : record->history)
    out["events"].push_back(event_view(e, record->how.get()));
  // The plan of its understanding is no part of a record: it follows from the domain.
  const auto fleet = node.fleet_now();
  if (const auto* domain = domain_at(fleet->domains, record->what->domain);
      domain && !domain->understanding.agent.empty())
    out["triage_plan"] = to_base64(encode(*plan_of_triage(*domain)));
  return json_reply(out);
}

} // namespace

void add_history(router& to, const api_ptr& api) {
  to.add(
      "GET", "/v1/tasks/{id}/history", route_need::somewhere(access_scope::read),
      [api](http_request& what, const responder& answer) {
        if (const auto bad = query_reader{what.query}.end())
          return refuse(answer, *bad, what.path);
        api->node_for(what)->find_task(
            what.parameters[0],
            rendered<task_record_ptr>(
                answer, what.path, [api](const task_record_ptr& record, const std::string& path) {
                  return history(api->node, record, path);
                }));
      });
}

} // namespace troupe
