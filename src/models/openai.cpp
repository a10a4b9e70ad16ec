#include "src/models/errors.hpp"
#include "src/models/protocol.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>
#include <map>

// Chat completions: https://platform.openai.com/docs/api-reference/chat
namespace troupe::models {

namespace {

json openai_message(const chat_message& x) {
  json out{{"role", to_string(x.role)}, {"content", x.text}};
  if (x.role == chat_role::tool)
    out["tool_call_id"] = x.answers;
  for (const auto& call : x.calls)
    out["tool_calls"].push_back(
        {{"id", call.id},
         {"type", "function"},
         {"function",
          {{"name", call.name},
           {"arguments", as_text(call.arguments.is_null() ? json::object() : call.arguments)}}}});
  if (!x.calls.empty() && x.text.empty())
    out["content"] = nullptr;
  return out;
}

class openai_reader final : public reply_reader {
 private:
  void on_event(std::string_view, const json& event) override {
    if (const auto& error = part_of(event, "error"); !error.is_null())
      return fail(error_of(error, 0), "the provider broke off: " + words_of(error));
    take_tokens(event);
    if (const auto* choice = first_choice(event)) {
      take_message(part_of(*choice, "delta"));
      take_end(*choice);
    }
  }

  void on_whole(const json& answer) override {
    if (const auto& error = part_of(answer, "error"); !error.is_null())
      return fail(error_of(error, 0), words_of(error));
    take_tokens(answer);
    if (const auto* choice = first_choice(answer)) {
      take_message(part_of(*choice, "message"));
      take_end(*choice);
    }
  }

  static const json* first_choice(const json& from) {
    const auto& choices = part_of(from, "choices");
    return choices.is_array() && !choices.empty() ? &choices.front() : nullptr;
  }

  void take_tokens(const json& from) {
    const auto& used = part_of(from, "usage");
    usage said;
    said.input_tokens = count_at(used, "prompt_tokens");
    said.output_tokens = count_at(used, "completion_tokens");
    said.cached_tokens = count_at(part_of(used, "prompt_tokens_details"), "cached_tokens");
    set_tokens(said);
  }

  void take_message(const json& message) {
    add_text(text_at(message, "content"));
    refusal_ += text_at(message, "refusal");
    const auto& calls = part_of(message, "tool_calls");
    if (!calls.is_array())
      return;
    std::uint64_t place = 0;
    for (const auto& x : calls) {
      // In a stream the index says where the call stands that a piece belongs to; whole answers
      // have none.
      const auto& index = part_of(x, "index");
      const auto& function = part_of(x, "function");
      auto id = text_at(x, "id");
      const auto name = text_at(function, "name");
      auto* call = call_of(index.is_number_unsigned() ? index.get<std::uint64_t>() : place, id,
                           !name.empty());
      ++place;
      if (!call)
        return;
      if (call->id.empty())
        call->id = std::move(id);
      call->name += name;
      const auto& arguments = part_of(function, "arguments");
      // Some servers send the object itself.
      call->arguments +=
          arguments.is_object() ? as_text(arguments) : text_at(function, "arguments");
    }
  }

  /// The call that a piece belongs to: the one that began last at its place. Some servers number
  /// the places of each piece anew, or give all calls the same one: there a new call is known by an
  /// id of its own that comes with a name. An id alone says nothing, for some change it from piece
  /// to piece.
  unfinished_call* call_of(std::uint64_t place, const std::string& id, bool named) {
    if (const auto hit = last_at_.find(place); hit != last_at_.end()) {
      auto* call = call_at(hit->second);
      if (!named || id.empty() || call->id.empty() || id == call->id)
        return call;
    }
    auto* call = call_at(begun_);
    if (call)
      last_at_[place] = begun_++;
    return call;
  }

  void take_end(const json& choice) {
    const auto why = text_at(choice, "finish_reason");
    if (why.empty())
      return;
    set_ended();
    if (why == "length")
      set_cut_off();
    if (why == "content_filter" || !refusal_.empty())
      set_refused(refusal_.substr(0, 200));
  }

  std::string refusal_;
  std::map<std::uint64_t, std::uint64_t> last_at_; ///< by place: the number of a call
  std::uint64_t begun_ = 0;                        ///< calls
};

} // namespace

json openai_body(const model_request& what, const model_spec& model) {
  json out{{"model", model.model},
           {"messages", json::array()},
           {"max_tokens",
            what.max_output == 0 ? model.max_output : std::min(what.max_output, model.max_output)},
           {"stream", true},
           {"stream_options", {{"include_usage", true}}}};
  for (const auto& x : what.messages)
    out["messages"].push_back(openai_message(x));
  if (what.temperature)
    out["temperature"] = *what.temperature;
  for (const auto& tool : what.tools)
    out["tools"].push_back(
        {{"type", "function"},
         {"function",
          {{"name", tool.name},
           {"description", tool.description},
           {"parameters", tool.parameters.is_null()
                              ? json{{"type", "object"}, {"properties", json::object()}}
                              : tool.parameters}}}});
  if (!what.schema.is_null())
    out["response_format"] = {{"type", "json_schema"},
                              {"json_schema", {{"name", "answer"}, {"schema", what.schema}}}};
  return out;
}

reply_reader_ptr make_openai_reader() {
  return std::make_unique<openai_reader>();
}

} // namespace troupe::models
