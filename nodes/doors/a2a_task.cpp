#include "nodes/doors/a2a_task.hpp"

#include "nodes/time_text.hpp"

#include <array>

namespace troupe {

namespace {

constexpr std::array<std::pair<task_state, std::string_view>, 8> states{{
    {task_state::submitted, "TASK_STATE_SUBMITTED"},
    {task_state::working, "TASK_STATE_WORKING"},
    {task_state::input_required, "TASK_STATE_WORKING"},
    {task_state::auth_required, "TASK_STATE_AUTH_REQUIRED"},
    {task_state::completed, "TASK_STATE_COMPLETED"},
    {task_state::failed, "TASK_STATE_FAILED"},
    {task_state::canceled, "TASK_STATE_CANCELED"},
    {task_state::rejected, "TASK_STATE_REJECTED"},
}};

json agent_says(const task_record& x, std::string_view what, std::string text) {
  json out{{"messageId", x.what->id + "/" + std::string{what}},
           {"taskId", x.what->id},
           {"role", "ROLE_AGENT"},
           {"parts", json::array({{{"text", std::move(text)}}})}};
  if (!x.what->context_id.empty())
    out["contextId"] = x.what->context_id;
  return out;
}

json status_of(const task_record& x) {
  json out{{"state", a2a_state(x.state)}, {"timestamp", time_text(x.updated)}};
  if (x.state == task_state::input_required)
    out["message"] = agent_says(x, "waits", "somebody of the fleet has to decide");
  else if (x.result && x.result->failed)
    out["message"] =
        agent_says(x, "failed",
                   std::string{to_string(x.result->failed.why)} +
                       (x.result->failed.detail.empty() ? "" : ": ") + x.result->failed.detail);
  return out;
}

} // namespace

std::string_view a2a_state(task_state s) noexcept {
  for (const auto& [state, word] : states)
    if (state == s)
      return word;
  return "TASK_STATE_UNSPECIFIED";
}

std::optional<task_state> parse_a2a_state(std::string_view given) noexcept {
  for (const auto& [state, word] : states)
    if (word == given)
      return state;
  return std::nullopt;
}

json a2a_artifact(const task_record& x) {
  auto parts = json::array();
  if (x.result && !x.result->text.empty())
    parts.push_back({{"text", x.result->text}, {"mediaType", "text/plain"}});
  if (x.result && x.result->data.is_object())
    parts.push_back({{"data", x.result->data}, {"mediaType", "application/json"}});
  if (parts.empty())
    return nullptr;
  json out{{"artifactId", "answer"}, {"name", "answer"}, {"parts", std::move(parts)}};
  if (x.result->partial)
    out["description"] = "a part of the answer: some of what was asked for is missing";
  return out;
}

json a2a_task(const task_record& x, a2a_shape shape) {
  json out{
      {"id", x.what->id}, {"status", status_of(x)}, {"metadata", {{"domain", x.what->domain}}}};
  if (!x.what->context_id.empty())
    out["contextId"] = x.what->context_id;
  if (shape.artifacts)
    if (auto answer = a2a_artifact(x); !answer.is_null())
      out["artifacts"] = json::array({std::move(answer)});
  if (shape.history > 0 && !x.what->text.empty()) {
    json asked{{"messageId", x.what->id + "/asked"},
               {"taskId", x.what->id},
               {"role", "ROLE_USER"},
               {"parts", json::array({{{"text", x.what->text}}})}};
    if (!x.what->context_id.empty())
      asked["contextId"] = x.what->context_id;
    out["history"] = json::array({std::move(asked)});
  }
  return out;
}

json a2a_fresh_task(const std::string& id, const std::string& context_id) {
  return {{"id", id},
          {"contextId", context_id},
          {"status", {{"state", a2a_state(task_state::submitted)}}}};
}

json a2a_status_update(const task_record& x) {
  return {{"statusUpdate",
           {{"taskId", x.what->id}, {"contextId", x.what->context_id}, {"status", status_of(x)}}}};
}

json a2a_artifact_update(const task_record& x, json artifact) {
  return {{"artifactUpdate",
           {{"taskId", x.what->id},
            {"contextId", x.what->context_id},
            {"artifact", std::move(artifact)},
            {"lastChunk", true}}}};
}

} // namespace troupe
