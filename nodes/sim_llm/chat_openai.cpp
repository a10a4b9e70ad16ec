#include "nodes/sim_llm/chat.hpp"

#include <stdexcept>

namespace troupe::sim_llm {

namespace {

std::string text_of_content(const json& content) {
  if (content.is_string())
    return content.get<std::string>();
  std::string out;
  if (content.is_array())
    for (const auto& part : content)
      if (part.is_object() && part.contains("text") && part["text"].is_string())
        out += part["text"].get<std::string>();
  return out;
}

chat_message openai_turn(const json& x) {
  if (!x.is_object() || !x.contains("role") || !x["role"].is_string())
    throw std::runtime_error{"messages: each needs a role"};
  const auto role = x["role"].get<std::string>();
  chat_message out;
  const auto known = parse_enum<chat_role>(role == "developer" ? "system" : role);
  if (!known)
    throw std::runtime_error{"messages: there is no role '" + role + "'"};
  out.role = *known;
  if (const auto content = x.find("content"); content != x.end())
    out.text = text_of_content(*content);
  out.answers = x.value("tool_call_id", std::string{});
  if (const auto calls = x.find("tool_calls"); calls != x.end() && calls->is_array())
    for (const auto& c : *calls) {
      const auto& f = c.at("function");
      out.calls.push_back({c.value("id", std::string{}), f.value("name", std::string{}),
                           json::parse(f.value("arguments", std::string{"{}"}), nullptr, false)});
    }
  return out;
}

json openai_calls(const spoken& x, bool streamed) {
  auto out = json::array();
  for (std::size_t i = 0; i < x.calls.size(); ++i) {
    const bool broken = i == 0 && !x.broken_arguments.empty();
    json call{{"id", x.calls[i].id},
              {"type", "function"},
              {"function",
               {{"name", x.calls[i].name},
                {"arguments", broken ? x.broken_arguments : as_text(x.calls[i].arguments)}}}};
    if (streamed)
      call["index"] = i;
    out.push_back(std::move(call));
  }
  return out;
}

const char* openai_end(const spoken& x) {
  return x.cut_off ? "length" : x.calls.empty() ? "stop" : "tool_calls";
}

json openai_usage(const spoken& x) {
  return {{"prompt_tokens", x.input_tokens},
          {"completion_tokens", x.output_tokens},
          {"total_tokens", x.input_tokens + x.output_tokens},
          {"prompt_tokens_details", {{"cached_tokens", x.cached_tokens}}}};
}

} // namespace

chat read_openai(const json& body) {
  if (!body.is_object() || !body.contains("messages") || !body["messages"].is_array() ||
      body["messages"].empty())
    throw std::runtime_error{"messages: must be a list that is not empty"};
  chat out;
  out.model = body.value("model", std::string{});
  if (out.model.empty())
    throw std::runtime_error{"model: is missing"};
  for (const auto& x : body["messages"])
    out.messages.push_back(openai_turn(x));
  if (const auto tools = body.find("tools"); tools != body.end() && tools->is_array())
    for (const auto& t : *tools) {
      const auto& f = t.at("function");
      out.tools.push_back({f.value("name", std::string{}), f.value("description", std::string{}),
                           f.value("parameters", json::object()), effects::none});
    }
  if (const auto choice = body.find("tool_choice"); choice != body.end() && choice->is_object())
    out.must_call = choice->at("function").value("name", std::string{});
  if (const auto format = body.find("response_format");
      format != body.end() && format->is_object()) {
    const auto type = format->value("type", std::string{});
    if (type == "json_object")
      out.schema = json{{"type", "object"}};
    if (type == "json_schema")
      out.schema = format->at("json_schema").value("schema", json{{"type", "object"}});
  }
  out.stream = body.value("stream", false);
  const auto options = body.find("stream_options");
  out.tell_usage = !out.stream || (options != body.end() && options->is_object() &&
                                   options->value("include_usage", false));
  return out;
}

json whole_openai(const chat& asked, const spoken& x, const std::string& id) {
  json message{{"role", "assistant"}, {"content", x.text}};
  if (x.refused)
    message = {{"role", "assistant"}, {"content", nullptr}, {"refusal", x.text}};
  if (!x.calls.empty()) {
    message["tool_calls"] = openai_calls(x, false);
    if (x.text.empty())
      message["content"] = nullptr;
  }
  return {{"id", id},
          {"object", "chat.completion"},
          {"created", 1700000000},
          {"model", asked.model},
          {"choices", json::array({{{"index", 0},
                                    {"message", std::move(message)},
                                    {"finish_reason", openai_end(x)}}})},
          {"usage", openai_usage(x)}};
}

pieces stream_openai(const chat& asked, const spoken& x, const std::string& id) {
  pieces out;
  const auto put = [&](json choices, bool with_usage = false) {
    json event{{"id", id},
               {"object", "chat.completion.chunk"},
               {"created", 1700000000},
               {"model", asked.model},
               {"choices", std::move(choices)}};
    if (with_usage)
      event["usage"] = openai_usage(x);
    out.push_back("data: " + as_text(event) + "\n\n");
  };
  const auto delta = [&](json d) {
    put(json::array({{{"index", 0}, {"delta", std::move(d)}, {"finish_reason", nullptr}}}));
  };
  delta({{"role", "assistant"}, {"content", ""}});
  for (auto& piece : in_tokens(x.text))
    delta({{x.refused ? "refusal" : "content", std::move(piece)}});
  for (auto& call : openai_calls(x, true)) {
    auto arguments = call["function"]["arguments"].get<std::string>();
    call["function"]["arguments"] = "";
    const auto index = call["index"];
    delta({{"tool_calls", json::array({std::move(call)})}});
    for (auto& piece : in_tokens(arguments))
      delta({{"tool_calls",
              json::array({{{"index", index}, {"function", {{"arguments", std::move(piece)}}}}})}});
  }
  put(json::array({{{"index", 0}, {"delta", json::object()}, {"finish_reason", openai_end(x)}}}));
  if (asked.tell_usage)
    put(json::array(), true);
  out.push_back("data: [DONE]\n\n");
  return out;
}

json error_openai(std::string_view type, std::string_view message) {
  return {{"error", {{"message", message}, {"type", type}, {"param", nullptr}, {"code", nullptr}}}};
}

} // namespace troupe::sim_llm
