#include "src/models/errors.hpp"
#include "src/models/protocol.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>

// Messages: https://docs.claude.com/en/api/messages
namespace troupe::models {

namespace {

/// A structured answer is asked for as the use of this tool: every server of the protocol knows
/// tools.
constexpr const char* answer_tool = "give_answer";

/// A message's blocks, added to those of the message before when one side speaks twice: the
/// protocol wants the sides to take turns.
void add_turn(json& turns, const char* role, json block) {
  if (turns.empty() || turns.back()["role"] != role)
    turns.push_back({{"role", role}, {"content", json::array()}});
  turns.back()["content"].push_back(std::move(block));
}

void add_message(const chat_message& x, json& turns, std::string& system) {
  const auto text = [&] { return json{{"type", "text"}, {"text", x.text}}; };
  switch (x.role) {
  case chat_role::system:
    system += (system.empty() ? "" : "\n\n") + x.text;
    return;
  case chat_role::user:
    return add_turn(turns, "user", text());
  case chat_role::assistant:
    if (!x.text.empty())
      add_turn(turns, "assistant", text());
    for (const auto& call : x.calls)
      add_turn(turns, "assistant",
               {{"type", "tool_use"},
                {"id", call.id},
                {"name", call.name},
                {"input", call.arguments.is_null() ? json::object() : call.arguments}});
    return;
  case chat_role::tool:
    return add_turn(turns, "user",
                    {{"type", "tool_result"}, {"tool_use_id", x.answers}, {"content", x.text}});
  }
}

class anthropic_reader final : public reply_reader {
 public:
  explicit anthropic_reader(bool with_answer_tool) {
    if (with_answer_tool)
      set_answer_tool(answer_tool);
  }

 private:
  void on_event(std::string_view name, const json& event) override {
    const auto type = text_at(event, "type").empty() ? std::string{name} : text_at(event, "type");
    if (type == "error") {
      const auto& error = part_of(event, "error");
      return fail(error_of(error, 0), "the provider broke off: " + words_of(error));
    }
    if (type == "message_start") {
      take_tokens(part_of(part_of(event, "message"), "usage"));
    } else if (type == "content_block_start") {
      take_block(count_at(event, "index"), part_of(event, "content_block"), true);
    } else if (type == "content_block_delta") {
      const auto& delta = part_of(event, "delta");
      add_text(text_at(delta, "text"));
      if (text_at(delta, "type") == "input_json_delta")
        if (auto* call = call_at(count_at(event, "index")))
          call->arguments += text_at(delta, "partial_json");
    } else if (type == "message_delta") {
      take_tokens(part_of(event, "usage"));
      take_end(text_at(part_of(event, "delta"), "stop_reason"));
    }
  }

  void on_whole(const json& answer) override {
    if (const auto& error = part_of(answer, "error"); !error.is_null())
      return fail(error_of(error, 0), words_of(error));
    take_tokens(part_of(answer, "usage"));
    const auto& blocks = part_of(answer, "content");
    for (std::size_t i = 0; blocks.is_array() && i < blocks.size(); ++i)
      take_block(i, blocks[i], false);
    take_end(text_at(answer, "stop_reason"));
  }

  void take_tokens(const json& used) {
    usage said;
    said.cached_tokens = count_at(used, "cache_read_input_tokens");
    said.cache_write_tokens = count_at(used, "cache_creation_input_tokens");
    // What was read from the provider's cache, or written to it, is not in `input_tokens`.
    said.input_tokens =
        count_at(used, "input_tokens") + said.cached_tokens + said.cache_write_tokens;
    said.output_tokens = count_at(used, "output_tokens");
    set_tokens(said);
  }

  void take_block(std::uint64_t number, const json& block, bool streamed) {
    const auto type = text_at(block, "type");
    if (type == "text")
      return add_text(text_at(block, "text"));
    if (type != "tool_use")
      return;
    auto* call = call_at(number);
    if (!call)
      return;
    call->id = text_at(block, "id");
    call->name = text_at(block, "name");
    // A stream sends the arguments afterwards, in pieces.
    if (!streamed)
      call->arguments = as_text(part_of(block, "input"));
  }

  void take_end(const std::string& why) {
    if (why.empty())
      return;
    set_ended();
    if (why == "max_tokens")
      set_cut_off();
    if (why == "refusal")
      set_refused({});
    if (why == "model_context_window_exceeded")
      fail(model_error::context_too_long, "the conversation has filled the model's context");
  }
};

} // namespace

json anthropic_body(const model_request& what, const model_spec& model) {
  json out{{"model", model.model},
           {"messages", json::array()},
           {"max_tokens",
            what.max_output == 0 ? model.max_output : std::min(what.max_output, model.max_output)},
           {"stream", true}};
  std::string system;
  for (const auto& x : what.messages)
    add_message(x, out["messages"], system);
  if (!system.empty())
    out["system"] = system;
  if (what.temperature)
    out["temperature"] = *what.temperature;
  for (const auto& tool : what.tools)
    out["tools"].push_back(
        {{"name", tool.name},
         {"description", tool.description},
         {"input_schema", tool.parameters.is_null() ? json{{"type", "object"}} : tool.parameters}});
  if (!what.schema.is_null()) {
    out["tools"].push_back({{"name", answer_tool},
                            {"description", "Gives the final answer. Use it once, at the end."},
                            {"input_schema", what.schema}});
    out["tool_choice"] =
        what.tools.empty() ? json{{"type", "tool"}, {"name", answer_tool}} : json{{"type", "any"}};
  }
  return out;
}

reply_reader_ptr make_anthropic_reader(bool with_answer_tool) {
  return std::make_unique<anthropic_reader>(with_answer_tool);
}

} // namespace troupe::models
