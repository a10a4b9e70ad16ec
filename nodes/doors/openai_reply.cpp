#include "nodes/doors/openai_reply.hpp"

#include "nodes/doors/json_text.hpp"
#include "policies/client_tools.hpp"

namespace troupe {

namespace {

std::string_view finish_of(const outcome& x, bool wants_tools) noexcept {
  return wants_tools ? "tool_calls" : x.partial ? "length" : "stop";
}

/// `"tool_calls": [...]` of a message, or of a chunk, where each call has its place.
void add_calls(object_text& o, const std::vector<tool_call>& calls, bool with_place) {
  auto list = json::array();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    json call{{"id", calls[i].id},
              {"type", "function"},
              {"function", {{"name", calls[i].name}, {"arguments", as_text(calls[i].arguments)}}}};
    if (with_place)
      call["index"] = i;
    list.push_back(std::move(call));
  }
  o.key("tool_calls") += as_text(list);
}

void begin_answer(object_text& o, const chat_head& head, std::string_view kind) {
  o.text("id", "chatcmpl-" + head.task);
  o.text("object", kind);
  o.integer("created", head.created);
  o.text("model", head.model);
}

void add_usage(object_text& o, const usage& x) {
  object_text u{o.key("usage")};
  u.integer("prompt_tokens", static_cast<std::int64_t>(x.input_tokens));
  u.integer("completion_tokens", static_cast<std::int64_t>(x.output_tokens));
  u.integer("total_tokens", static_cast<std::int64_t>(x.input_tokens + x.output_tokens));
  u.end();
}

/// One chunk: `delta` is an object as text, `finish` empty while the answer goes on.
std::string chunk(const chat_head& head, std::string_view delta, std::string_view finish) {
  std::string out = "data: ";
  object_text o{out};
  begin_answer(o, head, "chat.completion.chunk");
  auto& choices = o.key("choices");
  choices += "[{\"index\":0,\"delta\":";
  choices += delta;
  choices += ",\"logprobs\":null,\"finish_reason\":";
  if (finish.empty())
    choices += "null";
  else
    append_quoted(choices, finish);
  choices += "}]";
  o.end();
  return out += "\n\n";
}

std::string_view type_of(unsigned status) noexcept {
  switch (status) {
  case 401:
    return "authentication_error";
  case 403:
    return "permission_error";
  case 429:
    return "rate_limit_error";
  default:
    return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

/// "/messages/0/content" as "messages[0].content".
std::string parameter_of(std::string_view pointer) {
  std::string out;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto slash = pointer.find('/');
    const auto part = pointer.substr(0, slash);
    if (!part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos)
      out += "[" + std::string{part} + "]";
    else
      out += (out.empty() ? "" : ".") + std::string{part};
    pointer = slash == std::string_view::npos ? std::string_view{} : pointer.substr(slash);
  }
  return out;
}

} // namespace

std::string completion_text(const chat_head& head, const outcome& x) {
  std::string out;
  object_text o{out};
  begin_answer(o, head, "chat.completion");
  auto& choices = o.key("choices");
  const auto calls = head.with_tools ? calls_in_data(x.data) : std::vector<tool_call>{};
  choices += "[{\"index\":0,\"message\":";
  {
    object_text m{choices};
    m.text("role", "assistant");
    if (calls.empty())
      m.text("content", x.text);
    else
      m.key("content") += "null";
    m.key("refusal") += "null";
    if (!calls.empty())
      add_calls(m, calls, false);
    m.end();
  }
  choices += ",\"logprobs\":null,\"finish_reason\":";
  append_quoted(choices, finish_of(x, !calls.empty()));
  choices += "}]";
  add_usage(o, x.used);
  o.end();
  return out;
}

std::string chunk_of_role(const chat_head& head) {
  return chunk(head, R"({"role":"assistant","content":""})", {});
}

std::string chunks_of(const chat_head& head, const outcome& x, bool with_usage) {
  std::string out;
  const auto calls = head.with_tools ? calls_in_data(x.data) : std::vector<tool_call>{};
  if (!calls.empty()) {
    std::string delta;
    object_text d{delta};
    add_calls(d, calls, true);
    d.end();
    out = chunk(head, delta, {});
  } else if (!x.text.empty()) {
    std::string delta;
    object_text d{delta};
    d.text("content", x.text);
    d.end();
    out = chunk(head, delta, {});
  }
  out += chunk(head, "{}", finish_of(x, !calls.empty()));
  if (with_usage) {
    out += "data: ";
    object_text o{out};
    begin_answer(o, head, "chat.completion.chunk");
    o.key("choices") += "[]";
    add_usage(o, x.used);
    o.end();
    out += "\n\n";
  }
  return out += "data: [DONE]\n\n";
}

std::string openai_error_text(const problem& p) {
  std::string out;
  object_text o{out};
  {
    object_text e{o.key("error")};
    e.text("message", p.detail);
    e.text("type", type_of(p.status));
    if (p.errors.empty() || p.errors.front().pointer.empty())
      e.key("param") += "null";
    else
      e.text("param", parameter_of(p.errors.front().pointer));
    e.text("code", p.word == "unknown_domain" ? "model_not_found" : p.word);
    e.end();
  }
  o.end();
  return out;
}

http_reply to_openai_reply(const problem& p, std::string_view path) {
  auto out = to_reply(p, path);
  out.type = "application/json";
  out.body = openai_error_text(p);
  // Clients repeat what failed with 408, 409, 429 or above by themselves.
  if (p.status == 500 || p.status == 504)
    out.add("x-should-retry", "false");
  return out;
}

problem problem_of_end(const task_record& x) {
  const auto why = x.result ? x.result->failed : failure{};
  problem p;
  p.word = to_string(why.why == reason::none ? reason::crash : why.why);
  p.title = "The task failed";
  p.detail = "task " + x.what->id + " " +
             (x.state == task_state::canceled ? std::string{"was cancelled"}
                                              : "failed: " + std::string{p.word});
  if (!why.detail.empty())
    p.detail += ": " + why.detail;
  p.retry_after = why.retry_after;
  switch (why.why) {
  case reason::invalid_input:
    p.status = 422;
    break;
  case reason::policy_denied:
    p.status = 403;
    break;
  case reason::rate_limited:
  case reason::budget_exhausted:
    p.status = 429;
    break;
  case reason::cancelled:
    p.status = 409;
    break;
  case reason::unavailable:
    p.status = 503;
    break;
  case reason::timeout:
    p.status = 504;
    break;
  default:
    p.status = 500;
  }
  return p;
}

http_reply ended_badly(const task_record& x) {
  const auto p = problem_of_end(x);
  auto out = to_openai_reply(p);
  if (out.headers.find("x-should-retry") == std::string::npos)
    out.add("x-should-retry", "false");
  out.add("x-request-id", x.what->id);
  return out;
}

http_reply not_ended_yet(const std::string& task) {
  problem p;
  p.status = 504;
  p.word = "timeout";
  p.title = "No answer in time";
  p.detail = "task " + task + " goes on; GET /v1/tasks/" + task + " tells how it stands";
  auto out = to_openai_reply(p);
  out.add("x-request-id", task);
  return out;
}

} // namespace troupe
