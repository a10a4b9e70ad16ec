#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/views.hpp"

namespace troupe {

namespace {

using snapshot_ptr = std::shared_ptr<const session_snapshot>;

http_reply session_list(const std::vector<snapshot_ptr>& all, const std::string&) {
  json out{{"sessions", json::array()}};
  for (const auto& s : all)
    if (s)
      out["sessions"].push_back(session_view(*s));
  return json_reply(out);
}

http_reply session_reply(const session_found& found, const std::string& path) {
  if (!found.what)
    return to_reply(problem_of({refusal::unknown_session, "no such session", {}}), path);
  auto out = session_view(*found.what);
  if (!found.working_on.empty())
    out["working_on"] = found.working_on;
  out["waiting"] = found.waiting;
  return json_reply(out);
}

void locate(const api_ptr& api, http_request& what, const responder& answer) {
  if (const auto bad = query_reader{what.query}.end())
    return refuse(answer, *bad, what.path);
  const auto id = what.parameters[0];
  // Shards are no secret: who may see the session may know where it is.
  api->node_for(what)->find_session(id, [api, answer, id, path = std::string{what.path}](
                                            const session_found& found, const refused& why) {
    if (why.why != refusal::none || !found.what)
      return refuse(answer,
                    problem_of(why.why != refusal::none
                                   ? why
                                   : refused{refusal::unknown_session, "no such session", {}}),
                    path);
    const auto shard = found.shard;
    survey_question all;
    all.subject = "shards";
    all.query = {{"shard", shard}};
    api->node.ask_nodes(std::move(all), surveyed(answer, path,
                                                 [id, shard, domain = found.what->domain](
                                                     const survey_answers& said) {
                                                   return session_place(id, domain, shard, said);
                                                 }));
  });
}

} // namespace

void add_sessions(router& to, const api_ptr& api) {
  to.add("GET", "/v1/sessions", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) {
           query_reader query{what.query};
           const auto limit = query.count("limit", 100, 1000);
           if (const auto bad = query.end())
             return refuse(answer, *bad, what.path);
           api->node_for(what)->list_sessions(
               limit, rendered<std::vector<snapshot_ptr>>(answer, what.path, session_list));
         });
  to.add("GET", "/v1/sessions/{id}", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (const auto bad = query_reader{what.query}.end())
             return refuse(answer, *bad, what.path);
           api->node_for(what)->find_session(
               what.parameters[0], rendered<session_found>(answer, what.path, session_reply));
         });
  to.add("GET", "/v1/sessions/{id}/where", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) { locate(api, what, answer); });
}

} // namespace troupe
