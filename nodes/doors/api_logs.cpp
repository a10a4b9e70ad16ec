#include "nodes/doors/api_parts.hpp"
#include "nodes/doors/clerk.hpp"
#include "nodes/doors/uri.hpp"
#include "src/telemetry/log_entry.hpp"

#include <chrono>
#include <exception>

namespace troupe {

namespace {

constexpr std::size_t searches_waiting = 16;
constexpr std::size_t lines_max = 10000;

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

/// What is found and may be read. Lines of no domain are about the node, and for who may read the
/// whole fleet.
json lines_for(const api_context& api, json search, const access_pass* pass) {
  if (!pass || pass->allows(access_scope::read, ""))
    return api.settings.search_logs(search);
  const auto limit = search["limit"].get<std::size_t>();
  search["limit"] = lines_max; // Others' lines in between are left out below.
  auto lines = api.settings.search_logs(search);
  json out = json::array();
  for (auto& line : lines)
    if (const auto domain = line.value("domain", std::string{});
        out.size() < limit && !domain.empty() && pass->allows(access_scope::read, domain))
      out.push_back(std::move(line));
  return out;
}

} // namespace

void add_logs(router& to, const api_ptr& api) {
  // A search may read a disk: it must not hold up the door's thread.
  auto desk = api->settings.search_logs ? std::make_shared<clerk>(searches_waiting) : nullptr;
  to.add("GET", "/v1/logs", route_need::somewhere(access_scope::read), [api, desk](http_request& what, const responder& answer) {
    query_reader query{what.query};
    auto search = read_search(query);
    if (const auto bad = query.end())
      return refuse(answer, *bad, what.path);
    if (!desk)
      return refuse(answer, not_found("no_logs", "this node keeps no logs that could be searched"),
                    what.path);
    const bool taken =
        desk->give([api, search = std::move(search), answer, path = std::string{what.path},
                    pass = what.pass]() mutable {
          try {
            answer.send(json_reply({{"lines", lines_for(*api, std::move(search), pass.get())}}));
          } catch (const std::exception& e) {
            answer.send(to_reply(problem_of({refusal::internal, e.what(), {}}), path));
          }
        });
    if (!taken)
      refuse(answer, problem_of({refusal::busy, "too many searches wait already", {}}), what.path);
  });
}

} // namespace troupe
