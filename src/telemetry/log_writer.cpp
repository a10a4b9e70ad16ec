#include "src/telemetry/log_writer.hpp"

#include "src/telemetry/log_book.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace troupe {

namespace {

constexpr std::int64_t application = 0x74726C67; // "trlg"
constexpr std::int64_t version = 1;
constexpr std::size_t remembered_subjects = 50000;

// `message` is either a text or the number of a frequent one. The indexes end with the key of the
// line, which SQLite appends to every index: newest first within a facet or a subject is a walk
// along the index.
constexpr const char* tables = R"(
CREATE TABLE facets(id INTEGER PRIMARY KEY, level INTEGER NOT NULL, event TEXT NOT NULL, agent TEXT NOT NULL,
                    domain TEXT NOT NULL, task_type TEXT NOT NULL, lines INTEGER NOT NULL, newest INTEGER NOT NULL);
CREATE TABLE texts(id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE subjects(id INTEGER PRIMARY KEY, task TEXT NOT NULL, session TEXT NOT NULL, customer TEXT NOT NULL);
CREATE INDEX subjects_task ON subjects(task) WHERE task <> '';
CREATE INDEX subjects_session ON subjects(session) WHERE session <> '';
CREATE INDEX subjects_customer ON subjects(customer) WHERE customer <> '';
CREATE TABLE lines(at INTEGER PRIMARY KEY, facet INTEGER NOT NULL, subject INTEGER, message, fields TEXT);
CREATE INDEX lines_facet ON lines(facet);
CREATE INDEX lines_subject ON lines(subject) WHERE subject IS NOT NULL;
)";

/// Makes the tables, or checks that the file is one of ours.
sqlite_file& prepare(sqlite_file& db, const std::string& path) {
  const auto owner = db.number("PRAGMA application_id");
  const auto found = db.number("PRAGMA user_version");
  const bool empty = db.number("SELECT count(*) FROM sqlite_master") == 0;
  if (!empty && owner != application)
    throw log_error(path + ": is not a log of troupe");
  if (!empty && found > version)
    throw log_error(path + ": was written by a newer version of troupe");
  // A log may lose its last moments with the power, but not its order, and must not wait for the
  // disk with every line.
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA synchronous = NORMAL");
  db.run("PRAGMA journal_size_limit = 67108864");
  // A batch touches a page for each facet it has lines of; the less often these go to the main
  // file, the better.
  db.run("PRAGMA wal_autocheckpoint = 16384");
  db.run("PRAGMA cache_size = -65536");
  if (empty) {
    sqlite_transaction make{db};
    db.run(tables);
    db.run("PRAGMA application_id = 1953655911");
    db.run("PRAGMA user_version = 1");
    make.commit();
  }
  return db;
}

} // namespace

log_writer::statements::statements(sqlite_file& db)
    : line(db, "INSERT OR IGNORE INTO lines(at, facet, subject, message, fields) VALUES(?,?,?,?,?)")
    , subject(db, "INSERT INTO subjects(task, session, customer) VALUES(?,?,?)") {}

log_writer::log_writer(const std::string& path, log_facets& facets)
    : db_(path)
    , facets_(facets)
    , do_(prepare(db_, path)) {
  facets_.load(db_);
}

void log_writer::recover() {
  subjects_.clear();
  facets_.load(db_);
}

void log_writer::write(std::span<log_line> batch) {
  std::stable_sort(batch.begin(), batch.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  try {
    sqlite_transaction all{db_};
    auto last = std::numeric_limits<std::int64_t>::min();
    for (const auto& line : batch) {
      const auto at = line.at > last ? line.at : last + 1;
      last = insert(line, at, subject_of(line));
    }
    facets_.store_counts(db_);
    all.commit();
  } catch (const log_error&) {
    recover();
    throw;
  }
}

std::int64_t log_writer::insert(const log_line& line, std::int64_t at, std::int64_t subject) {
  const auto text = facets_.text_of(db_, line.message);
  const auto facet = facets_.facet_of(db_, line, at);
  // Another batch may hold lines of the same moments. The steps double, so that even a clock that
  // stands still costs only a few attempts a line.
  for (std::int64_t step = 1;; step *= 2) {
    auto& add = do_.line;
    const std::string_view fields{line.fields};
    const std::string_view message{line.message};
    if (subject == 0 && line.fields.empty())
      text ? add.with(at, facet, nullptr, text, nullptr)
           : add.with(at, facet, nullptr, message, nullptr);
    else if (subject == 0)
      text ? add.with(at, facet, nullptr, text, fields)
           : add.with(at, facet, nullptr, message, fields);
    else if (line.fields.empty())
      text ? add.with(at, facet, subject, text, nullptr)
           : add.with(at, facet, subject, message, nullptr);
    else
      text ? add.with(at, facet, subject, text, fields)
           : add.with(at, facet, subject, message, fields);
    add.run();
    if (db_.changed() > 0)
      return at;
    at += step;
    facets_.reach(facet, at);
  }
}

std::int64_t log_writer::subject_of(const log_line& line) {
  if (line.task.empty() && line.session.empty() && line.customer.empty())
    return 0;
  auto key = line.task + '\n' + line.session + '\n' + line.customer;
  if (auto i = subjects_.find(key); i != subjects_.end())
    return i->second;
  do_.subject
      .with(std::string_view{line.task}, std::string_view{line.session},
            std::string_view{line.customer})
      .run();
  if (subjects_.size() >= remembered_subjects)
    subjects_.clear();
  return subjects_[std::move(key)] = db_.last_id();
}

std::uint64_t log_writer::bytes() {
  const auto pages = db_.number("PRAGMA page_count") - db_.number("PRAGMA freelist_count");
  return static_cast<std::uint64_t>(pages * db_.number("PRAGMA page_size"));
}

std::size_t log_writer::prune(std::int64_t older_than, std::size_t most) {
  try {
    sqlite_transaction all{db_};
    // The cut is the first line that stays.
    sqlite_statement nth{db_, "SELECT at FROM lines WHERE at < ? ORDER BY at LIMIT 1 OFFSET ?"};
    nth.with(older_than, static_cast<std::int64_t>(most));
    const auto cut = nth.step() ? nth.number(0) : older_than;
    nth.rewind();
    sqlite_statement count{
        db_, "SELECT facet, count(*) FROM lines NOT INDEXED WHERE at < ? GROUP BY facet"};
    count.with(cut);
    std::vector<std::pair<std::int64_t, std::int64_t>> gone;
    while (count.step())
      gone.emplace_back(count.number(0), count.number(1));
    count.rewind();
    if (gone.empty())
      return 0;
    sqlite_statement{
        db_,
        "DELETE FROM subjects WHERE id IN (SELECT subject FROM lines WHERE at < ?1 AND subject IS "
        "NOT "
        "NULL) AND NOT EXISTS (SELECT 1 FROM lines WHERE lines.subject = subjects.id AND at >= ?1)"}
        .with(cut)
        .run();
    sqlite_statement{db_, "DELETE FROM lines WHERE at < ?"}.with(cut).run();
    std::size_t sum = 0;
    for (const auto& [facet, lines] : gone) {
      facets_.forget(db_, facet, lines);
      sum += static_cast<std::size_t>(lines);
    }
    facets_.store_counts(db_);
    all.commit();
    subjects_.clear();
    return sum;
  } catch (const log_error&) {
    recover();
    throw;
  }
}

} // namespace troupe
