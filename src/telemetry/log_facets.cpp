#include "src/telemetry/log_facets.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t sightings = 8192; // a power of two
constexpr std::string_view other = "other";

std::string key_of(log_level level, std::string_view event, std::string_view agent,
                   std::string_view domain, std::string_view task_type) {
  std::string out(1, static_cast<char>('0' + static_cast<int>(level)));
  for (auto word : {event, agent, domain, task_type}) {
    out += '\n';
    out += word;
  }
  return out;
}

bool fits(const std::string& wanted, const std::string& word) {
  return wanted.empty() || wanted == word;
}

} // namespace

void log_facets::load(sqlite_file& db) {
  std::lock_guard hold{mutex_};
  all_.clear();
  by_key_.clear();
  text_ids_.clear();
  texts_.clear();
  seen_once_.assign(sightings, 0);
  lines_ = 0;
  sqlite_statement facets{
      db, "SELECT id, level, event, agent, domain, task_type, lines, newest FROM facets"};
  while (facets.step()) {
    auto what = std::make_shared<log_facet>();
    what->id = facets.number(0);
    what->level = static_cast<log_level>(std::clamp<std::int64_t>(facets.number(1), 0, 5));
    what->event = facets.text(2);
    what->agent = facets.text(3);
    what->domain = facets.text(4);
    what->task_type = facets.text(5);
    auto key = key_of(what->level, what->event, what->agent, what->domain, what->task_type);
    auto& state = put(std::move(what), std::move(key));
    state.lines = facets.number(6);
    state.newest = facets.number(7);
    lines_ += state.lines;
  }
  sqlite_statement texts{db, "SELECT id, text FROM texts"};
  while (texts.step()) {
    text_ids_.emplace(texts.text(1), texts.number(0));
    texts_.emplace(texts.number(0), texts.text(1));
  }
}

log_facet_state& log_facets::put(std::shared_ptr<const log_facet> what, std::string key) {
  const auto id = what->id;
  auto& place = all_[id];
  place.what = std::move(what);
  by_key_[key] = id;
  place.key = std::move(key);
  return place;
}

std::int64_t log_facets::insert(sqlite_file& db, const log_line& line, std::string key) {
  sqlite_statement add{db, "INSERT INTO facets(level, event, agent, domain, task_type, lines, "
                           "newest) VALUES(?,?,?,?,?,0,0)"};
  add.with(static_cast<std::int64_t>(line.level), std::string_view{line.event},
           std::string_view{line.agent}, std::string_view{line.domain},
           std::string_view{line.task_type})
      .run();
  const auto id = db.last_id();
  put(std::make_shared<log_facet>(
          log_facet{id, line.level, line.event, line.agent, line.domain, line.task_type}),
      std::move(key));
  return id;
}

std::int64_t log_facets::facet_of(sqlite_file& db, const log_line& line, std::int64_t at) {
  std::lock_guard hold{mutex_};
  auto key = key_of(line.level, line.event, line.agent, line.domain, line.task_type);
  auto found = by_key_.find(key);
  std::int64_t id = 0;
  if (found != by_key_.end()) {
    id = found->second;
  } else if (all_.size() < max_facets) {
    id = insert(db, line, std::move(key));
  } else {
    log_line less;
    less.level = line.level;
    less.event = less.task_type = other;
    const bool room = all_.size() < max_facets + max_facets / 2;
    less.agent = room ? line.agent : std::string{other};
    less.domain = room ? line.domain : std::string{other};
    key = key_of(less.level, less.event, less.agent, less.domain, less.task_type);
    found = by_key_.find(key);
    id = found != by_key_.end() ? found->second : insert(db, less, std::move(key));
  }
  auto& state = all_[id];
  // Raised before the transaction ends: a search that sees the line must find a bound that admits
  // it.
  state.newest = state.lines == 0 ? at : std::max(state.newest, at);
  ++state.lines;
  ++lines_;
  state.changed = true;
  return id;
}

void log_facets::reach(std::int64_t facet, std::int64_t at) {
  std::lock_guard hold{mutex_};
  auto& state = all_[facet];
  state.newest = std::max(state.newest, at);
}

std::int64_t log_facets::text_of(sqlite_file& db, const std::string& message) {
  if (message.empty() || message.size() > max_text_bytes)
    return 0;
  std::lock_guard hold{mutex_};
  if (auto i = text_ids_.find(message); i != text_ids_.end())
    return i->second;
  if (texts_.size() >= max_texts)
    return 0;
  const auto hash = std::hash<std::string>{}(message) | 1;
  auto& seen = seen_once_[(hash >> 1) % sightings];
  if (std::exchange(seen, hash) != hash)
    return 0;
  sqlite_statement add{db, "INSERT INTO texts(text) VALUES(?)"};
  add.with(std::string_view{message}).run();
  const auto id = db.last_id();
  text_ids_.emplace(message, id);
  texts_.emplace(id, message);
  return id;
}

void log_facets::store_counts(sqlite_file& db) {
  std::lock_guard hold{mutex_};
  sqlite_statement set{db, "UPDATE facets SET lines = ?, newest = ? WHERE id = ?"};
  for (auto& [id, state] : all_)
    if (std::exchange(state.changed, false))
      set.with(state.lines, state.newest, id).run();
}

void log_facets::forget(sqlite_file& db, std::int64_t facet, std::int64_t lines) {
  std::lock_guard hold{mutex_};
  const auto i = all_.find(facet);
  if (i == all_.end())
    return;
  i->second.lines -= lines;
  lines_ -= lines;
  i->second.changed = true;
  if (i->second.lines > 0)
    return;
  sqlite_statement drop{db, "DELETE FROM facets WHERE id = ?"};
  drop.with(facet).run();
  by_key_.erase(i->second.key);
  all_.erase(i);
}

std::vector<log_facet_state> log_facets::matching(const log_filter& filter) const {
  std::lock_guard hold{mutex_};
  std::vector<log_facet_state> out;
  for (const auto& [id, state] : all_) {
    const auto& f = *state.what;
    if ((!filter.least || f.level >= *filter.least) && fits(filter.event, f.event) &&
        fits(filter.agent, f.agent) && fits(filter.domain, f.domain) &&
        is_within(f.domain, filter.within) && fits(filter.task_type, f.task_type))
      out.push_back(state);
  }
  return out;
}

std::string log_facets::text(std::int64_t id) const {
  std::lock_guard hold{mutex_};
  const auto i = texts_.find(id);
  return i == texts_.end() ? std::string{} : i->second;
}

std::int64_t log_facets::lines() const {
  std::lock_guard hold{mutex_};
  return lines_;
}

} // namespace troupe
