#include "nodes/sim_llm/chat.hpp"

#include <stdexcept>

namespace troupe::sim_llm {

namespace {

std::string text_of_blocks(const json& content) {
  if (content.is_string())
    return content.get<std::string>();
  std::string out;
  if (content.is_array())
    for (const auto& block : content)
      if (block.is_object() && block.value("type", std::string{}) == "text")
        out += block.value("text", std::string{});
  return out;
}

void add_turn_of(const json& x, std::vector<chat_message>& out) {
  if (!x.is_object())
    throw std::runtime_error{"messages: each must be an object"};
  const auto role = x.value("role", std::string{});
  if (role != "user" && role != "assistant")
    throw std::runtime_error{"messages: there is no role '" + role + "'"};
  const auto& content = x.at("content");
  chat_message said;
  said.role = role == "user" ? chat_role::user : chat_role::assistant;
  said.text = text_of_blocks(content);
  std::vector<chat_message> results;
  if (content.is_array())
    for (const auto& block : content) {
      const auto type = block.value("type", std::string{});
      if (type == "tool_use")
        said.calls.push_back({block.value("id", std::string{}), block.value("name", std::string{}),
                              block.value("input", json::object())});
      if (type == "tool_result")
        results.push_back({chat_role::tool,
                           text_of_blocks(block.value("content", json{})),
                           {},
                           block.value("tool_use_id", std::string{})});
    }
  out.insert(out.end(), results.begin(), results.end());
  if (!said.text.empty() || !said.calls.empty())
    out.push_back(std::move(said));
}

const char* anthropic_end(const spoken& x) {
  return x.refused         ? "refusal"
         : x.cut_off       ? "max_tokens"
         : x.calls.empty() ? "end_turn"
                           : "tool_use";
}

std::string anthropic_arguments(const spoken& x, std::size_t i) {
  return i == 0 && !x.broken_arguments.empty() ? x.broken_arguments : as_text(x.calls[i].arguments);
}

json anthropic_usage(const spoken& x, std::uint64_t output) {
  return {{"input_tokens", x.input_tokens - x.cached_tokens},
          {"cache_creation_input_tokens", 0},
          {"cache_read_input_tokens", x.cached_tokens},
          {"output_tokens", output}};
}

} // namespace

chat read_anthropic(const json& body) {
  if (!body.is_object() || !body.contains("messages") || !body["messages"].is_array() ||
      body["messages"].empty())
    throw std::runtime_error{"messages: must be a list that is not empty"};
  if (!body.contains("max_tokens"))
    throw std::runtime_error{"max_tokens: Field required"};
  chat out;
  out.model = body.value("model", std::string{});
  if (const auto system = body.find("system"); system != body.end())
    out.messages.push_back({chat_role::system, text_of_blocks(*system), {}, {}});
  for (const auto& x : body["messages"])
    add_turn_of(x, out.messages);
  if (const auto tools = body.find("tools"); tools != body.end() && tools->is_array())
    for (const auto& t : *tools)
      out.tools.push_back({t.value("name", std::string{}), t.value("description", std::string{}),
                           t.value("input_schema", json::object()), effects::none});
  if (const auto choice = body.find("tool_choice"); choice != body.end() && choice->is_object())
    out.must_call = choice->value("name", std::string{});
  out.stream = body.value("stream", false);
  return out;
}

json whole_anthropic(const chat& asked, const spoken& x, const std::string& id) {
  auto content = json::array();
  if (!x.text.empty())
    content.push_back({{"type", "text"}, {"text", x.text}});
  for (const auto& call : x.calls)
    content.push_back(
        {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", call.arguments}});
  return {{"id", id},
          {"type", "message"},
          {"role", "assistant"},
          {"model", asked.model},
          {"content", std::move(content)},
          {"stop_reason", anthropic_end(x)},
          {"stop_sequence", nullptr},
          {"usage", anthropic_usage(x, x.output_tokens)}};
}

pieces stream_anthropic(const chat& asked, const spoken& x, const std::string& id) {
  pieces out;
  const auto put = [&](const char* name, json event) {
    event["type"] = name;
    out.push_back(std::string{"event: "} + name + "\ndata: " + as_text(event) + "\n\n");
  };
  put("message_start", {{"message",
                         {{"id", id},
                          {"type", "message"},
                          {"role", "assistant"},
                          {"model", asked.model},
                          {"content", json::array()},
                          {"stop_reason", nullptr},
                          {"stop_sequence", nullptr},
                          {"usage", anthropic_usage(x, 1)}}}});
  std::size_t index = 0;
  if (!x.text.empty()) {
    put("content_block_start",
        {{"index", index}, {"content_block", {{"type", "text"}, {"text", ""}}}});
    for (auto& piece : in_tokens(x.text))
      put("content_block_delta",
          {{"index", index}, {"delta", {{"type", "text_delta"}, {"text", std::move(piece)}}}});
    put("content_block_stop", {{"index", index}});
    ++index;
  }
  for (std::size_t i = 0; i < x.calls.size(); ++i, ++index) {
    put("content_block_start", {{"index", index},
                                {"content_block",
                                 {{"type", "tool_use"},
                                  {"id", x.calls[i].id},
                                  {"name", x.calls[i].name},
                                  {"input", json::object()}}}});
    for (auto& piece : in_tokens(anthropic_arguments(x, i)))
      put("content_block_delta",
          {{"index", index},
           {"delta", {{"type", "input_json_delta"}, {"partial_json", std::move(piece)}}}});
    put("content_block_stop", {{"index", index}});
  }
  put("message_delta", {{"delta", {{"stop_reason", anthropic_end(x)}, {"stop_sequence", nullptr}}},
                        {"usage", {{"output_tokens", x.output_tokens}}}});
  put("message_stop", json::object());
  return out;
}

json error_anthropic(std::string_view type, std::string_view message) {
  return {{"type", "error"}, {"error", {{"type", type}, {"message", message}}}};
}

} // namespace troupe::sim_llm
