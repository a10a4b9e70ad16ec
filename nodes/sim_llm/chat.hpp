#pragma once

#include <troupe/model.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::sim_llm {

/// A request as either protocol says it.
struct chat {
  std::string model;
  std::vector<chat_message> messages;
  std::vector<tool_card> tools;
  json schema;           ///< of the answer; null: free text
  std::string must_call; ///< this tool, and nothing else; empty: as the model likes
  bool stream = false;
  bool tell_usage = true; ///< in a stream: the counts of tokens
};

/// What is answered.
struct spoken {
  std::string text;
  std::vector<tool_call> calls;
  std::string broken_arguments; ///< not empty: of the first call, in place of its own
  bool cut_off = false;
  bool refused = false;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t cached_tokens = 0; ///< of the input: told as read from a cache
};

/// The pieces of a stream: server-sent events, in order.
using pieces = std::vector<std::string>;

/// Reads a request; throws `std::runtime_error` with a sentence when it breaks the protocol.
[[nodiscard]] chat read_openai(const json& body);
[[nodiscard]] chat read_anthropic(const json& body);

[[nodiscard]] json whole_openai(const chat& asked, const spoken& x, const std::string& id);
[[nodiscard]] pieces stream_openai(const chat& asked, const spoken& x, const std::string& id);
[[nodiscard]] json whole_anthropic(const chat& asked, const spoken& x, const std::string& id);
[[nodiscard]] pieces stream_anthropic(const chat& asked, const spoken& x, const std::string& id);

/// An error as the protocol has it.
[[nodiscard]] json error_openai(std::string_view type, std::string_view message);
[[nodiscard]] json error_anthropic(std::string_view type, std::string_view message);

/// `text` in pieces of about so many tokens, never within a character.
[[nodiscard]] std::vector<std::string> in_tokens(const std::string& text);

} // namespace troupe::sim_llm
