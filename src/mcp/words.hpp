#pragma once

#include <troupe/effects.hpp>
#include <troupe/json.hpp>
#include <troupe/tool.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::mcp {

// The words of the Model Context Protocol, as a client of servers. Pure; any thread.

/// The revisions that are spoken: the current one, which is asked for, and those before it that
/// servers answer with and that say what we use in the same words.
inline constexpr std::array<std::string_view, 3> revisions{"2025-11-25", "2025-06-18",
                                                           "2025-03-26"};
[[nodiscard]] bool speaks(std::string_view revision) noexcept;

[[nodiscard]] std::string request_text(std::uint64_t id, std::string_view method,
                                       const json& parameters);
[[nodiscard]] std::string notification_text(std::string_view method, const json& parameters);
[[nodiscard]] std::string result_text(const json& id, json result);
[[nodiscard]] std::string error_text(const json& id, int code, std::string_view why);

/// A message from a server.
struct incoming {
  enum class kind : std::uint8_t { result, error, request, notification };
  kind what = kind::notification;
  json id; ///< of results and errors that answer us a number
  std::string method;
  json body; ///< the result, the error or the parameters
};
/// Nothing when it is no message of JSON-RPC 2.0.
[[nodiscard]] std::optional<incoming> read_message(std::string_view text);

/// A tool as a server describes it.
struct tool_description {
  std::string name;
  std::string title;
  std::string description;
  json input; ///< JSON Schema of the arguments
};
/// The tools of one page; those that have no name or a broken schema are left out.
[[nodiscard]] std::vector<tool_description> read_tools(const json& result);

/// The name under which a model may call it: letters, digits, `_` and `-`, at most 64.
[[nodiscard]] std::string plain_name(std::string_view name);

/// What a tool said. One that failed and only reads is `invalid_input`: it is for whoever called to
/// do better. One with effects is `crash`: `isError` says that it did not get to its end, and not
/// how far it got.
[[nodiscard]] tool_result read_tool_result(const json& result, effects does);

/// The defaults of the fields that a server asks a person for, as far as it names any.
[[nodiscard]] json defaults_of(const json& schema);

/// What a server has to read, of one page of `resources/list` or `resources/templates/list`:
/// {"uri" or "uri_template", "name", "description", "type", "bytes"}, as far as it says so and cut
/// to what a model should read. Those without an address, or with an endless one, are left out.
[[nodiscard]] std::vector<json> read_resources(const json& result);

/// What there is of a text from byte `from` on, at most `most` bytes of it, and no broken letter.
[[nodiscard]] std::string_view piece_of(std::string_view text, std::size_t from,
                                        std::size_t most) noexcept;

/// The texts of a resource (`resources/read`) or of the messages of a prompt (`prompts/get`).
[[nodiscard]] std::string read_texts(const json& result);

} // namespace troupe::mcp
