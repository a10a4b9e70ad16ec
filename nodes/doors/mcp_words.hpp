#pragma once

#include "nodes/client.hpp"
#include "nodes/doors/http_message.hpp"
#include "nodes/doors/offers.hpp"
#include "nodes/doors/problem.hpp"

#include <troupe/json.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

// The words of the Model Context Protocol, as a server of tools. Pure; any thread.

/// The revisions that are spoken, the newest first.
inline constexpr std::array<std::string_view, 2> mcp_revisions{"2025-11-25", "2025-06-18"};

[[nodiscard]] std::string mcp_result(const json& id, json result);
[[nodiscard]] std::string mcp_error(const json& id, int code, std::string_view message);
[[nodiscard]] std::string mcp_notification(std::string_view method, json parameters);

/// The answer to `initialize`: the revision that was asked for, or the newest one.
[[nodiscard]] json mcp_welcome(const fleet_spec& fleet, const json& parameters);

/// The names of the tools that stand for the offers, in their order: letters, digits, `_` and `-`
/// only and at most 64 of them, because many models take no other. Where two would be called alike,
/// or one too long, each of them ends with a piece of its id's hash: neither may stand for the
/// other only because it comes first.
[[nodiscard]] std::vector<std::string> mcp_tool_names(const std::vector<skill_offer>& offers);
/// The answer to `tools/list`.
[[nodiscard]] json mcp_tools(const std::vector<skill_offer>& offers);

/// The task that a `tools/call` asks for; nothing, with a sentence in `why`, if it is none.
[[nodiscard]] std::optional<task_request>
read_tool_call(const json& parameters, const std::vector<skill_offer>& offers, std::string& why);
/// What came of it, good or bad: models are to see both.
[[nodiscard]] json mcp_tool_result(const task_record& x);

/// What the router refuses, as JSON-RPC.
[[nodiscard]] http_reply to_mcp_problem(const problem& p, std::string_view path);

} // namespace troupe
