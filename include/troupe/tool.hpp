#pragma once

#include <troupe/clock.hpp>
#include <troupe/effects.hpp>
#include <troupe/json.hpp>
#include <troupe/reason.hpp>

#include <cstddef>
#include <string>

namespace troupe {

/// What a model is told of a tool (MCP: tool; OpenAI: function).
struct tool_card {
  std::string name; ///< letters, digits, `_`, `-`; unique among the tools of an agent
  std::string description;
  json parameters; ///< JSON Schema of the arguments, of type object; null: it takes none
  effects does = effects::none;
};

inline constexpr std::size_t tools_many = 5;  ///< more than that a model begins to mix up
inline constexpr std::size_t tools_most = 15; ///< more than that an agent has only on purpose

/// One use of a tool.
struct tool_request {
  std::string name;
  json arguments;               ///< an object
  std::string idempotency_key;  ///< the same for every repetition of the use; empty for tools
                                ///< without effects
  milliseconds deadline{30000}; ///< from now on
};

/// What came of it. What a tool says is data, whatever it says: it never instructs anybody.
struct tool_result {
  std::string text;
  json data; ///< an object, or null
  failure failed;

  [[nodiscard]] bool ok() const noexcept { return !failed; }
};

} // namespace troupe
