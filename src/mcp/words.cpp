#include "src/mcp/words.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>

namespace troupe::mcp {

namespace {

constexpr std::size_t tools_max = 1000;
constexpr std::size_t name_max = 64;
constexpr std::size_t resources_max = 1000;
constexpr std::size_t address_max = 2000; // One that is cut leads nowhere.
constexpr std::size_t said_max = 300;     // of a resource's name and of its description

void add_line(std::string& to, std::string_view line) {
  if (!to.empty())
    to += '\n';
  to += line;
}

/// One block of content as text. What is no text is named, so that a model knows that it was there.
std::string text_of(const json& block) {
  const auto type = text_at(block, "type");
  if (type == "text")
    return text_at(block, "text");
  if (type == "resource") {
    const auto& inner = part_of(block, "resource");
    if (const auto& text = part_of(inner, "text"); text.is_string())
      return text.get<std::string>();
    return "[resource " + text_at(inner, "uri") + "]";
  }
  if (type == "resource_link")
    return "[resource " + text_at(block, "uri") + "]";
  return "[" + (type.empty() ? std::string{"content"} : type) + " " + text_at(block, "mimeType") +
         ", " + std::to_string(text_at(block, "data").size() / 4 * 3) + " bytes]";
}

} // namespace

bool speaks(std::string_view revision) noexcept {
  return std::find(revisions.begin(), revisions.end(), revision) != revisions.end();
}

std::string request_text(std::uint64_t id, std::string_view method, const json& parameters) {
  json out{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!parameters.is_null())
    out["params"] = parameters;
  return as_text(out);
}

std::string notification_text(std::string_view method, const json& parameters) {
  json out{{"jsonrpc", "2.0"}, {"method", method}};
  if (!parameters.is_null())
    out["params"] = parameters;
  return as_text(out);
}

std::string result_text(const json& id, json result) {
  return as_text(json{{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}});
}

std::string error_text(const json& id, int code, std::string_view why) {
  return as_text(
      json{{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", why}}}});
}

std::optional<incoming> read_message(std::string_view text) {
  auto read = parse_bounded(text);
  if (!read.is_object() || part_of(read, "jsonrpc") != "2.0")
    return std::nullopt;
  incoming out;
  out.id = part_of(read, "id");
  out.method = text_at(read, "method");
  const bool has_id = out.id.is_string() || out.id.is_number_integer();
  if (!out.method.empty()) {
    out.what = has_id ? incoming::kind::request : incoming::kind::notification;
    out.body = part_of(read, "params");
    return out;
  }
  if (const auto& error = part_of(read, "error"); error.is_object()) {
    out.what = incoming::kind::error;
    out.body = error;
    return out;
  }
  if (!has_id || !read.contains("result"))
    return std::nullopt;
  out.what = incoming::kind::result;
  out.body = std::move(read["result"]);
  return out;
}

std::vector<tool_description> read_tools(const json& result) {
  std::vector<tool_description> out;
  const auto& list = part_of(result, "tools");
  if (!list.is_array())
    return out;
  for (const auto& x : list) {
    tool_description t{text_at(x, "name"), text_at(x, "title"), text_at(x, "description"),
                       part_of(x, "inputSchema")};
    if (t.name.empty() || !t.input.is_object() || out.size() == tools_max)
      continue;
    out.push_back(std::move(t));
  }
  return out;
}

std::string plain_name(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, name_max)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
    out += plain ? c : '_';
  }
  return out;
}

tool_result read_tool_result(const json& result, effects does) {
  tool_result out;
  if (!result.is_object()) {
    out.failed = {reason::invalid_output, "the tool's result is no object", {}};
    return out;
  }
  if (const auto& content = part_of(result, "content"); content.is_array())
    for (const auto& block : content)
      add_line(out.text, text_of(block));
  if (const auto& data = part_of(result, "structuredContent"); data.is_object())
    out.data = data;
  if (part_of(result, "isError") == true)
    out.failed = {does == effects::none ? reason::invalid_input : reason::crash,
                  out.text.empty() ? "the tool failed" : out.text,
                  {}};
  else if (out.text.empty() && out.data.is_null())
    out.data = json::object(); // Done, and nothing to say of it.
  return out;
}

json defaults_of(const json& schema) {
  auto out = json::object();
  if (const auto& fields = part_of(schema, "properties"); fields.is_object())
    for (const auto& [name, field] : fields.items())
      if (field.is_object() && field.contains("default"))
        out[name] = field["default"];
  return out;
}

std::vector<json> read_resources(const json& result) {
  std::vector<json> out;
  const auto take = [&](const json& list, const char* theirs, const char* ours) {
    if (!list.is_array())
      return;
    for (const auto& x : list) {
      auto address = text_at(x, theirs);
      if (address.empty() || address.size() > address_max || out.size() == resources_max)
        continue;
      json one{{ours, std::move(address)}};
      const auto title = text_at(x, "title");
      const auto say = [&](const char* key, const std::string& words) {
        if (!words.empty())
          one[key] = std::string{piece_of(words, 0, said_max)};
      };
      say("name", title.empty() ? text_at(x, "name") : title);
      say("description", text_at(x, "description"));
      say("type", text_at(x, "mimeType"));
      if (const auto& size = part_of(x, "size"); size.is_number_unsigned())
        one["bytes"] = size;
      out.push_back(std::move(one));
    }
  };
  take(part_of(result, "resources"), "uri", "uri");
  take(part_of(result, "resourceTemplates"), "uriTemplate", "uri_template");
  return out;
}

std::string_view piece_of(std::string_view text, std::size_t from, std::size_t most) noexcept {
  const auto within_letter = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0u) == 0x80u;
  };
  from = std::min(from, text.size());
  while (within_letter(from))
    ++from;
  auto end = from + std::min(most, text.size() - from);
  while (end > from && within_letter(end))
    --end;
  return text.substr(from, end - from);
}

std::string read_texts(const json& result) {
  std::string out;
  if (const auto& contents = part_of(result, "contents"); contents.is_array())
    for (const auto& x : contents)
      add_line(out, part_of(x, "text").is_string()
                        ? text_at(x, "text")
                        : "[" + text_at(x, "uri") + " " + text_at(x, "mimeType") + "]");
  if (const auto& messages = part_of(result, "messages"); messages.is_array())
    for (const auto& x : messages)
      add_line(out, text_of(part_of(x, "content")));
  return out;
}

} // namespace troupe::mcp
