#include "nodes/doors/openai_request.hpp"

#include "nodes/doors/body_reader.hpp"
#include "nodes/doors/submit_request.hpp"
#include "nodes/doors/uri.hpp"
#include "policies/client_tools.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>
#include <array>

namespace troupe {

namespace {

constexpr std::size_t messages_max = 4096;
constexpr std::array<std::string_view, 6> roles{"system",    "developer", "user",
                                                "assistant", "tool",      "function"};

bool is_empty(const json* x) noexcept {
  return !x || (x->is_array() && x->empty());
}

/// The text of a message's content: a string, or parts of type text. False when it is neither.
bool read_content(const json& message, std::string& out, std::string& wrong) {
  const auto hit = message.find("content");
  if (hit == message.end() || hit->is_null())
    return true;
  if (hit->is_string()) {
    out = hit->get_ref<const std::string&>();
    return true;
  }
  if (!hit->is_array()) {
    wrong = "must be a string or a list of parts";
    return false;
  }
  for (const auto& part : *hit) {
    const auto type = part.is_object() && part.contains("type") ? part["type"] : json{};
    const bool refusal = type == "refusal";
    if (type != "text" && !refusal) {
      wrong = "only parts of type text are taken";
      return false;
    }
    const auto text = part.find(refusal ? "refusal" : "text");
    if (text == part.end() || !text->is_string()) {
      wrong = "a part has no text";
      return false;
    }
    if (!out.empty())
      out += '\n';
    out += text->get_ref<const std::string&>();
  }
  return true;
}

/// Checks the messages and takes the text of the user's last one.
void read_messages(const json* list, task_request& out, std::vector<body_error>& errors) {
  if (!list || !list->is_array() || list->empty()) {
    errors.push_back({"/messages", "must be a list with at least one message"});
    return;
  }
  if (list->size() > messages_max) {
    errors.push_back({"/messages", "must not be longer than " + std::to_string(messages_max)});
    return;
  }
  std::size_t last_user = list->size();
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto at = "/messages/" + std::to_string(i);
    const auto& m = (*list)[i];
    const auto role = m.is_object() && m.contains("role") && m["role"].is_string()
                          ? m["role"].get<std::string>()
                          : std::string{};
    if (std::find(roles.begin(), roles.end(), role) == roles.end()) {
      errors.push_back({at + "/role", "must be one of system, developer, user, assistant, tool"});
      return;
    }
    std::string text, wrong;
    if (!read_content(m, text, wrong)) {
      errors.push_back({at + "/content", std::move(wrong)});
      return;
    }
    if (role == "user") {
      last_user = i;
      out.text = std::move(text);
    }
  }
  if (last_user == list->size() || out.text.empty())
    errors.push_back({"/messages", "need a message of the user with some text"});
}

/// The client's tools as `data.client.tools`.
json read_tools(const json* list, std::vector<body_error>& errors) {
  auto out = json::array();
  if (is_empty(list))
    return out;
  if (!list->is_array() || list->size() > client_tools_max) {
    errors.push_back(
        {"/tools", "must be a list of at most " + std::to_string(client_tools_max) + " tools"});
    return out;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto at = "/tools/" + std::to_string(i);
    const auto& x = (*list)[i];
    const auto f = x.is_object() ? x.find("function") : x.end();
    if (!x.is_object() || f == x.end() || !f->is_object()) {
      errors.push_back({at, "must be a tool of type function"});
      return out;
    }
    const auto name = f->find("name");
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
    };
    if (name == f->end() || !name->is_string() || name->get_ref<const std::string&>().empty() ||
        name->get_ref<const std::string&>().size() > 64 ||
        !std::all_of(name->get_ref<const std::string&>().begin(),
                     name->get_ref<const std::string&>().end(), plain)) {
      errors.push_back({at + "/function/name", "must be 1 to 64 letters, digits, _ or -"});
      return out;
    }
    if (std::any_of(out.begin(), out.end(), [&](const json& y) { return y["name"] == *name; })) {
      errors.push_back({at + "/function/name", "is the name of two tools"});
      return out;
    }
    json card{{"name", *name}};
    for (const char* key : {"description", "parameters"})
      if (const auto hit = f->find(key); hit != f->end() && !hit->is_null())
        card[key] = *hit;
    out.push_back(std::move(card));
  }
  return out;
}

