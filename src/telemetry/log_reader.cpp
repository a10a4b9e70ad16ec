#include "src/telemetry/log_reader.hpp"

#include "src/telemetry/log_book.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <queue>
#include <unordered_set>
#include <utility>

namespace troupe {

namespace {

/// So many tasks are looked into one by one; a customer or session with more of them is so frequent
/// that a walk through all lines meets it soon enough.
constexpr std::size_t max_subjects = 50000;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool contains(std::string_view text, std::string_view lowered) {
  return std::search(text.begin(), text.end(), lowered.begin(), lowered.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

/// Finds the subjects of a filter by the most telling of task, session and customer; the others
/// only filter.
std::string subjects_sql(const log_filter& f) {
  const int lead = !f.task.empty() ? 1 : !f.session.empty() ? 2 : 3;
  std::string sql = "SELECT id FROM subjects WHERE 1";
  int i = 0;
  for (const std::string name : {"task", "session", "customer"}) {
    const auto place = "?" + std::to_string(++i);
    // The indexes leave empty words out; SQLite uses them only if told that empty ones are not
    // wanted.
    sql += i == lead ? " AND " + name + " <> '' AND " + name + " = " + place
                     : " AND (" + place + " = '' OR " + name + " = " + place + ")";
  }
  return sql + " ORDER BY id DESC LIMIT ?4";
}

} // namespace

/// What one search knows and has found.
struct log_reader::search_state {
  search_state(const log_filter& f, log_search_end& e)
      : filter(f)
      , end(e) {}

  const log_filter& filter;
  log_search_end& end;
  std::size_t limit = 0;
  std::int64_t from = 0;  ///< inclusive
  std::int64_t until = 0; ///< exclusive
  std::string needle;
  std::unordered_map<std::int64_t, std::shared_ptr<const log_facet>> facets; ///< those that match
  std::optional<std::unordered_set<std::int64_t>> subjects;
  bool by_customer = false; ///< too many subjects to list them: each line's own is looked at
  std::unordered_map<std::int64_t, std::string> texts;
  std::size_t scanned = 0;
  std::chrono::steady_clock::time_point deadline =
      std::chrono::steady_clock::now() + log_book::max_text_search;
  std::vector<log_entry> found;
};

/// The lines of one facet or subject, newest first, fetched in growing portions: most lists give
/// nothing or one line.
class log_reader::postings {
 public:
  postings(std::int64_t key, std::int64_t bound)
      : key_(key)
      , bound_(bound) {}

  /// No line of the list that is yet to come is newer.
  [[nodiscard]] std::int64_t newest() const { return at_ < ready_.size() ? ready_[at_] : bound_; }
  [[nodiscard]] bool fetched() const { return at_ < ready_.size(); }
  void pop() { bound_ = ready_[at_++] - 1; }

  /// Gets the next portion of lines that are not newer than the bound; false when there are none.
  bool fetch(sqlite_statement& next, std::int64_t from) {
    ready_.clear();
    at_ = 0;
    next.with(key_, bound_, from, portion_);
    while (next.step())
      ready_.push_back(next.number(0));
    next.rewind();
    portion_ = std::min<std::int64_t>(portion_ * 8, 512);
    return !ready_.empty();
  }

 private:
  std::int64_t key_;
  std::int64_t bound_;
  std::int64_t portion_ = 1;
  std::vector<std::int64_t> ready_;
  std::size_t at_ = 0;
};

log_reader::log_reader(const std::string& path, const log_facets& facets)
    : db_(path)
    , facets_(facets)
    , scan_(db_, "SELECT at, facet, subject, message, fields FROM lines NOT INDEXED WHERE at < ? "
                 "AND at >= ? ORDER BY at "
                 "DESC")
    , one_(db_, "SELECT at, facet, subject, message, fields FROM lines WHERE at = ?")
    , by_facet_(
          db_,
          "SELECT at FROM lines WHERE facet = ? AND at <= ? AND at >= ? ORDER BY at DESC LIMIT ?")
    , by_subject_(
          db_,
          "SELECT at FROM lines WHERE subject = ? AND at <= ? AND at >= ? ORDER BY at DESC LIMIT ?")
    , subject_(db_, "SELECT task, session, customer FROM subjects WHERE id = ?") {
  db_.run("PRAGMA query_only = ON");
  db_.run("PRAGMA cache_size = -65536");
}

bool log_reader::look(search_state& s, sqlite_statement& row) {
  if (s.found.size() >= s.limit)
    return false;
  // A text is looked for in lines that may have to come from a cold disk, so their number alone is
  // no bound on time.
  const bool late =
      !s.needle.empty() && s.scanned % 256 == 255 && std::chrono::steady_clock::now() > s.deadline;
  if (late || s.scanned >= log_book::max_scanned) {
    s.end.complete = false;
    return false;
  }
  ++s.scanned;
  const auto at = row.number(0);
  s.end.reached = moment(at);
  const auto facet = s.facets.find(row.number(1));
  if (facet == s.facets.end())
    return true;
  const auto subject = row.is_null(2) ? 0 : row.number(2);
  if (s.subjects && !s.subjects->contains(subject))
    return true;
  if (s.by_customer && subject == 0)
    return true;
  std::string message;
  if (row.is_number(3)) {
    auto [text, unknown] = s.texts.try_emplace(row.number(3));
    if (unknown)
      text->second = facets_.text(row.number(3));
    if (!s.needle.empty() && !contains(text->second, s.needle))
      return true;
    message = text->second;
  } else {
    if (!s.needle.empty() && !contains(row.text(3), s.needle))
      return true;
    message = row.text(3);
  }
  log_entry out;
  if (subject != 0) {
    subject_.with(subject);
    if (subject_.step()) {
      out.task = subject_.text(0);
      out.session = subject_.text(1);
      out.customer = subject_.text(2);
    }
    subject_.rewind();
    const auto& f = s.filter;
    if (s.by_customer && ((!f.task.empty() && out.task != f.task) ||
                          (!f.session.empty() && out.session != f.session) ||
                          (!f.customer.empty() && out.customer != f.customer)))
      return true;
  }
  const auto& what = *facet->second;
  out.at = moment(at);
  out.level = what.level;
  out.event = what.event;
  out.agent = what.agent;
  out.domain = what.domain;
  out.task_type = what.task_type;
  out.message = std::move(message);
  if (!row.is_null(4)) {
    out.fields = json::parse(row.text(4), nullptr, false);
    if (out.fields.is_discarded())
      out.fields = nullptr;
  }
  s.found.push_back(std::move(out));
  return true;
}

void log_reader::scan(search_state& s) {
  scan_.with(s.until, s.from);
  while (s.found.size() < s.limit && scan_.step() && look(s, scan_)) {
  }
  scan_.rewind();
}

void log_reader::merge(search_state& s, std::vector<postings> lists, sqlite_statement& next) {
  const auto older = [&](std::size_t a, std::size_t b) {
    return lists[a].newest() < lists[b].newest();
  };
  std::vector<std::size_t> order(lists.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  // A list whose bound is below what has been found is never fetched.
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(older)> heap{
      older, std::move(order)};
  bool more = true;
  while (more && !heap.empty() && s.found.size() < s.limit) {
    const auto i = heap.top();
    heap.pop();
    auto& list = lists[i];
    if (list.newest() < s.from)
      break;
    if (list.fetched()) {
      one_.with(list.newest());
      more = !one_.step() || look(s, one_);
      one_.rewind();
      list.pop();
      heap.push(i);
    } else if (list.fetch(next, s.from)) {
      heap.push(i);
    }
  }
}

std::vector<log_entry> log_reader::search(const log_filter& f, log_search_end& end) {
  end = {};
  search_state s{f, end};
  s.limit = std::min(f.limit, log_filter::max_found);
  s.from = micros(f.from);
  s.until = micros(f.until);
  if (s.limit == 0 || s.from >= s.until)
    return {};
  s.needle = f.contains;
  std::transform(s.needle.begin(), s.needle.end(), s.needle.begin(), lower);

  // All reads below see the book at one moment. The facets are read after it begins: their bounds
  // are raised before a batch ends, so none is below what this transaction sees.
  sqlite_transaction snapshot{db_, "BEGIN"};
  db_.number("SELECT count(*) FROM sqlite_master");
  const auto matching = facets_.matching(f);
  std::int64_t lines = 0;
  for (const auto& state : matching) {
    s.facets.emplace(state.what->id, state.what);
    lines += state.lines;
  }
  if (matching.empty())
    return {};

  if (!f.task.empty() || !f.session.empty() || !f.customer.empty()) {
    sqlite_statement select{db_, subjects_sql(f).c_str()};
    select.with(std::string_view{f.task}, std::string_view{f.session}, std::string_view{f.customer},
                static_cast<std::int64_t>(max_subjects + 1));
    std::vector<std::int64_t> ids;
    while (select.step())
      ids.push_back(select.number(0));
    select.rewind();
    if (ids.size() > max_subjects) {
      s.by_customer = true;
      scan(s);
    } else {
      s.subjects.emplace(ids.begin(), ids.end());
      std::vector<postings> lists;
      lists.reserve(ids.size());
      for (auto id : ids)
        lists.emplace_back(id, s.until - 1);
      merge(s, std::move(lists), by_subject_);
    }
    return std::move(s.found);
  }

  // Walking through everything costs a fraction of looking lines up one by one: it is for searches
  // that match everything, or that must look at many lines because of a text.
  const auto all = facets_.lines();
  if (lines >= all || (!s.needle.empty() && lines > all / 8)) {
    scan(s);
    return std::move(s.found);
  }
  std::vector<postings> lists;
  lists.reserve(matching.size());
  for (const auto& state : matching)
    lists.emplace_back(state.what->id, std::min(state.newest, s.until - 1));
  merge(s, std::move(lists), by_facet_);
  return std::move(s.found);
}

} // namespace troupe
