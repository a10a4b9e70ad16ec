#include "nodes/doors/mcp_words.hpp"

#include "nodes/doors/body_reader.hpp"
#include "src/digest/digest.hpp"

#include <algorithm>
#include <unordered_map>

namespace troupe {

namespace {

json rpc_message(const json& id) {
  return {{"jsonrpc", "2.0"}, {"id", id}};
}

/// What a tool takes. The agent's own schema of its input stands for `data` where there is one.
json input_schema(const skill_offer& x) {
  json data{{"type", "object"}, {"description", "Structured input"}};
  if (x.takes.is_object())
    if (const auto own = x.takes.find("properties"); own != x.takes.end() && own->is_object())
      if (const auto input = own->find("input");
          input != own->end() && input->is_object() && input->value("type", json{}) == "object")
        data = *input;
  json out{{"type", "object"},
           {"properties",
            {{"text", {{"type", "string"}, {"description", "What is asked for, in words"}}},
             {"data", std::move(data)},
             {"session",
              {{"type", "string"},
               {"maxLength", name_max},
               {"description", "The conversation that this belongs to; any name"}}}}},
           {"additionalProperties", false}};
  if (x.skill.empty())
    out["required"] = json::array({"text"});
  return out;
}

constexpr std::size_t tool_name_max = 64;
constexpr std::size_t tool_hash_digits = 12;

std::string plain_tool_name(std::string_view id) {
  std::string out;
  for (const char c : id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
    if (c == '/')
      out += "__";
    else
      out += plain ? c : '_';
  }
  return out;
}

std::string hashed_tool_name(const std::string& plain, const std::string& id) {
  return plain.substr(0, tool_name_max - tool_hash_digits - 1) + '_' +
         hex(sha256(id)).substr(0, tool_hash_digits);
}

} // namespace

std::string mcp_result(const json& id, json result) {
  auto out = rpc_message(id);
  out["result"] = std::move(result);
  return as_text(out);
}

std::string mcp_error(const json& id, int code, std::string_view message) {
  auto out = rpc_message(id);
  out["error"] = {{"code", code}, {"message", message}};
  return as_text(out);
}

std::string mcp_notification(std::string_view method, json parameters) {
  return as_text(json{{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(parameters)}});
}

json mcp_welcome(const fleet_spec& fleet, const json& parameters) {
  const auto wanted = parameters.value("protocolVersion", json{});
  const auto hit =
      std::find_if(mcp_revisions.begin(), mcp_revisions.end(),
                   [&](std::string_view x) { return wanted.is_string() && wanted == x; });
  return {{"protocolVersion", hit == mcp_revisions.end() ? mcp_revisions.front() : *hit},
          {"capabilities", {{"tools", {{"listChanged", false}}}}},
          {"serverInfo", {{"name", fleet.name}, {"version", TROUPE_VERSION}}},
          {"instructions",
           "Each tool is a skill of a fleet of agents. The one that is called like a "
           "domain understands free text and finds out who can help."}};
}

std::vector<std::string> mcp_tool_names(const std::vector<skill_offer>& offers) {
  std::vector<std::string> out;
  std::unordered_map<std::string, int> called;
  for (const auto& x : offers)
    ++called[out.emplace_back(plain_tool_name(x.id))];
  for (std::size_t i = 0; i < out.size(); ++i)
    if (called[out[i]] > 1 || out[i].size() > tool_name_max)
      out[i] = hashed_tool_name(out[i], offers[i].id);
  return out;
}

json mcp_tools(const std::vector<skill_offer>& offers) {
  auto all = json::array();
  auto names = mcp_tool_names(offers);
  auto name = names.begin();
  for (const auto& x : offers)
    all.push_back({{"name", std::move(*name++)},
                   {"title", x.id},
                   {"description", x.description.empty() ? x.id : x.description},
                   {"inputSchema", input_schema(x)}});
  return {{"tools", std::move(all)}};
}

std::optional<task_request>
read_tool_call(const json& parameters, const std::vector<skill_offer>& offers, std::string& why) {
  const auto name = parameters.value("name", json{});
  const auto names = mcp_tool_names(offers);
  const auto called = std::find_if(names.begin(), names.end(), [&](const std::string& x) {
    return name.is_string() && name == x;
  });
  const auto hit = offers.begin() + (called - names.begin());
  if (hit == offers.end()) {
    why = "there is no such tool";
    return std::nullopt;
  }
  task_request out;
  out.domain = hit->domain;
  out.skill = hit->skill;
  const auto given = parameters.value("arguments", json::object());
  if (!given.is_object()) {
    why = "arguments must be an object";
    return std::nullopt;
  }
  std::vector<body_error> errors;
  member_reader in{given, "", errors};
  out.text = in.text("text");
  out.data = in.object("data");
  out.context_id = in.text("session", name_max);
  in.end();
  if (out.text.empty() && out.skill.empty() && errors.empty())
    in.fail("text", "must not be missing");
  if (out.data.is_object())
    if (const auto c = out.data.find("context"); c != out.data.end() && !c->is_object())
      errors.push_back({"/data/context", "must be an object"});
  if (!errors.empty()) {
    why = errors.front().pointer.substr(1) + " " + errors.front().detail;
    return std::nullopt;
  }
  return out;
}

json mcp_tool_result(const task_record& x) {
  const bool good = x.result && x.result->ok();
  auto content = json::array();
  if (x.result && !x.result->text.empty())
    content.push_back({{"type", "text"}, {"text", x.result->text}});
  if (!good) {
    const auto why = x.result ? x.result->failed : failure{};
    std::string said =
        x.state == task_state::canceled ? "the task was cancelled" : "the task failed";
    if (why)
      said += ": " + std::string{to_string(why.why)};
    if (!why.detail.empty())
      said += ": " + why.detail;
    content.push_back({{"type", "text"}, {"text", std::move(said)}});
  }
  json out{{"content", std::move(content)},
           {"isError", !good},
           {"_meta", {{"troupe/task", x.what->id}}}};
  if (x.result && x.result->data.is_object()) {
    out["structuredContent"] = x.result->data;
    // For clients that know texts only.
    if (x.result->text.empty())
      out["content"].push_back({{"type", "text"}, {"text", as_text(x.result->data)}});
  }
  return out;
}

http_reply to_mcp_problem(const problem& p, std::string_view path) {
  auto out = to_reply(p, path);
  out.type = "application/json";
  out.body = mcp_error(nullptr, p.word == "malformed_json" ? -32700 : -32000, p.detail);
  return out;
}

} // namespace troupe