/// What was wanted of the client's tools since the user's last message, and what they have said.
json read_turns(const json& messages, std::vector<body_error>& errors) {
  auto out = json::array();
  if (!messages.is_array())
    return out;
  std::size_t from = messages.size();
  while (from > 0 && messages[from - 1].value("role", std::string{}) != "user")
    --from;
  for (auto i = from; i < messages.size(); ++i) {
    const auto& m = messages[i];
    const auto at = "/messages/" + std::to_string(i);
    if (m["role"] == "tool") {
      std::string text, wrong;
      read_content(m, text, wrong);
      out.push_back({{"answers", text_at(m, "tool_call_id")}, {"text", text}});
      continue;
    }
    const auto list = m.find("tool_calls");
    if (m["role"] != "assistant" || list == m.end() || !list->is_array())
      continue;
    auto calls = json::array();
    for (const auto& c : *list) {
      const auto f = c.is_object() ? c.find("function") : c.end();
      if (!c.is_object() || f == c.end() || !f->is_object() || !f->contains("name") ||
          !(*f)["name"].is_string() || !c.contains("id") || !c["id"].is_string()) {
        errors.push_back({at + "/tool_calls", "must be calls of functions with an id"});
        return out;
      }
      const auto written = f->find("arguments");
      auto arguments = written != f->end() && written->is_string()
                           ? parse_bounded(written->get_ref<const std::string&>())
                           : json::object();
      calls.push_back({{"id", c["id"]},
                       {"name", (*f)["name"]},
                       {"arguments", arguments.is_object() ? arguments : json::object()}});
    }
    out.push_back({{"calls", std::move(calls)}});
  }
  return out;
}

bool is_plain_text(const json& format) {
  return format.is_object() && format.contains("type") && format["type"] == "text";
}

} // namespace

std::optional<chat_request> read_chat(const http_request& from, problem& why) {
  const auto body = read_object(from, why);
  if (!body)
    return std::nullopt;
  std::vector<body_error> errors;
  member_reader in{*body, "", errors};
  chat_request out;
  auto& task = out.what;
  task.domain = in.text("model", name_max);
  if (task.domain.empty() && errors.empty())
    in.fail("model", "must name a domain; /v1/models lists them");
  const auto* messages = in.find("messages");
  read_messages(messages, task, errors);
  out.stream = in.boolean("stream");
  if (const auto options = in.object("stream_options"); options.is_object()) {
    member_reader o{options, "/stream_options", errors};
    out.stream_usage = o.boolean("include_usage");
  }
  if (const auto* n = in.find("n"); n && *n != 1)
    in.fail("n", "there is one answer to a task");
  if (!is_empty(in.find("functions")))
    in.fail("functions", "are called tools");
  auto tools = read_tools(in.find("tools"), errors);
  if (const auto* choice = in.find("tool_choice"); choice && *choice == "none")
    tools.clear();
  else if (choice && !tools.empty() && *choice != "auto")
    in.fail("tool_choice", "must be auto or none: the agent decides");
  out.brings_tools = !tools.empty();
  if (const auto* format = in.find("response_format"); format && !is_plain_text(*format))
    in.fail("response_format", "answers are plain text");
  if (in.boolean("logprobs"))
    in.fail("logprobs", "there are none");
  if (const auto* kinds = in.find("modalities"); kinds && *kinds != json::array({"text"}))
    in.fail("modalities", "answers are plain text");

  const auto header = from.header("x-troupe-session");
  if (header.size() > name_max || find_bad_utf8(header) != std::string_view::npos)
    errors.push_back({"", "the header X-Troupe-Session must be UTF-8 of at most 256 bytes"});
  task.context_id = header.empty() ? read_name(in, "user") : std::string{header};
  if (const auto about = in.object("metadata"); about.is_object()) {
    member_reader m{about, "/metadata", errors};
    task.who.id = read_name(m, "customer");
    task.who.tier = read_name(m, "tier");
  }
  read_delivery(from, task, errors);
  if (out.brings_tools && errors.empty())
    task.data["client"] = {{"tools", std::move(tools)}, {"turns", read_turns(*messages, errors)}};
  if (!errors.empty()) {
    const auto& first = errors.front();
    auto detail =
        first.pointer.empty() ? first.detail : first.pointer.substr(1) + " " + first.detail;
    why = bad_request(std::move(detail), std::move(errors));
    return std::nullopt;
  }
  if (task.context_id.empty()) {
    auto rest = *messages;
    // What the client's tools have said since goes along as turns, and not a second time as words.
    while (out.brings_tools && text_at(rest.back(), "role") != "user")
      rest.erase(rest.size() - 1);
    if (rest.size() > 1)
      task.data["messages"] = std::move(rest);
  }
  return out;
}

} // namespace troupe
