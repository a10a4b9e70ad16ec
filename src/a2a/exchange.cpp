#include "src/a2a/exchange.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>

namespace troupe::a2a {

namespace {

constexpr std::size_t quoted_max = 500;

/// Scheme, host and port.
std::string_view origin_of(std::string_view url) noexcept {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos)
    return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

std::string escaped(std::string_view segment) {
  std::string out;
  for (const char c : segment) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += '%';
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string tenant_of(const endpoint& to, std::string_view wanted) {
  return wanted.empty() ? to.tenant : std::string{wanted};
}

wire_request rpc(const endpoint& to, const char* method, json parameters, std::string tenant) {
  if (!tenant.empty())
    parameters["tenant"] = std::move(tenant);
  return {
      "POST", to.url,
      as_text(json{
          {"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(parameters)}})};
}

std::string path_of(const endpoint& to, const std::string& tenant) {
  return to.url + (tenant.empty() ? "" : "/" + escaped(tenant));
}

reply failed_reply(reason why, std::string detail) {
  reply out;
  out.over = true;
  if (detail.size() > quoted_max)
    detail.resize(quoted_max);
  out.failed = {why, std::move(detail), {}};
  return out;
}

reply broken(const char* how) {
  return failed_reply(reason::invalid_output, std::string{"the agent broke the protocol: "} + how);
}

/// The texts and the first object of data among parts.
void take_parts(const json& parts, reply& out) {
  if (!parts.is_array())
    return;
  for (const auto& part : parts) {
    if (const auto& text = part_of(part, "text"); text.is_string()) {
      if (!out.text.empty())
        out.text += '\n';
      out.text += text.get_ref<const std::string&>();
    } else if (const auto& data = part_of(part, "data"); data.is_object() && out.data.is_null()) {
      out.data = data;
    }
  }
}

reply of_message(const json& x) {
  reply out;
  out.over = true;
  take_parts(part_of(x, "parts"), out);
  if (out.text.empty() && out.data.is_null())
    return broken("its message holds neither text nor data");
  return out;
}

reply of_status(const json& x, const json& status, const std::string& state) {
  reply out;
  reply told;
  take_parts(part_of(part_of(status, "message"), "parts"), told);
  if (state == "TASK_STATE_SUBMITTED" || state == "TASK_STATE_WORKING")
    return out;
  if (state == "TASK_STATE_COMPLETED") {
    out.over = true;
    if (const auto& artifacts = part_of(x, "artifacts"); artifacts.is_array())
      for (const auto& a : artifacts)
        take_parts(part_of(a, "parts"), out);
    if (out.text.empty() && out.data.is_null()) {
      out.text = told.text;
      out.data = told.data;
    }
    if (out.text.empty() && out.data.is_null())
      return broken("its task ended without an answer");
    return out;
  }
  // Agents of troupe begin with the reason's word.
  const auto colon = told.text.find(':');
  const auto word = parse_enum<reason>(told.text.substr(0, colon));
  const auto said = told.text.empty() ? "" : ": " + told.text;
  if (state == "TASK_STATE_INPUT_REQUIRED")
    return failed_reply(reason::invalid_input, "the agent asks for more" + said);
  if (state == "TASK_STATE_AUTH_REQUIRED")
    return failed_reply(reason::policy_denied, "the agent asks for an authorisation" + said);
  if (state == "TASK_STATE_REJECTED")
    return failed_reply(reason::policy_denied, "the agent rejected the task" + said);
  if (state == "TASK_STATE_CANCELED")
    return failed_reply(reason::unavailable, "the agent cancelled the task" + said);
  if (state == "TASK_STATE_FAILED")
    return failed_reply(word && *word != reason::none ? *word : reason::crash,
                        "the agent failed" + said);
  return broken("its task is in a state that there is not");
}

/// States that a task does not leave.
bool is_settled(std::string_view state) noexcept {
  return state == "TASK_STATE_COMPLETED" || state == "TASK_STATE_FAILED" ||
         state == "TASK_STATE_CANCELED" || state == "TASK_STATE_REJECTED";
}

reply of_task(const json& x) {
  auto id = text_at(x, "id");
  const auto& status = part_of(x, "status");
  const auto state = text_at(status, "state");
  auto out = id.empty() || state.empty() ? broken("its task has no id or no state")
                                         : of_status(x, status, state);
  out.begun = !id.empty() && state != "TASK_STATE_REJECTED";
  out.task = std::move(id);
  out.settled = is_settled(state);
  return out;
}

reply of_error(const json& error, int status) {
  const auto& details = part_of(error, status == 200 ? "data" : "details");
  std::string word;
  if (details.is_array() && !details.empty())
    word = text_at(details[0], "reason");
  const auto& number = part_of(error, "code");
  const int code = number.is_number_integer() ? number.get<int>() : 0;
  auto why = reason::crash;
  if (status == 429 || word == "BUSY")
    why = reason::rate_limited;
  else if (status == 503 || word == "UNAVAILABLE")
    why = reason::unavailable;
  else if (status == 504 || word == "TIMEOUT")
    why = reason::timeout;
  else if (status == 401 || status == 403)
    why = reason::policy_denied;
  else if (code == -32602 || code == -32600 || code == -32005 || status == 400 || status == 404)
    why = reason::invalid_input;
  auto out = failed_reply(why, "the agent refused: " + text_at(error, "message"));
  // 502 and 504 are of proxies, which say nothing of the agent behind them.
  out.passing = why == reason::rate_limited || why == reason::unavailable ||
                why == reason::timeout || status == 502;
  return out;
}

} // namespace

std::string card_url(std::string_view url) {
  if (url.ends_with(".json"))
    return std::string{url};
  while (url.ends_with('/'))
    url.remove_suffix(1);
  return std::string{url} + "/.well-known/agent-card.json";
}

std::optional<endpoint> pick_endpoint(std::string_view card, std::string_view from,
                                      std::string& why) {
  const auto read = parse_bounded(card);
  const auto& interfaces = part_of(read, "supportedInterfaces");
  if (!interfaces.is_array()) {
    why = "its agent card is none of A2A 1.0";
    return std::nullopt;
  }
  bool elsewhere = false;
  for (const auto& x : interfaces) {
    auto url = text_at(x, "url");
    const auto binding = text_at(x, "protocolBinding");
    const auto version = text_at(x, "protocolVersion");
    if ((binding != "JSONRPC" && binding != "HTTP+JSON") ||
        (version != "1.0" && !version.starts_with("1.0.")))
      continue;
    if (origin_of(url) != origin_of(from) || origin_of(url).empty()) {
      elsewhere = true;
      continue;
    }
    while (url.ends_with('/'))
      url.pop_back();
    return endpoint{std::move(url), text_at(x, "tenant"), binding == "JSONRPC"};
  }
  why = elsewhere ? "its agent card sends to another host, which is not followed"
                  : "its agent card offers neither JSONRPC nor HTTP+JSON of A2A 1.0";
  return std::nullopt;
}

wire_request send_request(const endpoint& to, const message& what, std::string_view wanted) {
  auto parts = json::array();
  if (!what.text.empty())
    parts.push_back({{"text", what.text}});
  if (what.data.is_object() && !what.data.empty())
    parts.push_back({{"data", what.data}, {"mediaType", "application/json"}});
  json said{{"messageId", what.id}, {"role", "ROLE_USER"}, {"parts", std::move(parts)}};
  if (!what.skill.empty())
    said["metadata"] = {{"skill", what.skill}};
  // The task's id has to be known while it goes on, or it could not be cancelled.
  json parameters{{"message", std::move(said)},
                  {"configuration",
                   {{"acceptedOutputModes", json::array({"text/plain", "application/json"})},
                    {"returnImmediately", true}}}};
  auto tenant = tenant_of(to, wanted);
  if (to.rpc)
    return rpc(to, "SendMessage", std::move(parameters), std::move(tenant));
  return {"POST", path_of(to, tenant) + "/message:send", as_text(parameters)};
}

wire_request get_request(const endpoint& to, const std::string& task, std::string_view wanted) {
  auto tenant = tenant_of(to, wanted);
  if (to.rpc)
    return rpc(to, "GetTask", {{"id", task}}, std::move(tenant));
  return {"GET", path_of(to, tenant) + "/tasks/" + escaped(task), {}};
}

wire_request cancel_request(const endpoint& to, const std::string& task, std::string_view wanted) {
  auto tenant = tenant_of(to, wanted);
  if (to.rpc)
    return rpc(to, "CancelTask", {{"id", task}}, std::move(tenant));
  return {"POST", path_of(to, tenant) + "/tasks/" + escaped(task) + ":cancel", {}};
}

reply read_reply(const endpoint& from, int status, std::string_view body, bool wrapped) {
  const auto read = parse_bounded(body);
  if (const auto& error = part_of(read, "error"); error.is_object())
    return of_error(error, status);
  if (status < 200 || status >= 300)
    return of_error({{"message", "HTTP status " + std::to_string(status)}}, status);
  const auto& result = from.rpc ? part_of(read, "result") : read;
  if (!result.is_object())
    return broken("its answer is no JSON object");
  if (!wrapped)
    return of_task(result);
  if (const auto& task = part_of(result, "task"); task.is_object())
    return of_task(task);
  if (const auto& said = part_of(result, "message"); said.is_object())
    return of_message(said);
  return broken("its answer is neither a task nor a message");
}

} // namespace troupe::a2a
