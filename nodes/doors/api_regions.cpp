#include "nodes/doors/api_parts.hpp"
#include "policies/failover.hpp"
#include "policies/shard_map.hpp"

namespace troupe {

namespace {

json region_json(const client& node, const region_plan& r, const member_table& table) {
  json out{{"name", r.name},
           {"backups", r.backups},
           {"servedBy", std::string{serving_region(table, r.name)}},
           {"there", region_there(table, r.name)},
           {"nodes", json::array()}};
  for (const auto& m : table.rows)
    if (m.region == r.name)
      out["nodes"].push_back({{"id", m.node}, {"state", to_string(m.state)}});
  json sent = json::array();
  for (const auto& t : node.traffic())
    if (t.from == r.name)
      sent.push_back({{"to", t.to}, {"messages", t.messages}, {"bytes", t.bytes}});
  out["carried"] = std::move(sent);
  return out;
}

json all_regions(const client& node, const member_table& table) {
  json out{{"seenBy", node.fleet().node_id}, {"regions", json::array()}};
  if (const auto& after = node.fleet().region_return)
    out["returnAfterMs"] = after->count();
  else
    out["returnAfterMs"] = nullptr;
  for (const auto& r : node.fleet().regions)
    out["regions"].push_back(region_json(node, r, table));
  return out;
}

} // namespace

void add_regions(router& to, const api_ptr& api) {
  to.add("GET", "/v1/regions", route_need::fleet(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (const auto bad = query_reader{what.query}.end())
             return refuse(answer, *bad, what.path);
           answer.send(json_reply(all_regions(api->node, api->node.nodes())));
         });
  to.add("POST", "/v1/regions/{name}/return", route_need::fleet(access_scope::operate),
         [api](http_request& what, const responder& answer) {
           if (const auto bad = query_reader{what.query}.end())
             return refuse(answer, *bad, what.path);
           api->node_for(what, access_scope::operate)
               ->return_region(
                   what.parameters[0],
                   [api, answer, path = what.path](const member_table& table, const refused& why) {
                     if (why.why == refusal::invalid_request)
                       return refuse(answer, not_found("unknown_region", why.detail), path);
                     rendered<member_table>(answer, path,
                                            [api](const member_table& t, const std::string&) {
                                              return json_reply(all_regions(api->node, t));
                                            })(table, why);
                   });
         });
}

} // namespace troupe
