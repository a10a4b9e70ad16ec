#include "policies/client_tools.hpp"

#include <algorithm>

namespace troupe {

namespace {

std::string text_of(const json& from, const char* key) {
  const auto hit = from.find(key);
  return hit != from.end() && hit->is_string() ? hit->get<std::string>() : std::string{};
}

std::optional<tool_call> call_of(const json& x) {
  if (!x.is_object() || text_of(x, "name").empty() || text_of(x, "id").empty())
    return std::nullopt;
  const auto arguments = x.find("arguments");
  return tool_call{text_of(x, "id"), text_of(x, "name"),
                   arguments != x.end() && arguments->is_object() ? *arguments : json::object()};
}

std::vector<tool_call> calls_of(const json& list) {
  std::vector<tool_call> out;
  if (list.is_array())
    for (const auto& x : list)
      if (auto call = call_of(x); call && out.size() < client_turns_max)
        out.push_back(std::move(*call));
  return out;
}

} // namespace

const tool_card* client_tools::find(const std::string& name) const {
  const auto hit =
      std::find_if(tools.begin(), tools.end(), [&](const tool_card& t) { return t.name == name; });
  return hit == tools.end() ? nullptr : &*hit;
}

client_tools client_tools::of(const json& data) {
  client_tools out;
  const auto hit = data.is_object() ? data.find("client") : data.end();
  if (!data.is_object() || hit == data.end() || !hit->is_object())
    return out;
  for (const auto& x : hit->value("tools", json::array())) {
    if (!x.is_object() || text_of(x, "name").empty() || out.tools.size() == client_tools_max)
      continue;
    tool_card card;
    card.name = text_of(x, "name");
    card.description = text_of(x, "description");
    if (const auto p = x.find("parameters"); p != x.end() && p->is_object())
      card.parameters = *p;
    out.tools.push_back(std::move(card));
  }
  // A result belongs to a call before it, and a call to one of the tools: nobody else's words get
  // in by this way.
  std::vector<std::string> open;
  for (const auto& x : hit->value("turns", json::array())) {
    if (!x.is_object() || out.turns.size() == client_turns_max)
      continue;
    if (const auto list = x.find("calls"); list != x.end()) {
      auto calls = calls_of(*list);
      std::erase_if(calls, [&](const tool_call& c) { return !out.find(c.name); });
      for (const auto& c : calls)
        open.push_back(c.id);
      if (!calls.empty())
        out.turns.push_back({chat_role::assistant, {}, std::move(calls), {}});
    } else if (std::erase(open, text_of(x, "answers")) > 0) {
      out.turns.push_back({chat_role::tool, text_of(x, "text"), {}, text_of(x, "answers")});
    }
  }
  // Models' servers want an answer to every call.
  for (const auto& id : open)
    out.turns.push_back({chat_role::tool, "no result", {}, id});
  return out;
}

json calls_as_data(const std::vector<tool_call>& calls) {
  auto out = json::array();
  for (const auto& c : calls)
    out.push_back({{"id", c.id},
                   {"name", c.name},
                   {"arguments", c.arguments.is_object() ? c.arguments : json::object()}});
  return {{"tool_calls", std::move(out)}};
}

std::vector<tool_call> calls_in_data(const json& data) {
  const auto hit = data.is_object() ? data.find("tool_calls") : data.end();
  return data.is_object() && hit != data.end() ? calls_of(*hit) : std::vector<tool_call>{};
}

} // namespace troupe
