#pragma once

#include <troupe/json.hpp>

#include <functional>
#include <optional>
#include <string>

namespace troupe::testing {

/// The line by which a scripted MCP server that has `what`, "tools" or "resources", answers one: it
/// greets by itself, and says to every other request what `result` gives; null: nothing, as to
/// what wants no answer.
inline std::optional<std::string> mcp_answer(const char* what, const json& in,
                                             const std::function<json(const json&)>& result) {
  if (!in.contains("id"))
    return std::nullopt;
  json out{{"jsonrpc", "2.0"}, {"id", in["id"]}};
  if (in["method"] == "initialize")
    out["result"] = {{"protocolVersion", in["params"]["protocolVersion"]},
                     {"capabilities", {{what, json::object()}}},
                     {"serverInfo", {{"name", "scripted"}, {"version", "1"}}}};
  else
    out["result"] = result(in);
  if (out["result"].is_null())
    return std::nullopt;
  return as_text(out);
}

} // namespace troupe::testing
