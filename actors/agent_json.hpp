#pragma once

#include <troupe/agent.hpp>
#include <troupe/json.hpp>

#include <string_view>

namespace troupe {

class redactor;

/// A call as agents in other languages read it (docs/reference/agents.md): task, step, attempt,
/// skill, text, input, context, deadline_ms (milliseconds left), idempotency_key.
[[nodiscard]] json call_to_json(const agent_call& what, timestamp now);

/// Reads an agent's answer: {"text", "data", "confidence", "usage"} or {"error": {"reason",
/// "detail", "retry_after_ms"}}. Whatever breaks this contract becomes `invalid_output` with the
/// place where it broke.
[[nodiscard]] outcome outcome_from_json(const json& answer);
/// What is quoted of an answer that is no JSON is masked by `secrets`, if there are any.
[[nodiscard]] outcome outcome_from_text(std::string_view answer, const redactor* secrets = nullptr);

} // namespace troupe
