#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/cluster_views.hpp"
#include "nodes/doors/guarded_client.hpp"
#include "nodes/doors/views.hpp"

#include <optional>

namespace troupe {

namespace {

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

/// The member table, with what nodes have `said` of their certificates.
json all_nodes(const api_context& api, const survey_answers& said) {
  const auto seen = api.node.nodes();
  json out{
      {"seenBy", api.node.fleet().node_id}, {"version", seen.version}, {"nodes", json::array()}};
  auto versions = api.node.version_of_nodes();
  // What the others say is told now and then; what this one goes by is known.
  if (const auto own = api.node.version())
    versions[api.node.fleet().node_id] = own->number;
  for (const auto& m : seen.rows) {
    out["nodes"].push_back(node_json(m));
    auto& row = out["nodes"].back();
    if (const auto hit = versions.find(m.node); hit != versions.end() && hit->second != 0)
      row["fleetVersion"] = hit->second;
    for (const auto& x : said)
      if (x.node == m.node && x.answer.is_object() && x.answer.contains("ends") &&
          x.answer["ends"].is_string())
        row["certificateEnds"] = x.answer["ends"];
  }
  return out;
}

constexpr milliseconds order_wait{5000};
/// A list of the nodes is wanted most when one of them hangs.
constexpr milliseconds certificates_wait{500};

/// Reads the query that all views of the cluster take: `node`, to ask that one alone.
std::optional<survey_question> read_survey(const http_request& what, const responder& answer,
                                           std::string subject) {
  query_reader query{what.query};
  survey_question out;
  out.subject = std::move(subject);
  out.query = json::object();
  out.only = query.text("node");
  if (const auto bad = query.end()) {
    refuse(answer, *bad, what.path);
    return std::nullopt;
  }
  return out;
}

/// Adds what has been learned in a domain and all within it, or in the one called `only`. Whether
/// there is any of that name.
bool list_arms(const api_context& api, const domain_spec& in, const std::string& only, json& to) {
  bool there = in.path == only;
  if (in.routing.learns() && (only.empty() || there))
    to.push_back({{"domain", in.path}, {"intents", api.node.learned(in)}});
  for (const auto& d : in.domains)
    there = list_arms(api, d, only, to) || there;
  return there;
}

/// Told to the node itself, wherever it is.
void drain(const api_ptr& api, http_request& what, const responder& answer, bool on) {
  if (const auto bad = query_reader{what.query}.end())
    return refuse(answer, *bad, what.path);
  survey_question one;
  one.subject = "drain";
  one.query = {{"on", on}, {"told_by", api->node.fleet().node_id}};
  one.only = what.parameters[0];
  one.within = order_wait;
  api->node_for(what, access_scope::operate)
      ->ask_nodes(std::move(one), surveyed(answer, what.path, [](const survey_answers& said) {
                    auto out =
                        said.front().answer.is_object() ? said.front().answer : json::object();
                    out["node"] = said.front().node;
                    return out;
                  }));
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
  survey_question all;
  all.subject = "order";
  all.query = {{"agent", what.parameters[0] + "/" + what.parameters[1]},
               {"order", to_string(*verb)},
               {"told_by", api->node.fleet().node_id}};
  all.within = order_wait;
  api->node_for(what, access_scope::operate)
      ->ask_nodes(std::move(all),
                  [answer, path = what.path](const survey_answers& said, const refused& why) {
                    // Every node knows every agent; if one does not, its fleet is another version
                    // of ours.
                    for (const auto& x : said)
                      if (x.missing.why == refusal::invalid_request && nobody_answered(said))
                        return refuse(answer, not_found("unknown_agent", x.missing.detail), path);
                    surveyed(answer, path, ordered_agents)(said, why);
                  });
}

} // namespace

void add_fleet(router& to, const api_ptr& api) {
  to.add("GET", "/v1/agents", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (auto question = read_survey(what, answer, "agents"))
             api->node_for(what)->ask_nodes(*std::move(question),
                                            surveyed(answer, what.path, cluster_agents));
         });
  to.add("POST", "/v1/agents/{domain}/{name}/{verb}", route_need::somewhere(access_scope::operate),
         [api](http_request& what, const responder& answer) { order(api, what, answer); });
  to.add("GET", "/v1/domains", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (const auto bad = query_reader{what.query}.end())
             return refuse(answer, *bad, what.path);
           const auto fleet = api->node.fleet_now();
           json out{{"fleet", fleet->name}, {"entry", fleet->entry}, {"domains", json::array()}};
           if (const auto version = api->node.version(); version && version->number != 0)
             out["version"] = version->number;
           for (const auto* d : domains_for(*fleet, what.pass.get(), access_scope::read))
             out["domains"].push_back(domain_view(*d));
           answer.send(json_reply(out));
         });
  to.add("GET", "/v1/arms", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) {
           query_reader query{what.query};
           const auto only = query.text("domain");
           if (const auto bad = query.end())
             return refuse(answer, *bad, what.path);
           const auto fleet = api->node.fleet_now();
           json out{{"domains", json::array()}};
           bool there = only.empty();
           for (const auto* d : domains_for(*fleet, what.pass.get(), access_scope::read))
             there = list_arms(*api, *d, only, out["domains"]) || there;
           if (!there)
             return refuse(answer, not_found("unknown_domain", "there is no domain '" + only + "'"),
                           what.path);
           answer.send(json_reply(out));
         });
  to.add("GET", "/v1/nodes", route_need::fleet(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (const auto bad = query_reader{what.query}.end())
             return refuse(answer, *bad, what.path);
           survey_question ends;
           ends.subject = "certificate";
           ends.query = json::object();
           ends.within = certificates_wait;
           // Whoever does not say it is shown all the same.
           api->node_for(what)->ask_nodes(
               std::move(ends), [api, answer](const survey_answers& said, const refused&) {
                 answer.send(json_reply(all_nodes(*api, said)));
               });
         });
  to.add("POST", "/v1/nodes/{id}/drain", route_need::fleet(access_scope::operate),
         [api](http_request& what, const responder& answer) { drain(api, what, answer, true); });
  to.add("POST", "/v1/nodes/{id}/undrain", route_need::fleet(access_scope::operate),
         [api](http_request& what, const responder& answer) { drain(api, what, answer, false); });
  to.add("GET", "/v1/limits", route_need::fleet(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (auto question = read_survey(what, answer, "limits"))
             api->node_for(what)->ask_nodes(*std::move(question),
                                            surveyed(answer, what.path, cluster_limits));
         });
  to.add("GET", "/v1/tree", route_need::fleet(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (auto question = read_survey(what, answer, "tree"))
             api->node_for(what)->ask_nodes(
                 *std::move(question),
                 surveyed(answer, what.path, [api](const survey_answers& said) {
                   auto out = cluster_tree(api->node.fleet().name, said);
                   if (const auto version = api->node.version(); version && version->number != 0)
                     out["version"] = version->number;
                   return out;
                 }));
         });
}

} // namespace troupe
