#include "src/store/open_set.hpp"

#include <algorithm>

namespace troupe {

namespace {

// The last event of a task says what state it is in.
constexpr std::string_view old_ones =
    "SELECT t.seq, t.id, t.domain, t.shard, coalesce(v.state, t.state), coalesce(v.n, 0)"
    " FROM open_tasks o JOIN tasks t ON t.seq = o.seq"
    " LEFT JOIN events v ON v.seq = t.seq AND v.n = (SELECT max(n) FROM events WHERE seq = t.seq)";
constexpr std::string_view young_ones =
    "SELECT t.seq, t.id, t.domain, t.shard, coalesce(v.state, t.state), coalesce(v.n, 0)"
    " FROM tasks t"
    " LEFT JOIN events v ON v.seq = t.seq AND v.n = (SELECT max(n) FROM events WHERE seq = t.seq)"
    " WHERE t.seq >= ?1 AND t.end_state IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM ends WHERE ends.seq = t.seq)";

} // namespace

open_set::open_set(sqlite_handle& db)
    : list_(db, "INSERT INTO open_tasks VALUES(?1)")
    , unlist_(db, "DELETE FROM open_tasks WHERE seq = ?1")
    , set_floor_(db, "UPDATE open_floor SET seq = ?1")
    , get_floor_(db, "SELECT seq FROM open_floor")
    , get_top_(db, "SELECT coalesce(max(seq), 0) FROM tasks")
    , old_ones_(db, old_ones)
    , young_ones_(db, young_ones) {}

void open_set::load() {
  tasks_.clear();
  young_ = 0;
  floor_ = 0;
  if (sqlite_rows rows{get_floor_}; rows.next())
    floor_ = rows.number(0);
  top_ = floor_;
  if (sqlite_rows rows{get_top_}; rows.next())
    top_ = std::max(top_, rows.number(0) + 1);
  next_floor_ = top_;
  read(old_ones_, true);
  young_ones_.number(1, floor_);
  read(young_ones_, false);
}

void open_set::read(sqlite_statement& from, bool listed) {
  sqlite_rows rows{from};
  while (rows.next()) {
    entry e;
    e.key = rows.number(0);
    e.domain = domain_index(rows.bytes(2));
    e.shard = static_cast<std::uint32_t>(rows.number(3));
    e.state = static_cast<task_state>(rows.number(4));
    e.last_event = static_cast<std::uint32_t>(rows.number(5));
    e.listed = listed;
    tasks_.insert_or_assign(std::string{rows.bytes(1)}, e);
  }
}

std::uint32_t open_set::domain_index(std::string_view domain) {
  // Domains are few, and successive tasks mostly are of the same ones.
  for (std::size_t i = 0; i < domains_.size(); ++i)
    if (domains_[i] == domain)
      return static_cast<std::uint32_t>(i);
  domains_.emplace_back(domain);
  return static_cast<std::uint32_t>(domains_.size() - 1);
}

open_set::entry* open_set::find(std::string_view id) {
  auto i = tasks_.find(id);
  return i == tasks_.end() ? nullptr : &i->second;
}

void open_set::add(std::string_view id, std::string_view domain, entry e) {
  e.domain = domain_index(domain);
  e.listed = e.key < floor_;
  if (e.listed)
    list_.number(1, e.key).run();
  tasks_.emplace(id, e);
  top_ = std::max(top_, e.key + 1);
  ++young_;
}

bool open_set::remove(std::string_view id) {
  auto i = tasks_.find(id);
  if (i == tasks_.end())
    return false;
  if (i->second.listed)
    unlist_.number(1, i->second.key).run();
  const bool whole = i->second.whole;
  tasks_.erase(i);
  return whole;
}

void open_set::raise_floor() {
  if (young_ < generation)
    return;
  for (auto& [id, e] : tasks_) {
    if (e.listed || e.key >= next_floor_)
      continue;
    list_.number(1, e.key).run();
    e.listed = true;
  }
  set_floor_.number(1, next_floor_).run();
  floor_ = next_floor_;
  next_floor_ = top_;
  young_ = 0;
}

std::vector<std::int64_t>
open_set::keys(const std::function<bool(const entry&, const std::string&)>& wanted) const {
  std::vector<std::int64_t> out;
  for (const auto& [id, e] : tasks_)
    if (wanted(e, domains_[e.domain]))
      out.push_back(e.key);
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace troupe
