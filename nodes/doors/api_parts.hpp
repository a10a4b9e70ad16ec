#pragma once

#include "nodes/doors/api.hpp"
#include "nodes/doors/body_reader.hpp"
#include "nodes/doors/cluster_views.hpp"
#include "nodes/doors/problem.hpp"

#include <memory>
#include <string>

namespace troupe {

/// What the handlers of the API share.
struct api_context {
  client& node;
  api_settings settings;
  /// The node as whoever sent the request may see it: what lies in domains where he may not do
  /// `as` is not there. To be held as long as it is listened to.
  [[nodiscard]] std::shared_ptr<client> node_for(const http_request& what,
                                                 access_scope as = access_scope::read) const;
};
using api_ptr = std::shared_ptr<const api_context>;

// One function per resource; each adds its routes.
void add_submit(router& to, const api_ptr& api);
void add_tasks(router& to, const api_ptr& api);
void add_events(router& to, const api_ptr& api);
void add_traces(router& to, const api_ptr& api);
void add_history(router& to, const api_ptr& api);
void add_sessions(router& to, const api_ptr& api);
void add_human(router& to, const api_ptr& api);
void add_fleet(router& to, const api_ptr& api);
void add_regions(router& to, const api_ptr& api);
void add_reload(router& to, const api_ptr& api);
void add_logs(router& to, const api_ptr& api);
void add_audit(router& to, const api_ptr& api);
void add_keys(router& to, const api_ptr& api);
void add_effects(router& to, const api_ptr& api);
void add_cost(router& to, const api_ptr& api);
void add_recorder(router& to, const api_ptr& api);
void add_node(router& to, const api_ptr& api);
void add_openai(router& to, const api_ptr& api);
void add_a2a(router& to, const api_ptr& api);
void add_mcp(router& to, const api_ptr& api);
void add_work(router& to, const api_ptr& api);

/// An answer with this document.
[[nodiscard]] http_reply json_reply(const json& document, unsigned status = 200);

/// Answers with a problem document for `p`; `path` is the request's.
void refuse(const responder& to, const problem& p, std::string_view path);

/// A reply of the client that is rendered on the door's thread: `render` gets what the node
/// answered, or the refusal is answered.
template <class T, class Render>
client::reply<T> rendered(const responder& to, std::string_view path, Render render) {
  return [to, path = std::string{path}, render](T what, const refused& why) {
    if (why.why != refusal::none)
      to.send(to_reply(problem_of(why), path));
    else
      to.send_made([what = std::move(what), path, render] { return render(what, path); });
  };
}

/// What all nodes say, as `render` makes one document of it on the door's thread; a refusal when
/// none of them has answered.
template <class Render>
client::reply<survey_answers> surveyed(const responder& to, std::string_view path, Render render) {
  return [to, path = std::string{path}, render](survey_answers said, const refused& why) {
    if (const auto nobody = why.why != refusal::none ? std::optional{why} : nobody_answered(said))
      to.send(to_reply(problem_of(*nobody), path));
    else
      to.send_made([said = std::move(said), render] { return json_reply(render(said)); });
  };
}

} // namespace troupe
