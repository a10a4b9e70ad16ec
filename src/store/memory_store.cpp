#include "src/store/memory_budgets.hpp"
#include "src/store/memory_claims.hpp"
#include "src/store/memory_layout.hpp"
#include "src/store/memory_versions.hpp"
#include "src/store/order_table.hpp"
#include "src/store/shard_epochs.hpp"
#include "src/store/store.hpp"
#include "src/store/task_key.hpp"
#include "src/store/task_match.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace troupe {

namespace {

/// A reader of the same order as the tables of the SQLite store: tasks by `task_key`, then by id.
class memory_store final : public store {
 public:
  void apply(std::span<const store_write> batch) override {
    epochs_.check(batch);
    for (const auto& w : batch)
      write(w);
  }

  std::uint64_t take_shard(std::string_view domain, std::uint32_t shard) override {
    const auto epoch = epochs_.of(domain, shard) + 1;
    epochs_.set(domain, shard, epoch);
    return epoch;
  }

  std::vector<stored_task> open_tasks(std::string_view domain, std::uint32_t shard) override {
    std::vector<stored_task> out;
    for (const auto& [key, e] : tasks_)
      if (!e.closed && e.what.shard == shard && e.what.domain == domain)
        out.push_back(with_effects(whole(e)));
    return out;
  }

  std::optional<stored_task> task(std::string_view id) override {
    const auto* e = find(id);
    return e ? std::optional{with_effects(whole(*e))} : std::nullopt;
  }

  std::optional<std::string> task_by_key(std::string_view domain, std::string_view key) override {
    if (key.empty())
      return std::nullopt;
    auto i = keys_.lower_bound({std::string{domain}, std::string{key}, {}});
    if (i == keys_.end() || i->domain != domain || i->key != key)
      return std::nullopt;
    return i->place.second;
  }

  std::vector<key_holder> claim_keys(std::string_view domain, std::uint32_t shard,
                                     std::uint64_t epoch,
                                     std::span<const key_claim> claims) override {
    std::vector<key_holder> out;
    for (const auto& x : claims)
      if (auto opened = task_by_key(domain, x.key))
        out.push_back({*std::move(opened), true});
      else
        out.push_back({claims_.claim(domain, shard, epoch, x, epochs_), false});
    return out;
  }
  void release_key(std::string_view domain, std::string_view key, std::string_view id) override {
    claims_.release(domain, key, id);
  }

  std::optional<std::string> session(std::string_view domain, std::string_view id) override {
    auto i = sessions_.find({std::string{domain}, std::string{id}});
    return i == sessions_.end() ? std::nullopt : std::optional{i->second.body};
  }

  std::vector<std::string> sessions(const session_filter& filter) override {
    std::vector<const stored_session*> found;
    for (const auto& [at, x] : sessions_)
      if (is_within(at.first, filter.within))
        found.push_back(&x);
    std::stable_sort(found.begin(), found.end(),
                     [](const auto* a, const auto* b) { return a->at > b->at; });
    found.resize(std::min(found.size(), limit_of(filter)));
    std::vector<std::string> out;
    for (const auto* x : found)
      out.push_back(x->body);
    return out;
  }

