#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/guarded_client.hpp"
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

http_reply all_of(const std::vector<agent_view>& agents, const std::string&) {
  json out{{"agents", json::array()}};
  for (const auto& a : agents)
    out["agents"].push_back(agent_json(a));
  return json_reply(out);
}

json node_json(const member& m) {
  json out{{"id", m.node},
           {"region", m.region},
           {"state", to_string(m.state)},
           {"incarnation", m.incarnation},
           {"reachedAt", m.reached_at},
           {"labels", m.labels},
           {"offers", m.offers},
           {"weight", m.weight},
           {"version", m.version},
           {"cutOff", m.cut_off},
           {"accusedBy", json::array()}};
  if (!m.why.empty())
    out["why"] = m.why;
  for (const auto& a : m.accused)
    out["accusedBy"].push_back({{"node", a.by}, {"why", a.why}});
  return out;
}

void order(const api_ptr& api, http_request& what, const responder& answer) {
  if (const auto bad = query_reader{what.query}.end())
    return refuse(answer, *bad, what.path);
  if (const auto no = not_allowed_in(what, access_scope::operate, what.parameters[0]))
    return refuse(answer, *no, what.path);
  const auto verb = parse_enum<agent_order>(what.parameters[2]);
  if (!verb)
    return refuse(answer,
                  not_found("unknown_verb", "an agent can be told to " + words_of<agent_order>()),
                  what.path);
  api->node_for(what, access_scope::operate)->order(what.parameters[0] + "/" + what.parameters[1], *verb,
                  [answer, path = what.path](std::vector<agent_view> agents, const refused& why) {
                    if (why.why == refusal::invalid_request)
                      return refuse(answer, not_found("unknown_agent", why.detail), path);
                    rendered<std::vector<agent_view>>(answer, path, all_of)(std::move(agents), why);
                  });
}

} // namespace

void add_fleet(router& to, const api_ptr& api) {
  to.add("GET", "/v1/agents", route_need::somewhere(access_scope::read), [api](http_request& what, const responder& answer) {
    if (const auto bad = query_reader{what.query}.end())
      return refuse(answer, *bad, what.path);
    json out{{"agents", json::array()}};
    for (const auto& a : api->node_for(what)->agents())
      out["agents"].push_back(agent_json(a));
    answer.send(json_reply(out));
  });
  to.add("POST", "/v1/agents/{domain}/{name}/{verb}", route_need::somewhere(access_scope::operate),
         [api](http_request& what, const responder& answer) { order(api, what, answer); });
  to.add("GET", "/v1/domains", route_need::somewhere(access_scope::read), [api](http_request& what, const responder& answer) {
    if (const auto bad = query_reader{what.query}.end())
      return refuse(answer, *bad, what.path);
    json out{{"fleet", api->node.fleet().name},
             {"entry", api->node.fleet().entry},
             {"domains", json::array()}};
    for (const auto* d : domains_for(api->node.fleet(), what.pass.get(), access_scope::read))
      out["domains"].push_back(domain_view(*d));
    answer.send(json_reply(out));
  });
  to.add("GET", "/v1/nodes", route_need::fleet(access_scope::read), [api](http_request& what, const responder& answer) {
    if (const auto bad = query_reader{what.query}.end())
      return refuse(answer, *bad, what.path);
    const auto seen = api->node.nodes();
    json out{
        {"seenBy", api->node.fleet().node_id}, {"version", seen.version}, {"nodes", json::array()}};
    for (const auto& m : seen.rows)
      out["nodes"].push_back(node_json(m));
    answer.send(json_reply(out));
  });
  to.add("GET", "/v1/tree", route_need::fleet(access_scope::read), [api](http_request& what, const responder& answer) {
    if (const auto bad = query_reader{what.query}.end())
      return refuse(answer, *bad, what.path);
    api->node.tree(
        rendered<tree_ptr>(answer, what.path, [api](const tree_ptr& tree, const std::string& path) {
          return whole_tree(tree, api->node.fleet(), path);
        }));
  });
}

} // namespace troupe
