#include "nodes/cli/log_search.hpp"

#include "nodes/doors/uri.hpp"
#include "src/telemetry/log.hpp"

namespace troupe::cli {

namespace {

json line_json(const log_entry& x) {
  json out{{"at", time_text(x.at)}, {"level", to_string(x.level)}, {"message", x.message}};
  for (const auto& [name, text] : {std::pair{"event", &x.event},
                                   {"session", &x.session},
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

timestamp moment(const json& micros) {
  return timestamp{microseconds{micros.get<std::int64_t>()}};
}

} // namespace

json search_book(const log_book& book, const json& wanted) {
  log_filter by;
  by.session = wanted.value("session", std::string{});
  by.task = wanted.value("task", std::string{});
  by.task_type = wanted.value("task_type", std::string{});
  by.agent = wanted.value("agent", std::string{});
  by.contains = wanted.value("text", std::string{});
  if (const auto level = wanted.find("level"); level != wanted.end())
    by.least = parse_log_level(level->get<std::string>());
  if (const auto since = wanted.find("since"); since != wanted.end())
    by.from = moment(*since);
  if (const auto until = wanted.find("until"); until != wanted.end())
    by.until = moment(*until);
  by.limit = wanted.value("limit", by.limit);
  json out = json::array();
  for (const auto& line : book.search(by))
    out.push_back(line_json(line));
  return out;
}

log_keeper::log_keeper(std::shared_ptr<log_book> book, std::uint32_t days)
    : book_(std::move(book))
    , days_(days)
    , thread_([this] { run(); }) {}

log_keeper::~log_keeper() {
  {
    const std::lock_guard hold{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool log_keeper::ending() {
  const std::lock_guard hold{mutex_};
  return ending_;
}

void log_keeper::run() {
  constexpr std::size_t slice = 20000;
  do {
    try {
      const auto now = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
      const auto until = now - std::chrono::hours{24} * days_;
      while (!ending() && book_->prune(until, slice) == slice)
        ;
    } catch (const std::exception& e) {
      book_->append(log_entry::of(log_level::warning, "log.prune",
                                  std::string{"old lines could not be removed: "} + e.what()));
    }
    std::unique_lock hold{mutex_};
    if (changed_.wait_for(hold, std::chrono::hours{1}, [&] { return ending_; }))
      return;
  } while (true);
}

} // namespace troupe::cli