  std::vector<stored_effect> effects(const effect_filter& filter) override {
    std::vector<stored_effect> out;
    const auto limit = std::min(filter.limit, effect_filter::max_listed);
    const auto take = [&](const std::map<place_in_task, stored_effect>& lines) {
      for (const auto& [at, x] : lines)
        if (out.size() < limit && (!filter.state || x.state == *filter.state) &&
            is_behind(filter.after, x))
          out.push_back(x);
    };
    if (!filter.task.empty()) {
      if (auto hit = ledger_.find(filter.task); hit != ledger_.end())
        take(hit->second);
      return out;
    }
    for (auto i = ledger_.rbegin(); i != ledger_.rend(); ++i)
      take(i->second);
    return out;
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

  void keep_order(const standing_order& x) override { orders_.note(x); }
  std::vector<standing_order> orders() override { return orders_.all(); }

  void keep_learned(std::span<const learned_row> rows) override {
    for (const auto& x : rows) {
      auto& known = learned_[{x.domain, x.intent, x.node}];
      if (x.changes >= known.changes)
        known = x;
    }
  }
  std::vector<learned_row> learned() override {
    std::vector<learned_row> out;
    for (const auto& [which, x] : learned_)
      out.push_back(x);
    return out;
  }
  version_table* versions() override { return &versions_; }
  layout_table* layout() override { return &layout_; }
  budget_table* budgets() override { return &budgets_; }
  std::vector<cost_row> costs(const cost_query& query) override { return spend_.costs(query); }

  std::vector<audit_row> audit(std::uint64_t after, std::size_t most) override {
    std::vector<audit_row> out;
    for (auto i = static_cast<std::size_t>(std::min<std::uint64_t>(after, trail_.size()));
         i < trail_.size() && out.size() < most; ++i)
      out.push_back(trail_[i]);
    return out;
  }

  std::optional<std::vector<stored_key>> keys(std::uint64_t& mark) override {
    if (mark == api_keys_mark_)
      return std::nullopt;
    mark = api_keys_mark_;
    std::vector<stored_key> out;
    for (const auto& [id, row] : api_keys_)
      out.push_back(row);
    return out;
  }

  std::size_t prune(const prune_limits& limits, std::size_t most) override {
    const auto older_than = limits.older_than;
    const auto idle = std::min(older_than, limits.idle_since);
    std::size_t gone = 0;
    std::set<session_key> at_work;
    for (auto i = tasks_.begin(); i != tasks_.end() && gone < most;) {
      const auto& e = i->second;
      if (!e.closed)
        at_work.emplace(e.what.domain, e.what.session);
      if (!e.closed || e.what.updated >= older_than) {
        ++i;
        continue;
      }
      keys_.erase({e.what.domain, e.what.key, i->first});
      ledger_.erase(e.what.id);
      i = tasks_.erase(i);
      ++gone;
    }
    for (auto i = sessions_.begin(); i != sessions_.end() && gone < most;) {
      if (i->second.at >= idle || at_work.contains(i->first)) {
        ++i;
        continue;
      }
      i = sessions_.erase(i);
      ++gone;
    }
    for (auto i = ledger_.begin(); i != ledger_.end() && gone < most;) {
      const bool old = std::all_of(i->second.begin(), i->second.end(),
                                   [&](const auto& x) { return x.second.at < older_than; });
      if (!old || find(i->first)) {
        ++i;
        continue;
      }
      i = ledger_.erase(i);
      ++gone;
    }
    if (gone < most)
      gone += spend_.prune(older_than, most - gone);
    if (gone < most)
      gone += budgets_.prune(older_than, most - gone);
    if (gone < most)
      gone += claims_.prune(older_than, most - gone);
    return gone;
  }

  std::uint64_t bytes() override {
    std::uint64_t out = 0;
    for (const auto& [at, e] : tasks_) {
      out += e.what.task_body.size() + e.what.outcome_body.size();
      for (const auto& [n, body] : e.events)
        out += body.size();
    }
    for (const auto& [at, x] : sessions_)
      out += x.body.size();
    return out;
  }

 private:
  using place = std::pair<std::int64_t, std::string>;
  using session_key = std::pair<std::string, std::string>;       ///< domain, id
  using place_in_task = std::pair<std::uint32_t, std::uint32_t>; ///< step, index
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

  [[nodiscard]] open_count count_open(std::uint32_t shards) const {
    open_count out;
    for (const auto& [at, e] : tasks_)
      if (!e.closed) {
        ++out.all;
        out.beyond += e.what.shard >= shards ? 1 : 0;
      }
    return out;
  }

  stored_task with_effects(stored_task t) const {
    if (auto hit = ledger_.find(t.id); hit != ledger_.end())
      for (const auto& [at, x] : hit->second)
        t.effects.push_back(x);
    return t;
  }

  void put_effect(const store_write& w) {
    if (!w.ledger)
      return;
    auto x = *w.ledger;
    x.task = w.id;
    x.domain = w.domain;
    x.epoch = w.epoch;
    x.at = w.at;
    auto& line = ledger_[w.id].try_emplace({x.step, x.index}, x).first->second;
    const auto order = [](const stored_effect& e) {
      return std::tuple{e.epoch, e.attempt, e.state};
    };
    if (line.state != effect_state::committed &&
        (x.state == effect_state::committed || order(x) > order(line)))
      line = std::move(x);
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
    if (w.what == store_write::kind::effect) {
      put_effect(w);
      return;
    }
    if (w.what == store_write::kind::audit) {
      add_to_trail(w);
      return;
    }
    if (w.what == store_write::kind::key) {
      api_keys_mark_ +=
          api_keys_.try_emplace(w.id, stored_key{w.id, timestamp::max(), w.body}).second;
      return;
    }
    if (w.what == store_write::kind::version_used || w.what == store_write::kind::version_left) {
      versions_.note_use(std::stoull(w.id), w.domain, w.shard,
                         w.what == store_write::kind::version_used);
      return;
    }
    if (w.what == store_write::kind::spend) {
      if (w.cost)
        spend_.add(*w.cost);
      return;
    }
    if (w.what == store_write::kind::key_revoked) {
      revoke(w);
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

  void revoke(const store_write& w) {
    const auto hit = api_keys_.find(w.id);
    if (hit == api_keys_.end() || hit->second.revoked != timestamp::max())
      return;
    hit->second.revoked = w.at;
    ++api_keys_mark_;
  }

  void add_to_trail(const store_write& w) {
    if (!in_trail_.insert(w.id).second)
      return;
    const auto before = trail_.empty() ? audit_origin() : trail_.back().hash;
    const std::uint64_t n = trail_.size() + 1;
    trail_.push_back({n, w.id, w.body, audit_link({}, before, n, w.id, w.body)});
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
    if (w.key.empty())
      return;
    keys_.insert({w.domain, w.key, at});
    claims_.release(w.domain, w.key, w.id);
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
  memory_claims claims_;
  std::vector<audit_row> trail_;
  std::set<std::string, std::less<>> in_trail_;
  std::map<session_key, stored_session> sessions_;
  std::map<std::string, std::map<place_in_task, stored_effect>, std::less<>> ledger_;
  std::map<std::string, stored_key, std::less<>> api_keys_;
  std::uint64_t api_keys_mark_ = 1;
  shard_epochs epochs_;
  order_table orders_;
  std::map<std::tuple<std::string, std::string, std::string>, learned_row> learned_;
  memory_versions versions_;
  memory_layout layout_{[this](std::uint32_t shards) { return count_open(shards); }};
  memory_budgets budgets_;
  memory_spend spend_;
};

} // namespace

std::unique_ptr<store> make_memory_store() {
  return std::make_unique<memory_store>();
}

} // namespace troupe
