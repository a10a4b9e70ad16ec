#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/mcp_call.hpp"
#include "nodes/doors/mcp_words.hpp"

#include <algorithm>
#include <random>

namespace troupe {

namespace {

constexpr milliseconds tool_wait{600000};
constexpr std::size_t session_max = 128;

/// Nothing is kept under it: it tells apart the requests of clients that all count from one.
std::string new_session() {
  thread_local std::random_device chance;
  std::string out;
  for (int i = 0; i < 4; ++i) {
    auto x = chance();
    for (int k = 0; k < 8; ++k, x >>= 4)
      out += "0123456789abcdef"[x & 15];
  }
  return out;
}

http_reply said(std::string message, unsigned status = 200) {
  http_reply out;
  out.status = status;
  out.body = std::move(message);
  return out;
}

http_reply taken() {
  http_reply out;
  out.status = 202;
  out.type = {};
  return out;
}

/// A page of somewhere else may not speak to us through its reader's browser.
bool comes_from_elsewhere(const http_request& what) noexcept {
  auto origin = what.header("origin");
  if (origin.empty())
    return false;
  const auto scheme = origin.find("://");
  return scheme == std::string_view::npos || origin.substr(scheme + 3) != what.header("host");
}

bool is_id(const json& x) noexcept {
  return x.is_string() || x.is_number_integer();
}

class mcp_door {
 public:
  explicit mcp_door(api_ptr api)
      : api_(std::move(api)) {}

  void serve(http_request& what, const responder& answer) const {
    if (comes_from_elsewhere(what))
      return answer.send(said(mcp_error(nullptr, -32000, "this origin is not let in"), 403));
    problem bad;
    auto message = read_object(what, bad);
    if (!message)
      return answer.send(to_mcp_problem(bad, what.path));
    const auto version = what.header("mcp-protocol-version");
    if (!version.empty() && !speaks(version))
      return answer.send(said(
          mcp_error(nullptr, -32000, "this revision of the protocol is not spoken here"), 400));
    const auto id = message->value("id", json{});
    const auto method = message->value("method", json{});
    if (message->value("jsonrpc", json{}) != "2.0" || (!id.is_null() && !is_id(id)))
      return answer.send(
          said(mcp_error(nullptr, -32600, "this is no message of JSON-RPC 2.0"), 400));
    if (!method.is_string()) // The answer to a request; this server sends none.
      return answer.send(message->contains("result") || message->contains("error")
                             ? taken()
                             : said(mcp_error(id, -32600, "a request needs a method"), 400));
    auto parameters = message->value("params", json::object());
    if (!parameters.is_object())
      return answer.send(said(mcp_error(id, -32602, "params must be an object"), 400));
    if (id.is_null())
      return notified(what, answer, method.get_ref<const std::string&>(), parameters);
    perform(what, answer, method.get_ref<const std::string&>(), id, parameters);
  }

 private:
  static bool speaks(std::string_view version) noexcept {
    // Before they are told otherwise, clients of that time name the revision before these.
    return version == "2025-03-26" ||
           std::find(mcp_revisions.begin(), mcp_revisions.end(), version) != mcp_revisions.end();
  }

  static mcp_calls::name name_of(const http_request& what, const json& id) {
    return {(what.pass ? what.pass->key().id : "") + "/" +
                std::string{what.header("mcp-session-id").substr(0, session_max)},
            as_text(id)};
  }

  void notified(const http_request& what, const responder& answer, const std::string& method,
                const json& parameters) const {
    if (method == "notifications/cancelled")
      if (const auto which = parameters.value("requestId", json{}); is_id(which)) {
        const auto why = parameters.value("reason", json{});
        calls_->cancel(name_of(what, which),
                       why.is_string() ? why.get<std::string>().substr(0, 1024) : std::string{});
      }
    answer.send(taken());
  }

  void perform(const http_request& what, const responder& answer, const std::string& method,
               const json& id, const json& parameters) const {
    const auto current = api_->node.fleet_now();
    const auto& fleet = *current;
    if (method == "initialize") {
      auto out = said(mcp_result(id, mcp_welcome(fleet, parameters)));
      out.add("Mcp-Session-Id", new_session());
      return answer.send(std::move(out));
    }
    if (method == "ping")
      return answer.send(said(mcp_result(id, json::object())));
    if (method == "tools/list")
      return answer.send(said(mcp_result(id, mcp_tools(offers_of(fleet, what.pass.get())))));
    if (method != "tools/call")
      return answer.send(said(mcp_error(id, -32601, "there is no such method")));
    std::string why;
    auto task = read_tool_call(parameters, offers_of(fleet, what.pass.get()), why);
    if (!task)
      return answer.send(said(mcp_error(id, -32602, why)));
    mcp_call::request wish{std::move(*task), id, nullptr, name_of(what, id),
                           what.header("accept").find("text/event-stream") !=
                               std::string_view::npos};
    if (const auto about = parameters.value("_meta", json::object()); about.is_object())
      if (const auto token = about.value("progressToken", json{}); is_id(token))
        wish.progress_token = token;
    std::make_shared<mcp_call>(api_->node_for(what, access_scope::submit), answer, calls_,
                               std::move(wish))
        ->start(tool_wait);
  }

  api_ptr api_;
  std::shared_ptr<mcp_calls> calls_ = std::make_shared<mcp_calls>();
};

} // namespace

void add_mcp(router& to, const api_ptr& api) {
  to.add(
      "POST", "/mcp", route_need::somewhere(access_scope::submit),
      [door = std::make_shared<const mcp_door>(api)](http_request& what, const responder& answer) {
        door->serve(what, answer);
      },
      {"application/json", "text/event-stream"}, to_mcp_problem);
}

} // namespace troupe
