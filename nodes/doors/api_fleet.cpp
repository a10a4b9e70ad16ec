#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/views.hpp"

namespace troupe {

namespace {

using tree_ptr = std::shared_ptr<const tree_node>;

http_reply whole_tree(const tree_ptr& tree, const fleet_spec& fleet, const std::string& path) {
  if (!tree)
    return to_reply(problem_of({refusal::internal, "the tree has no root", {}}), path);
  auto out = tree_view(*tree);
  out["node"] = fleet.node_id;
  out["region"] = fleet.region;
  return json_reply(out);
}

} // namespace

void add_fleet(router& to, const api_ptr& api) {
  to.add("GET", "/v1/agents", [api](http_request& what, const responder& answer) {
    if (const auto bad = query_reader{what.query}.end())
      return refuse(answer, *bad, what.path);
    json out{{"agents", json::array()}};
    for (const auto& a : api->node.agents())
      out["agents"].push_back(agent_json(a));
    answer.send(json_reply(out));
  });
  to.add("GET", "/v1/domains", [api](http_request& what, const responder& answer) {
    if (const auto bad = query_reader{what.query}.end())
      return refuse(answer, *bad, what.path);
    json out{{"fleet", api->node.fleet().name},
             {"entry", api->node.fleet().entry},
             {"domains", json::array()}};
    for (const auto& d : api->node.fleet().domains)
      out["domains"].push_back(domain_view(d));
    answer.send(json_reply(out));
  });
  to.add("GET", "/v1/tree", [api](http_request& what, const responder& answer) {
    if (const auto bad = query_reader{what.query}.end())
      return refuse(answer, *bad, what.path);
    api->node.tree(
        rendered<tree_ptr>(answer, what.path, [api](const tree_ptr& tree, const std::string& path) {
          return whole_tree(tree, api->node.fleet(), path);
        }));
  });
}

} // namespace troupe
