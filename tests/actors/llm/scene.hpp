#pragma once

#include "tests/fixtures/stage.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What the tests of agents with models share: answers as models' servers write them, and a fleet.
namespace troupe::testing {

inline tools::http_response reply_with(int status, const std::string& body,
                                       const std::string& retry_after = {}) {
  tools::http_response r;
  r.status = status;
  r.body = body;
  if (!retry_after.empty())
    r.headers = {{"retry-after-ms", retry_after}};
  return r;
}

inline std::string message(json m, const char* end = "stop") {
  m["role"] = "assistant";
  json whole{{"usage", {{"prompt_tokens", 100}, {"completion_tokens", 10}}}};
  whole["choices"].push_back({{"message", m}, {"finish_reason", end}});
  return as_text(whole);
}

inline std::string says(const std::string& text, json data = json::object(),
                        double confidence = 0.9) {
  return message(
      {{"content", as_text(json{{"text", text}, {"data", data}, {"confidence", confidence}})}});
}

inline std::string wants_tools(std::vector<std::pair<std::string, json>> calls) {
  json list = json::array();
  for (auto& [name, arguments] : calls)
    list.push_back({{"id", "c" + std::to_string(list.size())},
                    {"type", "function"},
                    {"function", {{"name", name}, {"arguments", as_text(arguments)}}}});
  return message({{"content", nullptr}, {"tool_calls", list}}, "tool_calls");
}

/// A fleet with one agent, "work", that has two models on two providers; what they answer is a
/// queue each, and every request is kept.
struct scene {
  explicit scene(std::function<void(agent_spec&)> change = {},
                 std::function<void(domain_spec&)> shape = {},
                 std::function<void(fleet_spec&)> equip = {},
                 std::function<void(surroundings&)> prepare = {}) {
    auto a = an_agent("work");
    a.card.kind = agent_kind::llm;
    a.settings = {
        {"model", "small"}, {"fallback_models", {"large"}}, {"instructions", "You do the work."}};
    a.timeout = std::chrono::seconds{30};
    if (change)
      change(a);
    auto d = a_domain("d", {a});
    d.retry.max_retries = 0;
    d.step_timeout = std::chrono::seconds{60};
    d.breaker.failures = 0;
    d.breaker.rate = 0;
    if (shape)
      shape(d);
    auto f = a_fleet(d);
    for (const std::string name : {"small", "large"}) {
      provider_spec p;
      p.name = "p_" + name;
      p.url = "http://" + name + ".test/v1";
      p.key = "sk-" + name;
      p.breaker.failures = 3;
      p.breaker.cool_down = std::chrono::seconds{20};
      f.providers.push_back(p);
      model_spec m;
      m.name = name;
      m.provider = p.name;
      m.model = name + "-1";
      m.input_price = name == "small" ? 1 : 10;
      m.output_price = name == "small" ? 5 : 50;
      f.models.push_back(m);
    }
    s.around->http->answer =
        [this](const tools::http_request& r) -> std::optional<tools::http_response> {
      if (r.url.find("tool.test") != std::string::npos)
        return tool ? tool(json::parse(r.body)) : std::nullopt;
      const auto which = r.url.find("small") != std::string::npos ? "small" : "large";
      asked.emplace_back(which, json::parse(r.body));
      auto& line = answers[which];
      if (line.empty())
        return std::nullopt;
      auto next = std::move(line.front());
      line.pop_front();
      return next;
    };
    if (equip)
      equip(f);
    if (prepare)
      prepare(*s.around);
    s.up(std::move(f));
  }

  void small(std::string body, int status = 200, std::string retry_after = {}) {
    answers["small"].push_back(reply_with(status, body, retry_after));
  }
  void large(std::string body, int status = 200) {
    answers["large"].push_back(reply_with(status, body));
  }
  heard_ptr ask(milliseconds most = std::chrono::seconds{60}) {
    return s->ask(wants("work", "Where is order LF-10200?"), most);
  }
  /// The text of the last message that a model got.
  std::string last_words() const {
    const auto& m = asked.back().second["messages"].back();
    return m["content"].is_string() ? m["content"].get<std::string>() : "";
  }

  stage s;
  std::map<std::string, std::deque<tools::http_response>> answers;
  std::vector<std::pair<std::string, json>> asked;
  std::function<std::optional<tools::http_response>(const json&)> tool;
};

inline void with_tool(agent_spec& a, effects does = effects::none) {
  a.card.does = does;
  a.settings["tools"] = {
      {"look",
       {{"description", "Looks it up"},
        {"effects", to_string(does)},
        {"takes",
         {{"type", "object"},
          {"properties", {{"order", {{"type", "string"}, {"pattern", "^LF-[0-9]+$"}}}}},
          {"required", {"order"}}}},
        {"http", {{"url", "http://tool.test/agent"}}}}}};
}

inline tools::http_response found(const std::string& text = "Order LF-10200 is in Leeds.") {
  return reply_with(200, as_text(json{{"text", text}, {"data", {{"place", "Leeds"}}}}));
}

} // namespace troupe::testing
