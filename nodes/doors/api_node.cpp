#include "nodes/doors/api_parts.hpp"

namespace troupe {

void add_node(router& to, const api_ptr& api) {
  to.add("GET", "/healthz", route_need::open(), [](http_request&, const responder& answer) {
    answer.send(json_reply({{"status", "ok"}}));
  });
  to.add("GET", "/readyz", route_need::open(), [api](http_request& what, const responder& answer) {
    const bool ready = api->node.ready();
    if (ready && api->node.stores())
      return answer.send(json_reply({{"status", "ready"}}));
    problem p;
    p.status = 503;
    p.word = "not_ready";
    p.title = "Not ready";
    p.detail = ready ? "nothing can be stored at the moment: what has to be is refused"
                     : "the node has not started everything yet, or it is shutting down";
    refuse(answer, p, what.path);
  });
  to.add("GET", "/metrics", route_need::fleet(access_scope::read),
         [api](http_request&, const responder& answer) {
           http_reply out;
           out.type = "text/plain; version=0.0.4; charset=utf-8";
           out.body = api->node.metrics();
           answer.send(std::move(out));
         },
         {"text/plain", "application/openmetrics-text"});
  to.add("GET", "/openapi.json", route_need::open(),
         [](http_request&, const responder& answer) {
           http_reply out;
           out.body = openapi_text();
           answer.send(std::move(out));
         },
         {"application/json", "application/openapi+json"});
  to.add("GET", "/", route_need::somewhere(access_scope::read),
         [api](http_request&, const responder& answer) {
           json links;
           for (const auto* path :
                {"/v1/tasks", "/v1/sessions", "/v1/agents", "/v1/domains", "/v1/arms", "/v1/cost",
                 "/v1/regions", "/v1/limits", "/v1/tree", "/v1/human", "/v1/logs", "/v1/audit",
                 "/v1/keys", "/healthz", "/readyz", "/metrics", "/openapi.json"})
             links.push_back(path);
           answer.send(json_reply(
               {{"name", "troupe"}, {"fleet", api->node.fleet().name}, {"links", links}}));
         });
}

} // namespace troupe
