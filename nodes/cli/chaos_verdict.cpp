#include "nodes/cli/chaos_verdict.hpp"

#include "nodes/cli/text_layout.hpp"
#include "src/store/postgres_schema.hpp"

#include <troupe/task.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

namespace troupe::cli {

namespace {

constexpr postgres_statement books_of_run{
    "chaos_books", "SELECT count(*), count(e.id),"
                   " count(*) - count(DISTINCT (t.domain, t.idempotency)),"
                   " count(*) FILTER (WHERE e.id IS NULL AND coalesce("
                   "   (SELECT v.state FROM events v WHERE v.key = t.key AND v.id = t.id ORDER BY "
                   "v.n DESC LIMIT 1),"
                   "   t.state) = $2::int8)"
                   " FROM tasks t LEFT JOIN ends e ON e.key = t.key AND e.id = t.id"
                   " WHERE substring(t.idempotency FROM 1 FOR length($1::bytea)) = $1"};

constexpr milliseconds look_every{200};

double at_percent(const std::vector<double>& sorted, double percent) {
  if (sorted.empty())
    return 0;
  const auto n =
      static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(sorted.size())));
  return sorted[std::min(std::max<std::size_t>(n, 1), sorted.size()) - 1];
}

} // namespace

chaos_books read_books(const std::string& store, const std::string& schema, const std::string& run,
                       milliseconds most) {
  postgres_settings to;
  to.address = store;
  to.schema = schema;
  const auto db = make_postgres_handle(to);
  const auto end = std::chrono::steady_clock::now() + most;
  while (true) {
    db->begin_call();
    db->add(books_of_run, postgres_params{}.bytes(run + "-").number(
                              static_cast<std::int64_t>(task_state::input_required)));
    const auto all = db->run();
    const auto& rows = all.at(0);
    const auto number = [&](int column) {
      return static_cast<std::uint64_t>(rows.number(0, column));
    };
    const chaos_books out{number(0), number(1), number(3), number(2)};
    if (out.ended + out.waiting >= out.accepted || std::chrono::steady_clock::now() >= end)
      return out;
    std::this_thread::sleep_for(look_every);
  }
}

std::uint64_t chaos_report::lost() const {
  std::uint64_t out = load.open.size();
  if (books) {
    const auto over = books->ended + books->waiting;
    out = std::max(out, books->accepted > over ? books->accepted - over : 0);
    // Somebody was told that his task is accepted, and the store does not know of it.
    out = std::max(out, load.answered > books->accepted ? load.answered - books->accepted : 0);
  }
  return out;
}

bool chaos_report::failed_too_often() const {
  return static_cast<double>(load.failed) > most_failed * static_cast<double>(load.answered);
}

bool chaos_report::good() const {
  return lost() == 0 && !failed_too_often() && load.skipped == 0 && load.repeated == 0 &&
         load.wrong.empty() && (!books || books->doubled == 0) && load.answered > 0;
}

json document_of(const chaos_report& x) {
  json out{{"seed", x.seed},
           {"duration_ms", x.duration.count()},
           {"nodes", x.nodes},
           {"sessions", x.sessions},
           {"faults", json::object()},
           {"not_done", json::object()},
           {"asked", x.load.asked},
           {"answered", x.load.answered},
           {"failed", x.load.failed},
           {"most_failed", x.most_failed},
           {"refused", x.load.refused},
           {"broken", x.load.broken},
           {"lost", x.lost()},
           {"counted", x.load.counted},
           {"skipped", x.load.skipped},
           {"repeated", x.load.repeated},
           {"wrong", x.load.wrong},
           {"open", x.load.open},
           {"p50_ms", at_percent(x.load.waits_ms, 50)},
           {"p99_ms", at_percent(x.load.waits_ms, 99)},
           {"longest_ms", x.load.waits_ms.empty() ? 0 : x.load.waits_ms.back()},
           {"good", x.good()}};
  for (const auto& [what, times] : x.done)
    out["faults"][std::string{to_string(what)}] = times;
  for (const auto& [what, why] : x.not_done)
    out["not_done"][std::string{to_string(what)}] = why;
  if (x.books)
    out["store"] = {{"accepted", x.books->accepted},
                    {"ended", x.books->ended},
                    {"with_people", x.books->waiting},
                    {"doubled", x.books->doubled}};
  return out;
}

std::string text_of(const chaos_report& x) {
  std::string out;
  const auto line = [&](const char* name, const std::string& text) {
    out += padded(name, 10) + text + "\n";
  };
  const auto n = [](std::uint64_t v) { return std::to_string(v); };
  std::string faults;
  for (const auto& [what, times] : x.done)
    faults += (faults.empty() ? "" : ", ") + std::string{to_string(what)} + " " + n(times);
  line("faults", faults.empty() ? "none" : faults);
  for (const auto& [what, why] : x.not_done)
    line("not done", std::string{to_string(what)} + ": " + why);
  line("clients", n(x.load.asked) + " messages in " + n(x.sessions) + " sessions, " +
                      n(x.load.answered) + " answered (" + n(x.load.failed) + " not completed), " +
                      n(x.load.refused) + " times refused and " + n(x.load.broken) +
                      " times cut off, then sent again");
  line("counters", x.load.counted == 0 ? std::string{"the answers hold none (`data.count`)"}
                                       : n(x.load.counted) + " counted, " + n(x.load.skipped) +
                                             " skipped, " + n(x.load.repeated) + " repeated");
  line("store", x.books
                    ? n(x.books->accepted) + " tasks accepted, " + n(x.books->ended) + " ended, " +
                          n(x.books->waiting) + " with people, " + n(x.books->doubled) + " doubled"
                    : std::string{"not asked: only the clients' word is known"});
  line("waits", "p50 " + duration_words(at_percent(x.load.waits_ms, 50)) + ", p99 " +
                    duration_words(at_percent(x.load.waits_ms, 99)) + ", longest " +
                    duration_words(x.load.waits_ms.empty() ? 0 : x.load.waits_ms.back()));
  for (const auto& what : x.load.wrong)
    line("wrong", plain(what));
  for (const auto& key : x.load.open)
    line("open", plain(key));
  if (x.failed_too_often())
    line("failed", n(x.load.failed) + " of " + n(x.load.answered) + ", more than a share of " +
                       json(x.most_failed).dump());
  line("lost", x.lost() == 0 ? std::string{"nothing"} : n(x.lost()));
  return out + (x.good() ? "the cluster stood it\n" : "the cluster did not stand it\n");
}

} // namespace troupe::cli
