#include "src/store/store.hpp"
#include "src/store/task_key.hpp"
#include "src/store/task_match.hpp"

#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace troupe {

namespace {

/// A reader of the same order as the tables of the SQLite store: tasks by `task_key`, then by id.
class memory_store final : public store {
 public:
  void apply(std::span<const store_write> batch) override {
    for (const auto& w : batch)
      write(w);
  }

  std::vector<stored_task> open_tasks(std::string_view domain, std::uint32_t shard) override {
    std::vector<stored_task> out;
    for (const auto& [key, e] : tasks_)
      if (!e.closed && e.what.shard == shard && e.what.domain == domain)
        out.push_back(whole(e));
    return out;
  }

  std::optional<stored_task> task(std::string_view id) override {
    const auto* e = find(id);
    return e ? std::optional{whole(*e)} : std::nullopt;
  }

  std::optional<std::string> task_by_key(std::string_view domain, std::string_view key) override {
    if (key.empty())
      return std::nullopt;
    auto i = keys_.lower_bound({std::string{domain}, std::string{key}, {}});
    if (i == keys_.end() || i->domain != domain || i->key != key)
      return std::nullopt;
    return i->place.second;
  }

  std::optional<std::string> session(std::string_view domain, std::string_view id) override {
    auto i = sessions_.find({std::string{domain}, std::string{id}});
    return i == sessions_.end() ? std::nullopt : std::optional{i->second.body};
  }

  std::vector<stored_task> tasks(const task_filter& filter) override {
    std::vector<stored_task> out;
    std::size_t seen = 0;
    const auto end = tasks_.lower_bound({task_key_bound(filter.before), {}});
    for (auto i = std::make_reverse_iterator(end);
         i != tasks_.rend() && out.size() < limit_of(filter) && seen < task_filter::max_searched;
         ++i, ++seen) {
      const auto& t = i->second.what;
      if (matches(filter, t.domain, t.session, t.state, t.created))
        out.push_back(t);
    }
    return out;
  }

  std::size_t prune(timestamp older_than, std::size_t most) override {
    std::size_t gone = 0;
    for (auto i = tasks_.begin(); i != tasks_.end() && gone < most;) {
      const auto& e = i->second;
      if (!e.closed || e.what.updated >= older_than) {
        ++i;
        continue;
      }
      keys_.erase({e.what.domain, e.what.key, i->first});
      i = tasks_.erase(i);
      ++gone;
    }
    for (auto i = sessions_.begin(); i != sessions_.end() && gone < most;) {
      if (i->second.at >= older_than) {
        ++i;
        continue;
      }
      i = sessions_.erase(i);
      ++gone;
    }
    return gone;
  }

 private:
  using place = std::pair<std::int64_t, std::string>;
  struct entry {
    stored_task what; ///< without its events
    std::map<std::uint32_t, std::string> events;
    bool closed = false;
  };
  struct stored_session {
    timestamp at{};
    std::string body;
  };
  struct client_key {
    std::string domain;
    std::string key;
    memory_store::place place;
    friend auto operator<=>(const client_key&, const client_key&) = default;
  };

  static stored_task whole(const entry& e) {
    auto out = e.what;
    for (const auto& [n, body] : e.events)
      out.events.push_back(body);
    return out;
  }

  entry* find(std::string_view id) {
    auto i = tasks_.find({task_key(id), std::string{id}});
    return i == tasks_.end() ? nullptr : &i->second;
  }

  void write(const store_write& w) {
    if (w.what == store_write::kind::session) {
      sessions_.insert_or_assign({w.domain, w.id}, stored_session{w.at, w.body});
      return;
    }
    auto* e = find(w.id);
    if (w.what == store_write::kind::open) {
      if (!e)
        open(w);
    } else if (e && !e->closed) {
      w.what == store_write::kind::append ? append(*e, w) : close(*e, w);
    }
  }

  void open(const store_write& w) {
    const place at{task_key(w.id), w.id};
    auto& t = tasks_[at].what;
    t.id = w.id;
    t.domain = w.domain;
    t.session = w.session;
    t.key = w.key;
    t.shard = w.shard;
    t.state = w.state;
    t.created = t.updated = w.at;
    t.task_body = w.body;
    if (!w.key.empty())
      keys_.insert({w.domain, w.key, at});
  }

  static void append(entry& e, const store_write& w) {
    if (!e.events.emplace(w.n, w.body).second || w.n < e.events.rbegin()->first)
      return;
    e.what.state = w.state;
    e.what.updated = w.at;
  }

  static void close(entry& e, const store_write& w) {
    e.closed = true;
    e.what.state = w.state;
    e.what.updated = w.at;
    e.what.outcome_body = w.body;
  }

  std::map<place, entry> tasks_;
  std::set<client_key> keys_;
  std::map<std::pair<std::string, std::string>, stored_session> sessions_;
};

} // namespace

std::unique_ptr<store> make_memory_store() {
  return std::make_unique<memory_store>();
}

} // namespace troupe
