#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/uri.hpp"
#include "src/telemetry/log_entry.hpp"

#include <chrono>

namespace troupe {

namespace {

constexpr std::size_t lines_max = 10000;
constexpr milliseconds search_wait{4000}; ///< a node may have much to read

timestamp wall_clock() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

json read_search(query_reader& query) {
  json out = json::object();
  for (const auto* name : {"session", "task", "agent", "task_type", "text"})
    if (auto given = query.text(name); !given.empty())
      out[name] = std::move(given);
  if (auto level = query.text("level"); !level.empty()) {
    if (!parse_enum<log_level>(level))
      query.fail("level must be one of " + words_of<log_level>());
    out["level"] = std::move(level);
  }
  for (const auto* name : {"since", "until"})
    if (const auto given = query.text(name); !given.empty()) {
      const auto at = parse_time(given, wall_clock());
      if (!at)
        query.fail(std::string{name} + " must be a time such as 2026-11-21T02:40:08Z, seconds "
                                       "since 1970, or -15m for a while ago");
      else
        out[name] = at->time_since_epoch().count();
    }
  out["limit"] = query.count("limit", 100, lines_max);
  return out;
}

} // namespace

void add_logs(router& to, const api_ptr& api) {
  to.add("GET", "/v1/logs", route_need::somewhere(access_scope::read),
         [api](http_request& what, const responder& answer) {
           query_reader query{what.query};
           survey_question all;
           all.subject = "logs";
           all.only = query.text("node");
           all.query = read_search(query);
           all.within = search_wait;
           if (const auto bad = query.end())
             return refuse(answer, *bad, what.path);
           const auto limit = all.query["limit"].get<std::size_t>();
           api->node_for(what)->ask_nodes(
               std::move(all), [answer, limit, path = std::string{what.path}](survey_answers said,
                                                                              const refused& why) {
                 if (const auto nobody = nobody_answered(said);
                     nobody && nobody->why == refusal::invalid_request)
                   return refuse(answer, not_found("no_logs", nobody->detail), path);
                 surveyed(answer, path, [limit](const survey_answers& x) {
                   return cluster_logs(x, limit);
                 })(std::move(said), why);
               });
         });
}

} // namespace troupe
