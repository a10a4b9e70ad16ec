#pragma once

#include <troupe/json.hpp>
#include <troupe/model.hpp>
#include <troupe/tool.hpp>

#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Tools that whoever submitted a task runs himself: what a door puts into the task's data under
/// `client`, and what an agent with a model makes of it.
///
///     {"tools": [{"name", "description", "parameters"}],
///      "turns": [{"calls": [{"id", "name", "arguments"}]}, {"answers": ID, "text": TEXT}]}
///
/// A task of which the model wants some of them used ends with `data.tool_calls`, and the next one,
/// with the results among its turns, goes on from there.
struct client_tools {
  std::vector<tool_card> tools;    ///< they have no effects that the fleet would answer for
  std::vector<chat_message> turns; ///< what was wanted of them so far, and what they said
  [[nodiscard]] const tool_card* find(const std::string& name) const;

  /// Takes what is sound in `data` and leaves the rest.
  [[nodiscard]] static client_tools of(const json& data);
};

/// `data.tool_calls` of an outcome: [{"id", "name", "arguments"}].
[[nodiscard]] json calls_as_data(const std::vector<tool_call>& calls);
[[nodiscard]] std::vector<tool_call> calls_in_data(const json& data);

inline constexpr std::size_t client_tools_max = 128;
inline constexpr std::size_t client_turns_max = 256;

} // namespace troupe
