#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/guarded_client.hpp"
#include "nodes/doors/uri.hpp"
#include "nodes/doors/views.hpp"

#include <algorithm>

namespace troupe {

namespace {

http_reply unknown_task(const std::string& path) {
  return to_reply(problem_of({refusal::unknown_task, "no such task, or it has been forgotten", {}}),
                  path);
}

http_reply one_task(const task_record_ptr& record, const std::string& path) {
  if (!record)
    return unknown_task(path);
  http_reply out;
  append_task(out.body, *record);
  return out;
}

http_reply many_tasks(const std::vector<task_record_ptr>& records, const std::string&) {
  http_reply out;
  out.body = "{\"tasks\":[";
  bool first = true;
  for (const auto& r : records) {
    if (!r)
      continue;
    if (!first)
      out.body += ',';
    first = false;
    append_task(out.body, *r);
  }
  out.body += "]}";
  return out;
}

bool holds_domain(const domain_spec& in, std::string_view path) {
  return in.path == path ||
         std::any_of(in.domains.begin(), in.domains.end(),
                     [path](const domain_spec& d) { return holds_domain(d, path); });
}

void list(const api_ptr& api, http_request& what, const responder& answer) {
  query_reader query{what.query};
  task_filter filter;
  filter.domain = query.text("domain");
  filter.session = query.text("session");
  if (const auto state = query.text("state"); !state.empty()) {
    filter.state = parse_enum<task_state>(state);
    if (!filter.state)
      query.fail("state must be one of " + words_of<task_state>());
  }
  filter.limit = query.count("limit", 100, task_filter::max_listed);
  if (const auto bad = query.end())
    return refuse(answer, *bad, what.path);
  // A domain that the fleet has no more may have left tasks: only when there are none either is it
  // not there.
  refused nobody;
  if (!filter.domain.empty()) {
    const auto fleet = api->node.fleet_now();
    const auto known = domains_for(*fleet, what.pass.get(), access_scope::read);
    if (std::none_of(known.begin(), known.end(),
                     [&](const domain_spec* d) { return holds_domain(*d, filter.domain); }))
      nobody = {refusal::unknown_domain, "there is no domain '" + filter.domain + "'", {}};
  }
  api->node_for(what)->list_tasks(filter, [nobody, then = rendered<std::vector<task_record_ptr>>(
                                                       answer, what.path, many_tasks)](
                                              std::vector<task_record_ptr> all, const refused& no) {
    const bool none = all.empty() && no.why == refusal::none;
    then(std::move(all), none ? nobody : no);
  });
}

void cancel(const api_ptr& api, http_request& what, const responder& answer) {
  problem bad;
  const auto body = read_object(what, bad, true);
  if (!body)
    return refuse(answer, bad, what.path);
  std::vector<body_error> errors;
  member_reader in{*body, "", errors};
  auto why = in.text("why", 1024);
  in.end();
  if (!errors.empty())
    return refuse(answer, bad_request("the body breaks its schema", std::move(errors)), what.path);
  if (why.empty())
    why = "cancelled by the client";
  auto then = rendered<task_record_ptr>(answer, what.path, one_task);
  if (!what.pass)
    return api->node.cancel(what.parameters[0], std::move(why), std::move(then));
  // Who may see the task and not cancel it is told so; to others it is not there.
  const auto node = api->node_for(what, access_scope::submit);
  api->node_for(what)->find_task(
      what.parameters[0],
      [=, pass = what.pass, id = what.parameters[0],
       path = std::string{what.path}](const task_record_ptr& seen, const refused&) {
        if (seen && !pass->allows(access_scope::submit, seen->what->domain))
          refuse(answer, not_allowed("this key may see this task, and not cancel it"), path);
        else
          node->cancel(id, why, then);
      });
}

} // namespace

void add_tasks(router& to, const api_ptr& api) {
  to.add("GET", "/v1/tasks/{id}", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) {
           if (const auto bad = query_reader{what.query}.end())
             return refuse(answer, *bad, what.path);
           api->node_for(what)->find_task(what.parameters[0],
                                          rendered<task_record_ptr>(answer, what.path, one_task));
         });
  to.add("GET", "/v1/tasks", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) { list(api, what, answer); });
  to.add("POST", "/v1/tasks/{id}/cancel", route_need::somewhere(access_scope::submit),
         [api](http_request& what, const responder& answer) { cancel(api, what, answer); });
}

} // namespace troupe
