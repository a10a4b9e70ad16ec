#include "nodes/doors/a2a_card.hpp"
#include "nodes/doors/a2a_list.hpp"
#include "nodes/doors/a2a_push.hpp"
#include "nodes/doors/a2a_request.hpp"
#include "nodes/doors/a2a_run.hpp"
#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/uri.hpp"

#include <utility>

namespace troupe {

namespace {

constexpr milliseconds cancel_wait{5000};

/// What both bindings come down to: an operation with its parameters and the voice that answers.
struct a2a_call {
  api_ptr api;
  http_request& what;
  const responder& answer;
  a2a_voice voice;
  json parameters;

  void fail(a2a_error why, std::string detail) const {
    answer.send(voice.fault({why, std::move(detail), {}}));
  }
  void fail(const a2a_fault& why) const { answer.send(voice.fault(why)); }
  [[nodiscard]] std::shared_ptr<a2a_run> run(access_scope as) const {
    return std::make_shared<a2a_run>(api->node_for(what, as), answer, voice);
  }
  [[nodiscard]] std::vector<skill_offer> offers() const {
    return offers_of(*api->node.fleet_now(), what.pass.get());
  }
};

/// The task that a request names.
std::optional<std::string> named_task(const a2a_call& c) {
  a2a_fault why;
  auto id = read_a2a_text(c.parameters, "id", why);
  if (id && !id->empty())
    return id;
  if (id)
    why = {a2a_error::invalid_params, "id must name a task", {}};
  c.fail(why);
  return std::nullopt;
}

/// The configuration, if notifications may go where it says; answers by itself when not.
std::optional<push_config> push_wanted(const a2a_call& c, const json& from, std::string task) {
  if (!c.api->settings.push) {
    c.fail(a2a_error::push_not_supported,
           "this agent sends no push notifications; its card says so");
    return std::nullopt;
  }
  a2a_fault why;
  auto out = read_push_config(from, std::move(task), why);
  if (out)
    if (auto no = why_no_push_to(out->url, c.api->settings.push->hosts()); !no.empty()) {
      why = {a2a_error::invalid_params, std::move(no), {}};
      out = std::nullopt;
    }
  if (!out)
    c.fail(why);
  return out;
}

/// Create, get, list and delete configurations of a task that whoever asks may see.
void push(const a2a_call& c, std::string_view method) {
  if (!c.api->settings.push)
    return c.fail(a2a_error::push_not_supported,
                  "this agent sends no push notifications; its card says so");
  a2a_fault why;
  const auto task = read_a2a_text(c.parameters, "taskId", why);
  const auto id = task ? read_a2a_text(c.parameters, "id", why) : std::nullopt;
  if (!id)
    return c.fail(why);
  if (task->empty())
    return c.fail(a2a_error::invalid_params, "taskId must name a task");
  std::optional<push_config> wanted;
  if (method.starts_with("Create")) {
    wanted = push_wanted(c, c.parameters, *task);
    if (!wanted)
      return;
  }
  const auto node = c.api->node_for(c.what);
  node->find_task(*task, [desk = c.api->settings.push, answer = c.answer, voice = c.voice, wanted,
                          node, task = *task, id = *id, how = std::string{method}](
                             const task_record_ptr& record, const refused& no) {
    const auto fail = [&](a2a_error what, const char* detail) {
      answer.send(voice.fault({what, detail, {}}));
    };
    if (no.why != refusal::none)
      return answer.send(voice.fault(fault_of(no)));
    if (!record)
      return fail(a2a_error::task_not_found, "no such task");
    if (wanted) {
      const auto made = desk->set(*wanted, node);
      if (!made)
        return fail(a2a_error::busy, "there are too many configurations");
      auto out = to_json(*made);
      // Whoever has made it is told what it was made with, and nobody later.
      if (!made->token.empty())
        out["token"] = made->token;
      return answer.send(voice.result(std::move(out)));
    }
    if (how.starts_with("List")) {
      auto all = json::array();
      for (const auto& x : desk->list(task))
        all.push_back(to_json(x));
      return answer.send(voice.result({{"configs", std::move(all)}}));
    }
    const auto there = desk->get(task, id);
    if (!there)
      return fail(a2a_error::task_not_found, "this node knows of no such configuration");
    if (how.starts_with("Get"))
      return answer.send(voice.result(to_json(*there)));
    desk->remove(task, id);
    answer.send(voice.result(json::object()));
  });
}

void send(const a2a_call& c, bool streams) {
  a2a_fault why;
  auto wish =
      read_a2a_message(c.parameters, c.offers(), c.what.pass ? c.what.pass->key().id : "", why);
  if (!wish)
    return c.fail(why);
  if (!wish->continues.empty())
    return c.api->node_for(c.what)->find_task(
        wish->continues,
        [answer = c.answer, voice = c.voice](const task_record_ptr& record, const refused&) {
          a2a_fault no{a2a_error::unsupported_operation,
                       "the task takes no further messages: leave taskId out, contextId goes on "
                       "with the conversation",
                       {}};
          if (!record)
            no = {a2a_error::task_not_found, "no such task", {}};
          answer.send(voice.fault(no));
        });
  const auto run = c.run(access_scope::submit);
  if (!wish->push.is_null()) {
    auto push = push_wanted(c, wish->push, {});
    if (!push)
      return;
    run->when_taken([desk = c.api->settings.push,
                     node = c.api->node_for(c.what, access_scope::submit),
                     push = *push](const std::string& id) mutable {
      push.task = id;
      desk->set(push, node);
    });
  }
  if (streams)
    run->stream(std::move(*wish));
  else
    run->send(std::move(*wish), c.api->settings.wait_max);
}

void get(const a2a_call& c) {
  a2a_fault why;
  const auto id = named_task(c);
  if (!id)
    return;
  const auto history = read_history(c.parameters, 0, why);
  if (!history)
    return c.fail(why);
  c.api->node_for(c.what)->find_task(
      *id, [answer = c.answer, voice = c.voice,
            shape = a2a_shape{*history, true}](const task_record_ptr& record, const refused& no) {
        if (no.why != refusal::none)
          return answer.send(voice.fault(fault_of(no)));
        if (!record)
          return answer.send(voice.fault({a2a_error::task_not_found, "no such task", {}}));
        answer.send_made([record, voice, shape] { return voice.result(a2a_task(*record, shape)); });
      });
}

void list(const a2a_call& c) {
  a2a_fault why;
  const auto wish = read_a2a_list(c.parameters, why);
  if (!wish)
    return c.fail(why);
  c.api->node_for(c.what)->list_tasks(
      wish->filter, [answer = c.answer, voice = c.voice,
                     wish = *wish](std::vector<task_record_ptr> all, const refused& no) {
        if (no.why != refusal::none)
          return answer.send(voice.fault(fault_of(no)));
        answer.send_made(
            [all = std::move(all), voice, wish] { return voice.result(a2a_page(wish, all)); });
      });
}

void card(const a2a_call& c) {
  c.answer.send(c.voice.result(a2a_card(*c.api->node.fleet_now(), c.offers(),
                                        door_url(c.what, c.api->settings.tls),
                                        c.what.pass != nullptr, c.api->settings.push != nullptr)));
}

void cancel(const a2a_call& c) {
  if (auto id = named_task(c))
    c.run(access_scope::submit)->cancel(std::move(*id), cancel_wait);
}

void follow(const a2a_call& c) {
  if (auto id = named_task(c))
    c.run(access_scope::read)->follow(std::move(*id));
}

void perform(const a2a_call& c, std::string_view method) {
  if (method == "SendMessage")
    return send(c, false);
  if (method == "SendStreamingMessage")
    return send(c, true);
  if (method == "GetTask")
    return get(c);
  if (method == "ListTasks")
    return list(c);
  if (method == "CancelTask")
    return cancel(c);
  if (method == "SubscribeToTask")
    return follow(c);
  if (method == "GetExtendedAgentCard")
    return card(c);
  if (method == "CreateTaskPushNotificationConfig" || method == "GetTaskPushNotificationConfig" ||
      method == "ListTaskPushNotificationConfigs" || method == "DeleteTaskPushNotificationConfig")
    return push(c, method);
  c.fail(a2a_error::method_not_found, "there is no such method");
}

/// A request without the header speaks 0.3, says the protocol.
bool speaks_our_version(const http_request& what) noexcept {
  const auto version = what.header("a2a-version");
  return version == "1.0" || version.starts_with("1.0.");
}

constexpr const char* version_detail =
    "this agent speaks A2A 1.0: send the header A2A-Version: 1.0";

void serve_rpc(const api_ptr& api, http_request& what, const responder& answer) {
  problem bad;
  auto body = read_object(what, bad);
  json id;
  if (body)
    if (const auto given = body->find("id");
        given != body->end() && (given->is_string() || given->is_number_integer()))
      id = *given;
  const auto voice = a2a_voice::rpc(id);
  if (!body) {
    auto fault = fault_of(bad);
    if (fault.what == a2a_error::invalid_params)
      fault.what = a2a_error::invalid_request;
    return answer.send(voice.fault(fault));
  }
  const auto method = body->find("method");
  if (const auto version = body->find("jsonrpc");
      version == body->end() || *version != "2.0" || method == body->end() || !method->is_string())
    return answer.send(voice.fault(
        {a2a_error::invalid_request, "the body must be a request of JSON-RPC 2.0", {}}));
  auto parameters = body->find("params");
  a2a_call c{api, what, answer, voice,
             parameters == body->end() ? json::object() : std::move(*parameters)};
  if (!c.parameters.is_object())
    return c.fail(a2a_error::invalid_params, "params must be an object");
  if (!speaks_our_version(what))
    return c.fail(a2a_error::version, version_detail);
  perform(c, method->get_ref<const std::string&>());
}

/// The parameters of a request of HTTP+JSON: its body, or its query with numbers and truths read as
/// such; the tenant of its path.
std::optional<json> parameters_of(const http_request& what, bool tenant, a2a_fault& why) {
  auto out = json::object();
  if (what.method == "POST") {
    problem bad;
    auto body = read_object(what, bad, true);
    if (!body) {
      why = fault_of(bad);
      return std::nullopt;
    }
    out = std::move(*body);
  }
  std::string wrong;
  for (auto& [name, value] : parse_query(what.query, wrong)) {
    const bool number = name == "historyLength" || name == "pageSize";
    if (const auto n = number ? parse_count(value, 0, 1u << 30) : std::nullopt)
      out[name] = *n;
    else if (name == "includeArtifacts" && (value == "true" || value == "false"))
      out[name] = value == "true";
    else
      out[name] = std::move(value);
  }
  if (!wrong.empty()) {
    why = {a2a_error::invalid_params, std::move(wrong), {}};
    return std::nullopt;
  }
  if (tenant)
    out["tenant"] = what.parameters[0];
  return out;
}

void serve_http(const api_ptr& api, http_request& what, const responder& answer,
                std::string_view method, bool tenant) {
  a2a_fault why;
  auto parameters = parameters_of(what, tenant, why);
  a2a_call c{api, what, answer, a2a_voice::http(), parameters ? std::move(*parameters) : json{}};
  if (!parameters)
    return c.fail(why);
  if (!speaks_our_version(what))
    return c.fail(a2a_error::version, version_detail);
  const std::size_t first = tenant ? 1 : 0;
  if (method.find("PushNotification") != method.npos) {
    c.parameters["taskId"] = what.parameters.at(first);
    if (what.parameters.size() > first + 1)
      c.parameters["id"] = what.parameters[first + 1];
  } else if (what.parameters.size() > first) {
    // `ID`, `ID:cancel` or `ID:subscribe`.
    auto id = what.parameters.back();
    const auto colon = id.rfind(':');
    const auto verb = colon == std::string::npos ? std::string{} : id.substr(colon + 1);
    const bool posted = what.method == "POST";
    if (verb == "subscribe" || (verb == "cancel" && posted)) {
      method = verb == "cancel" ? "CancelTask" : "SubscribeToTask";
      id.resize(colon);
    } else if (posted) {
      return c.fail(a2a_error::method_not_found, "a task can be told to cancel or subscribe");
    }
    c.parameters["id"] = std::move(id);
  }
  perform(c, method);
}

} // namespace

void add_a2a(router& to, const api_ptr& api) {
  const auto submits = route_need::somewhere(access_scope::submit);
  const std::vector<std::string_view> plain{"application/json", "application/a2a+json"};
  const std::vector<std::string_view> both{"application/json", "application/a2a+json",
                                           "text/event-stream"};
  to.add(
      "GET", "/.well-known/agent-card.json", route_need::open(),
      [api](http_request& what, const responder& answer) {
        // Whoever has no key learns that there is a fleet, and not what it consists of.
        const bool closed = asks_for_keys(api->settings.access);
        const auto offers =
            closed ? std::vector<skill_offer>{} : offers_of(*api->node.fleet_now(), nullptr);
        answer.send(
            json_reply(a2a_card(*api->node.fleet_now(), offers, door_url(what, api->settings.tls),
                                closed, api->settings.push != nullptr)));
      },
      plain);
  to.add(
      "POST", "/a2a", submits,
      [api](http_request& what, const responder& answer) { serve_rpc(api, what, answer); }, both,
      to_rpc_problem);
  const auto add = [&](const char* verb, const std::string& path, std::string_view method) {
    for (const bool tenant : {false, true})
      to.add(
          verb, (tenant ? "/a2a/{tenant}" : "/a2a") + path, submits,
          [api, method, tenant](http_request& what, const responder& answer) {
            serve_http(api, what, answer, method, tenant);
          },
          both, to_a2a_problem);
  };
  add("POST", "/message:send", "SendMessage");
  add("POST", "/message:stream", "SendStreamingMessage");
  add("GET", "/tasks", "ListTasks");
  add("GET", "/tasks/{id}", "GetTask");
  add("POST", "/tasks/{id}", "GetTask");
  add("GET", "/extendedAgentCard", "GetExtendedAgentCard");
  const std::string push_of = "/tasks/{id}/pushNotificationConfigs";
  add("POST", push_of, "CreateTaskPushNotificationConfig");
  add("GET", push_of, "ListTaskPushNotificationConfigs");
  add("GET", push_of + "/{config}", "GetTaskPushNotificationConfig");
  add("DELETE", push_of + "/{config}", "DeleteTaskPushNotificationConfig");
}

} // namespace troupe
