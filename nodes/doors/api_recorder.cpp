#include "actors/flight_log.hpp"
#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/uri.hpp"

#include <chrono>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds last_default{30000};
constexpr milliseconds last_max{std::chrono::hours{24}};
constexpr std::size_t messages_max = 10000;

void ask_recorders(const std::shared_ptr<client>& node, survey_question what,
                   const responder& answer, std::string_view path) {
  const auto limit = what.query["limit"].get<std::size_t>();
  node->ask_nodes(std::move(what), surveyed(answer, path, [limit](const survey_answers& said) {
                    return cluster_messages(said, limit);
                  }));
}

void read_recorder(const api_ptr& api, http_request& what, const responder& answer) {
  query_reader query{what.query};
  const auto task = query.text("task");
  const auto span = query.text("last");
  const auto last = span.empty() ? std::optional{last_default} : parse_wait(span);
  if (!last || last->count() <= 0 || *last > last_max)
    query.fail("last must be a duration such as 30s, of a day at most");
  survey_question all;
  all.subject = "recorder";
  all.only = query.text("node");
  all.query = {{"limit", query.count("limit", 1000, messages_max)}};
  if (const auto bad = query.end())
    return refuse(answer, *bad, what.path);
  all.query["last"] = last->count();
  auto node = api->node_for(what);
  if (task.empty())
    return ask_recorders(node, std::move(all), answer, what.path);
  // Messages between nodes do not name their task but the trace that it belongs to.
  node->find_task(task, [node, answer, all = std::move(all), path = std::string{what.path}](
                            const task_record_ptr& record, const refused& why) mutable {
    if (why.why != refusal::none || !record)
      return refuse(
          answer,
          problem_of(
              why.why != refusal::none
                  ? why
                  : refused{refusal::unknown_task, "no such task, or it has been forgotten", {}}),
          path);
    all.query["trace"] = trace_of(*record->what);
    ask_recorders(node, std::move(all), answer, path);
  });
}

} // namespace

void add_recorder(router& to, const api_ptr& api) {
  to.add("GET", "/v1/recorder", route_need::fleet(access_scope::read),
         [api](http_request& what, const responder& answer) { read_recorder(api, what, answer); });
}

} // namespace troupe
