#include "src/store/sqlite_audit.hpp"

#include "src/store/store.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>

namespace troupe {

namespace {

sqlite_handle& with_table(sqlite_handle& db) {
  db.run("CREATE TABLE IF NOT EXISTS audit(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
         "body TEXT NOT NULL, hash BLOB NOT NULL)");
  return db;
}

constexpr std::string_view page_sql =
    "SELECT n, id, body, hash FROM audit WHERE n > ?1 ORDER BY n LIMIT ?2";

// Up to 256 records, spread evenly over the ?1 that there are. An id is in the table and in its
// index; a hash has 32 bytes, and both rows together some 20 beside their texts.
constexpr std::string_view width_sql =
    "WITH RECURSIVE k(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i < 255)"
    " SELECT coalesce(cast(avg(octets + 52) AS INTEGER), 0) FROM (SELECT"
    " 2 * length(CAST(id AS BLOB)) + length(CAST(body AS BLOB)) AS octets"
    " FROM k CROSS JOIN audit ON n = ?1 - i * ?1 / 256)";

std::int64_t row_of_trail(std::uint64_t x) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(x, std::numeric_limits<std::int64_t>::max()));
}

std::vector<audit_row> read_page(sqlite_statement& page, std::uint64_t after, std::size_t most) {
  std::vector<audit_row> out;
  page.number(1, row_of_trail(after)).number(2, row_of_trail(most));
  for (sqlite_rows rows{page}; rows.next();)
    out.push_back({static_cast<std::uint64_t>(rows.number(0)), std::string{rows.bytes(1)},
                   std::string{rows.bytes(2)}, std::string{rows.bytes(3)}});
  return out;
}

} // namespace

std::string sqlite_audit::head_file(const std::string& path) {
  return std::filesystem::path{path}.replace_filename("audit.head").string();
}

std::optional<audit_head> read_audit_head(const std::string& path) {
  std::ifstream in{sqlite_audit::head_file(path)};
  std::string line;
  return std::getline(in, line) ? parse_audit_head(line) : std::nullopt;
}

sqlite_audit::sqlite_audit(sqlite_handle& db, std::string key)
    : db_(with_table(db))
    , key_(std::move(key))
    , insert_(db_, "INSERT INTO audit VALUES(?1,?2,?3,?4) ON CONFLICT(id) DO NOTHING")
    , last_(db_, "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1")
    , page_(db_, page_sql)
    , one_(db_, "SELECT hash FROM audit WHERE n = ?1")
    , width_(db_, width_sql) {
  load();
  compare_with_head();
}

void sqlite_audit::load() {
  end_ = {0, audit_origin()};
  moved_ = false;
  for (sqlite_rows rows{last_}; rows.next();)
    end_ = {static_cast<std::uint64_t>(rows.number(0)), std::string{rows.bytes(1)}};
}

void sqlite_audit::compare_with_head() {
  const auto head = read_audit_head(db_.path());
  if (!head || *head == end_)
    return;
  if (head->n <= end_.n) {
    // The head is written after the transaction: a machine that stops in between leaves it behind.
    one_.number(1, row_of_trail(head->n));
    bool same = head->n == 0;
    for (sqlite_rows rows{one_}; rows.next();)
      same = rows.bytes(0) == head->hash;
    if (same)
      return;
  }
  db_.run("BEGIN IMMEDIATE");
  add(std::string{audit_break} + to_text(*head) + "/" + to_text(end_),
      audit_break_body(*head, end_));
  db_.run("COMMIT");
  committed();
}

std::uint64_t sqlite_audit::bytes() {
  width_.number(1, row_of_trail(end_.n));
  std::uint64_t width = 0;
  for (sqlite_rows rows{width_}; rows.next();)
    width = static_cast<std::uint64_t>(rows.number(0));
  return width * end_.n;
}

void sqlite_audit::add(std::string_view id, std::string_view body) {
  const auto n = end_.n + 1;
  auto hash = audit_link(key_, end_.hash, n, id, body);
  insert_.number(1, row_of_trail(n)).text(2, id).text(3, body).blob(4, hash).run();
  if (db_.changed_rows() == 0)
    return;
  end_ = {n, std::move(hash)};
  moved_ = true;
}

void sqlite_audit::committed() {
  if (!moved_)
    return;
  moved_ = false;
  // Always a longer or equally long line, so that nothing of the last one stays behind it.
  std::fstream out{head_file(db_.path()), std::ios::in | std::ios::out};
  if (!out)
    out.open(head_file(db_.path()), std::ios::out | std::ios::trunc);
  // A head that cannot be written is no reason to lose work: the trail itself is on disk.
  out << to_text(end_) << '\n' << std::flush;
}

void sqlite_audit::undone() {
  load();
}

std::vector<audit_row> sqlite_audit::rows(std::uint64_t after, std::size_t most) {
  return read_page(page_, after, most);
}

std::vector<audit_row> read_sqlite_audit(const std::string& path, std::uint64_t after,
                                         std::size_t most) {
  if (!std::filesystem::exists(path))
    throw store_error{store_error::kind::io, path + ": there is no such file"};
  sqlite_handle db{path};
  if (db.number("SELECT count(*) FROM sqlite_master WHERE name = 'audit'") == 0)
    return {};
  sqlite_statement page{db, page_sql};
  return read_page(page, after, most);
}

} // namespace troupe
