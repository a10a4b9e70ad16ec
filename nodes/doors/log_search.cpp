#include "nodes/doors/log_search.hpp"

#include "nodes/doors/uri.hpp"
#include "src/telemetry/log_book.hpp"

namespace troupe {

namespace {

log_filter filter_of(const json& query) {
  log_filter out;
  out.session = query.value("session", "");
  out.task = query.value("task", "");
  out.agent = query.value("agent", "");
  out.task_type = query.value("task_type", "");
  out.contains = query.value("text", "");
  out.least = parse_enum<log_level>(query.value("level", ""));
  if (const auto at = query.find("since"); at != query.end())
    out.from = timestamp{microseconds{at->get<std::int64_t>()}};
  if (const auto at = query.find("until"); at != query.end())
    out.until = timestamp{microseconds{at->get<std::int64_t>()}};
  out.limit = query.value("limit", out.limit);
  out.within = query.value("within", out.within);
  return out;
}

json line_view(const log_entry& x) {
  json out{{"at", time_text(x.at)},
           {"level", to_string(x.level)},
           {"event", x.event},
           {"message", x.message}};
  for (const auto& [name, text] : {std::pair{"session", &x.session},
                                   {"task", &x.task},
                                   {"task_type", &x.task_type},
                                   {"agent", &x.agent},
                                   {"domain", &x.domain},
                                   {"customer", &x.customer}})
    if (!text->empty())
      out[name] = *text;
  if (!x.fields.is_null())
    out["fields"] = x.fields;
  return out;
}

} // namespace

std::function<json(const json&)> search_in(const log_book& book) {
  return [&book](const json& query) {
    json out = json::array();
    for (const auto& line : book.search(filter_of(query)))
      out.push_back(line_view(line));
    return out;
  };
}

} // namespace troupe
