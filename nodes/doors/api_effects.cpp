#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/uri.hpp"

#include <limits>

namespace troupe {

namespace {

/// `TASK/STEP/CALL`: the key of a line, which its agent was given too.
std::optional<effect_key> key_of(const std::string& text) {
  const auto call = text.rfind('/');
  if (call == std::string::npos || call == 0)
    return std::nullopt;
  const auto step = text.rfind('/', call - 1);
  if (step == std::string::npos || step == 0)
    return std::nullopt;
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  const auto number = [](std::string_view x) { return parse_count(x, 0, most); };
  const auto s = number(std::string_view{text}.substr(step + 1, call - step - 1));
  const auto c = number(std::string_view{text}.substr(call + 1));
  if (!s || !c)
    return std::nullopt;
  return effect_key{text.substr(0, step), static_cast<std::uint32_t>(*s),
                    static_cast<std::uint32_t>(*c)};
}

std::string id_of(const stored_effect& x) {
  return x.task + "/" + std::to_string(x.step) + "/" + std::to_string(x.index);
}

/// Without what came of it: that stands in the task's history, for who may read it.
json line_view(const stored_effect& x) {
  return {{"id", id_of(x)},
          {"task", x.task},
          {"step", x.step},
          {"call", x.index},
          {"attempt", x.attempt},
          {"state", to_string(x.state)},
          {"effects", to_string(x.does)},
          {"domain", x.domain},
          {"agent", x.agent},
          {"request", x.fingerprint},
          {"epoch", x.epoch},
          {"at", time_text(x.at)}};
}

} // namespace

void add_effects(router& to, const api_ptr& api) {
  to.add("GET", "/v1/effects", route_need::fleet(access_scope::read),
         [api](http_request& what, const responder& answer) {
           query_reader query{what.query};
           effect_filter filter;
           filter.task = query.text("task");
           const auto state = query.text("state");
           if (!state.empty()) {
             filter.state = parse_enum<effect_state>(state);
             if (!filter.state)
               query.fail("'state' must be one of " + words_of<effect_state>());
           }
           const auto after = query.text("after");
           if (!after.empty()) {
             filter.after = key_of(after);
             if (!filter.after)
               query.fail("'after' must be the id of a line: TASK/STEP/CALL");
           }
           filter.limit = query.count("limit", 100, effect_filter::max_listed);
           if (const auto bad = query.end())
             return refuse(answer, *bad, what.path);
           api->node.effects(filter,
                             rendered<std::vector<stored_effect>>(
                                 answer, what.path,
                                 [limit = filter.limit](const auto& lines, const std::string&) {
                                   json out{{"effects", json::array()}};
                                   for (const auto& x : lines)
                                     out["effects"].push_back(line_view(x));
                                   if (!lines.empty() && lines.size() == limit)
                                     out["next"] = id_of(lines.back());
                                   return json_reply(out);
                                 }));
         });
}

} // namespace troupe
