#include "src/store/open_set.hpp"
#include "src/store/sqlite_audit.hpp"
#include "src/store/sqlite_budgets.hpp"
#include "src/store/sqlite_claims.hpp"
#include "src/store/sqlite_handle.hpp"
#include "src/store/sqlite_keys.hpp"
#include "src/store/sqlite_layout.hpp"
#include "src/store/sqlite_learned.hpp"
#include "src/store/sqlite_ledger.hpp"
#include "src/store/sqlite_orders.hpp"
#include "src/store/sqlite_pruner.hpp"
#include "src/store/sqlite_reader.hpp"
#include "src/store/sqlite_schema.hpp"
#include "src/store/sqlite_spend.hpp"
#include "src/store/sqlite_versions.hpp"
#include "src/store/store.hpp"
#include "src/store/task_key.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace troupe {

namespace {

std::int64_t stored_micros(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

/// Sessions are indexed by the hour of their last write, so that most writes leave the index alone.
std::int64_t stored_hour(timestamp t) noexcept {
  return std::chrono::floor<std::chrono::hours>(t.time_since_epoch()).count();
}

sqlite_handle& prepared(sqlite_handle& db, const sqlite_settings& settings) {
  prepare_sqlite(db, settings);
  return db;
}

class sqlite_store final : public store {
 public:
  sqlite_store(const std::string& path, const sqlite_settings& settings)
      : db_(path)
      , open_(prepared(db_, settings))
      , reader_(db_, open_)
      , ledger_(db_)
      , claims_(db_)
      , audit_(db_, settings.audit_key)
      , keys_(db_)
      , orders_(db_)
      , learned_(db_)
      , versions_(db_, [this](const std::function<void()>& work) { transaction(work); })
      , budgets_(db_, [this](const std::function<void()>& work) { transaction(work); })
      , layout_(db_, open_, [this](const std::function<void()>& work) { transaction(work); })
      , spend_(db_)
      , pruner_(db_, reader_, ledger_, claims_, audit_, spend_, budgets_)
      , begin_(db_, "BEGIN IMMEDIATE")
      , commit_(db_, "COMMIT")
      , rollback_(db_, "ROLLBACK")
      , insert_task_(db_, "INSERT INTO tasks(seq,state,shard,created,id,domain,session,key,body)"
                          " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT DO NOTHING")
      , insert_whole_(db_, "INSERT INTO tasks(seq,state,shard,created,id,domain,session,key,body,"
                           "end_state,end_at,end_body)"
                           " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12) ON CONFLICT DO NOTHING")
      , insert_event_(db_, "INSERT INTO events VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO NOTHING")
      , insert_end_(db_, "INSERT INTO ends VALUES(?1,?2,?3,?4) ON CONFLICT DO NOTHING")
      , same_hour_(db_, "UPDATE sessions SET at=?4, body=?5 WHERE domain=?1 AND id=?2 AND hour=?3")
      , put_session_(db_, "INSERT INTO sessions(domain,id,hour,at,body) VALUES(?1,?2,?3,?4,?5)"
                          " ON CONFLICT(domain,id) DO UPDATE SET hour=?3, at=?4, body=?5") {
    refresh();
    ledger_.load();
  }

  void apply(std::span<const store_write> batch) override { apply_together({&batch, 1}); }

  void apply_together(std::span<const std::span<const store_write>> batches) override {
    if (std::all_of(batches.begin(), batches.end(), [](const auto& x) { return x.empty(); }))
      return;
    for (const auto& x : batches)
      ledger_.check(x);
    transaction([&] {
      write_all(batches);
      open_.raise_floor();
    });
  }

  std::uint64_t take_shard(std::string_view domain, std::uint32_t shard) override {
    std::uint64_t epoch = 0;
    transaction([&] { epoch = ledger_.take(domain, shard); });
    ledger_.taken(domain, shard, epoch);
    return epoch;
  }

  std::vector<stored_task> open_tasks(std::string_view domain, std::uint32_t shard) override {
    refresh();
    auto out = reader_.open_tasks(domain, shard);
    for (auto& t : out)
      t.effects = ledger_.of_task(t.id);
    return out;
  }

  std::optional<stored_task> task(std::string_view id) override {
    auto out = reader_.task(id);
    if (out)
      out->effects = ledger_.of_task(id);
    return out;
  }

  std::vector<stored_effect> effects(const effect_filter& filter) override {
    return ledger_.list(filter);
  }

  std::optional<std::string> task_by_key(std::string_view domain, std::string_view key) override {
    return reader_.task_by_key(domain, key);
  }

  std::vector<key_holder> claim_keys(std::string_view domain, std::uint32_t shard,
                                     std::uint64_t epoch,
                                     std::span<const key_claim> claims) override {
    std::vector<key_holder> out;
    unsynced_transaction([&] {
      for (const auto& x : claims)
        if (auto opened = reader_.task_by_key(domain, x.key))
          out.push_back({*std::move(opened), true});
        else
          out.push_back({claims_.claim(domain, shard, epoch, x), false});
    });
    return out;
  }
  void release_key(std::string_view domain, std::string_view key, std::string_view id) override {
    unsynced_transaction([&] { claims_.release(domain, key, id); });
  }

  std::optional<std::string> session(std::string_view domain, std::string_view id) override {
    return reader_.session(domain, id);
  }
  std::vector<std::string> sessions(const session_filter& filter) override {
    return reader_.sessions(filter);
  }

  std::vector<stored_task> tasks(const task_filter& filter) override {
    refresh();
    return reader_.tasks(filter);
  }

  std::vector<audit_row> audit(std::uint64_t after, std::size_t most) override {
    return audit_.rows(after, most);
  }

  std::optional<std::vector<stored_key>> keys(std::uint64_t& mark) override {
    return keys_.news(mark);
  }

  void keep_order(const standing_order& x) override {
    transaction([&] { orders_.keep(x); });
  }
  std::vector<standing_order> orders() override { return orders_.all(); }
  void keep_learned(std::span<const learned_row> rows) override {
    transaction([&] { learned_.keep(rows); });
  }
  std::vector<learned_row> learned() override { return learned_.all(); }
  version_table* versions() override { return &versions_; }
  layout_table* layout() override { return &layout_; }
  budget_table* budgets() override { return &budgets_; }
  std::vector<cost_row> costs(const cost_query& query) override { return spend_.costs(query); }

  std::size_t prune(const prune_limits& limits, std::size_t most) override {
    std::size_t gone = 0;
    transaction([&] { gone = pruner_.prune(limits, most); });
    return gone;
  }

  std::uint64_t bytes() override { return pruner_.bytes(); }

 private:
  /// Beginnings first and ends last, each by rising key: most rows are then appended to their
  /// table. In the order in which they came, rows of the same millisecond would go between each
  /// other, and every page would be split half full. What comes for a task after its end still does
  /// nothing. A task that begins and ends in the same commit is one row.
  void write_all(std::span<const std::span<const store_write>> batches) {
    begun_.clear();
    ended_.clear();
    for (const auto& batch : batches)
      for (const auto& w : batch)
        if (w.what == store_write::kind::open)
          begun_.push_back({task_key(w.id), begun_.size(), &w});
        else if (w.what == store_write::kind::close)
          ended_.push_back({task_key(w.id), ended_.size(), &w});
    std::sort(begun_.begin(), begun_.end());
    std::sort(ended_.begin(), ended_.end());
    auto first = ended_.begin();
    for (const auto& [key, n, w] : begun_) {
      while (first != ended_.end() && std::get<0>(*first) < key)
        ++first;
      const auto end = std::find_if(first, ended_.end(), [&, key = key, w = w](const auto& x) {
        return std::get<0>(x) != key || std::get<2>(x)->id == w->id;
      });
      const bool whole = end != ended_.end() && std::get<0>(*end) == key;
      open(key, *w, whole ? std::get<2>(*end) : nullptr);
    }
    ended_.clear();
    for (const auto& batch : batches)
      for (const auto& w : batch)
        if (w.what == store_write::kind::close) {
          if (auto* e = open_.find(w.id); e && !std::exchange(e->ending, true))
            ended_.push_back({e->key, ended_.size(), &w});
        } else if (w.what != store_write::kind::open) {
          write(w);
        }
    std::sort(ended_.begin(), ended_.end());
    for (const auto& [key, n, w] : ended_)
      close(key, *w);
  }

  /// Reads the open tasks again after a transaction that failed: whatever it did to them in memory,
  /// the file knows best.
  void refresh() {
    if (!in_doubt_)
      return;
    open_.load();
    audit_.undone();
    in_doubt_ = false;
  }

  template <class F>
  void transaction(F&& work) {
    refresh();
    begin_.run();
    in_doubt_ = true;
    try {
      work();
      commit_.run();
    } catch (...) {
      // SQLite has rolled back by itself after some errors. If rolling back fails too, the next
      // BEGIN says so.
      try {
        if (db_.in_transaction())
          rollback_.run();
      } catch (const store_error&) {
      }
      throw;
    }
    in_doubt_ = false;
    audit_.committed();
  }

  /// For claims, which are void after a crash of the machine anyway, since every shard gets a new
  /// owner: they need not be on disk before others are told of them, and so cost no sync.
  template <class F>
  void unsynced_transaction(F&& work) {
    db_.run("PRAGMA synchronous=NORMAL");
    try {
      transaction(std::forward<F>(work));
    } catch (...) {
      db_.run("PRAGMA synchronous=FULL");
      throw;
    }
    db_.run("PRAGMA synchronous=FULL");
  }

  void write(const store_write& w) {
    switch (w.what) {
    case store_write::kind::open:
    case store_write::kind::close:
      return; // `write_all` does these in their order.
    case store_write::kind::append:
      return append(w);
    case store_write::kind::session:
      return put_session(w);
    case store_write::kind::effect:
      return ledger_.put(w);
    case store_write::kind::audit:
      return audit_.add(w.id, w.body);
    case store_write::kind::key:
      return keys_.add(w.id, w.body);
    case store_write::kind::key_revoked:
      return keys_.revoke(w.id, w.at);
    case store_write::kind::spend:
      return w.cost ? spend_.add(*w.cost) : void();
    case store_write::kind::version_used:
    case store_write::kind::version_left:
      return versions_.note_use(std::stoull(w.id), w.domain, w.shard,
                                w.what == store_write::kind::version_used);
    }
  }

  /// `end`: that of the task, if it is in the same batch.
  void open(std::int64_t key, const store_write& w, const store_write* end) {
    if (open_.find(w.id))
      return;
    if (!insert_at(key, w, end)) {
      const auto place = reader_.place_for(w.id);
      if (!place)
        return; // it has been closed already
      key = *place;
      insert_at(key, w, end);
    }
    if (!w.key.empty())
      claims_.release(w.domain, w.key, w.id);
    open_set::entry e;
    e.key = key;
    e.shard = w.shard;
    e.state = w.state;
    e.whole = end != nullptr;
    open_.add(w.id, w.domain, e);
  }

  bool insert_at(std::int64_t key, const store_write& w, const store_write* end) {
    auto& into = end ? insert_whole_ : insert_task_;
    if (end)
      into.number(10, static_cast<int>(end->state))
          .number(11, stored_micros(end->at))
          .blob(12, end->body);
    into.number(1, key)
        .number(2, static_cast<int>(w.state))
        .number(3, w.shard)
        .number(4, stored_micros(w.at))
        .text(5, w.id)
        .text(6, w.domain)
        .text(7, w.session)
        .text(8, w.key)
        .blob(9, w.body)
        .run();
    return db_.changed_rows() != 0;
  }

  void append(const store_write& w) {
    auto* e = open_.find(w.id);
    if (!e || e->ending)
      return;
    insert_event_.number(1, e->key)
        .number(2, w.n)
        .number(3, static_cast<int>(w.state))
        .number(4, stored_micros(w.at))
        .blob(5, w.body)
        .run();
    if (db_.changed_rows() == 0 || w.n < e->last_event)
      return;
    e->last_event = w.n;
    e->state = w.state;
  }

  void close(std::int64_t key, const store_write& w) {
    if (open_.remove(w.id))
      return;
    insert_end_.number(1, key)
        .number(2, static_cast<int>(w.state))
        .number(3, stored_micros(w.at))
        .blob(4, w.body)
        .run();
  }

  void put_session(const store_write& w) {
    const auto bind_to = [&](sqlite_statement& s) -> sqlite_statement& {
      return s.text(1, w.domain)
          .text(2, w.id)
          .number(3, stored_hour(w.at))
          .number(4, stored_micros(w.at))
          .blob(5, w.body);
    };
    bind_to(same_hour_).run();
    if (db_.changed_rows() == 0)
      bind_to(put_session_).run();
  }

  sqlite_handle db_;
  open_set open_;
  sqlite_reader reader_;
  sqlite_ledger ledger_;
  sqlite_claims claims_;
  sqlite_audit audit_;
  sqlite_keys keys_;
  sqlite_orders orders_;
  sqlite_learned learned_;
  sqlite_versions versions_;
  sqlite_budgets budgets_;
  sqlite_layout layout_;
  sqlite_spend spend_;
  sqlite_pruner pruner_;
  bool in_doubt_ = true;
  /// A write with its key and its number.
  using keyed_write = std::tuple<std::int64_t, std::size_t, const store_write*>;
  std::vector<keyed_write> begun_, ended_; ///< of the batch that is being written
  sqlite_statement begin_, commit_, rollback_;
  sqlite_statement insert_task_, insert_whole_, insert_event_, insert_end_, same_hour_,
      put_session_;
};

} // namespace

std::unique_ptr<store> open_sqlite_store(const std::string& path, const sqlite_settings& settings) {
  return std::make_unique<sqlite_store>(path, settings);
}

} // namespace troupe
