#include "src/store/postgres_store.hpp"

#include "src/store/postgres_audit.hpp"
#include "src/store/postgres_batch.hpp"
#include "src/store/postgres_budgets.hpp"
#include "src/store/postgres_claims.hpp"
#include "src/store/postgres_handle.hpp"
#include "src/store/postgres_keys.hpp"
#include "src/store/postgres_layout.hpp"
#include "src/store/postgres_learned.hpp"
#include "src/store/postgres_orders.hpp"
#include "src/store/postgres_pruner.hpp"
#include "src/store/postgres_reader.hpp"
#include "src/store/postgres_schema.hpp"
#include "src/store/postgres_versions.hpp"

namespace troupe {

namespace {

constexpr int tries_max = 5; ///< of a batch that collides with those of other processes

// The check of the epochs counts on each statement seeing what was committed before it began: not
// to be left to the server's default.
constexpr postgres_statement begin{"begin", "BEGIN ISOLATION LEVEL READ COMMITTED"};
constexpr postgres_statement commit{"commit", "COMMIT"};

// A transaction that changes nothing does not wait for the standby. A batch that is sent again may
// find all of its rows there already, left by a commit whose wait was cut short: confirmed at once,
// it would be on one machine only. This makes it write something, and so wait for all before it.
constexpr postgres_statement leave_mark{
    "leave_mark", "SELECT pg_logical_emit_message(true, 'troupe'::text, 'again'::text)"};

constexpr postgres_statement next_epoch{
    "next_epoch", "INSERT INTO shards AS s VALUES($1, $2, 1) ON CONFLICT(domain, shard)"
                  " DO UPDATE SET epoch = s.epoch + 1 RETURNING epoch"};

constexpr postgres_statement claim_a_home{
    "claim_home", "INSERT INTO homes AS h VALUES($1::bytea, $2::int8, $3::bytea) ON CONFLICT(key)"
                  " DO UPDATE SET at = greatest(h.at, excluded.at) RETURNING home"};

// Whoever holds the lock of a shard while the server waits for it to say the next thing is frozen
// or cut off: a live writer sends a batch and its commit as one.
constexpr postgres_statement end_frozen_owner{
    "end_frozen_owner",
    "SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l JOIN pg_stat_activity a"
    " ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (l.classid::int8 << 32 | l.objid::int8) = $1 AND a.wait_event_type = 'Client'"};

class postgres_store final : public store {
 public:
  explicit postgres_store(const postgres_settings& settings)
      : db_(make_postgres_handle(settings))
      , reader_(*db_)
      , pruner_(*db_)
      , keys_(*db_)
      , versions_(*db_)
      , layout_(*db_)
      , budgets_(*db_)
      , audit_(*db_) {
    if (const auto broken = audit_.compare_with_head(); !broken.empty())
      apply(broken);
  }

  void apply(std::span<const store_write> batch) override {
    if (batch.empty())
      return;
    const postgres_batch parts{batch, db_->settings().schema};
    bool ask = false;
    for (int tries = 1;; ++tries) {
      try {
        return write(parts, ask);
      } catch (const postgres_error& e) {
        audit_.undone();
        if (tries == tries_max || !(e.collided() || trail_moved(e)))
          throw;
        ask = true;
      }
    }
  }

  std::uint64_t take_shard(std::string_view domain, std::uint32_t shard) override {
    const auto lock = lock_of_shard(db_->settings().schema, domain, shard);
    for (int tries = 1;; ++tries) {
      try {
        return take(domain, shard, lock);
      } catch (const postgres_error& e) {
        if (tries == tries_max || e.why() != store_error::kind::busy)
          throw;
      }
      db_->begin_call();
      db_->add(end_frozen_owner, postgres_params{}.number(lock));
      db_->run();
    }
  }

  std::vector<stored_task> open_tasks(std::string_view domain, std::uint32_t shard) override {
    return reader_.open_tasks(domain, shard);
  }
  std::optional<stored_task> task(std::string_view id) override { return reader_.task(id); }
  std::optional<std::string> task_by_key(std::string_view domain, std::string_view key) override {
    return reader_.task_by_key(domain, key);
  }
  std::vector<key_holder> claim_keys(std::string_view domain, std::uint32_t shard,
                                     std::uint64_t epoch,
                                     std::span<const key_claim> claims) override {
    for (int tries = 1;; ++tries) {
      try {
        return claim(domain, shard, epoch, claims);
      } catch (const postgres_error& e) {
        if (tries == tries_max || !e.collided())
          throw;
      }
    }
  }
  void release_key(std::string_view domain, std::string_view key, std::string_view id) override {
    release_claim(*db_, domain, key, id);
  }
  std::optional<std::string> session(std::string_view domain, std::string_view id) override {
    return reader_.session(domain, id);
  }
  std::vector<std::string> sessions(const session_filter& filter) override {
    return reader_.sessions(filter);
  }
  std::string claim_home(std::string_view key, std::string_view home, timestamp now) override {
    db_->begin_call();
    db_->add(claim_a_home, postgres_params{}
                               .bytes(key)
                               .number(static_cast<std::int64_t>(now.time_since_epoch().count()))
                               .bytes(home));
    return std::string{db_->run()[0].bytes(0, 0)};
  }
  std::vector<stored_effect> effects(const effect_filter& filter) override {
    return reader_.effects(filter);
  }
  std::vector<stored_task> tasks(const task_filter& filter) override {
    return reader_.tasks(filter);
  }
  std::size_t prune(const prune_limits& limits, std::size_t most) override {
    const auto older_than = limits.older_than;
    auto gone = pruner_.prune(limits, most);
    if (gone < most)
      gone += prune_spend(*db_, older_than, most - gone);
    if (gone < most)
      gone += budgets_.prune(older_than, most - gone);
    return gone < most ? gone + prune_claims(*db_, older_than, most - gone) : gone;
  }
  std::uint64_t bytes() override { return pruner_.bytes(); }
  void keep_order(const standing_order& x) override {
    db_->begin_call();
    db_->add(begin);
    add_order(*db_, x);
    db_->add(leave_mark);
    db_->add(commit);
    db_->run();
  }
  std::vector<standing_order> orders() override { return read_orders(*db_); }
  void keep_learned(std::span<const learned_row> rows) override {
    db_->begin_call();
    db_->add(begin);
    add_learned(*db_, rows);
    db_->add(leave_mark);
    db_->add(commit);
    db_->run();
  }
  std::vector<learned_row> learned() override { return read_learned(*db_); }
  version_table* versions() override { return &versions_; }
  layout_table* layout() override { return &layout_; }
  budget_table* budgets() override { return &budgets_; }
  std::vector<cost_row> costs(const cost_query& query) override { return read_costs(*db_, query); }
  std::vector<audit_row> audit(std::uint64_t after, std::size_t most) override {
    return audit_.rows(after, most);
  }
  std::optional<std::vector<stored_key>> keys(std::uint64_t& mark) override {
    return keys_.news(mark);
  }

 private:
  /// One round trip; two if the end of the trail has to be asked for.
  void write(const postgres_batch& parts, bool ask) {
    db_->begin_call();
    db_->add(begin);
    parts.add_locks(*db_);
    parts.add_writes(*db_);
    // Last, as all nodes wait for each other there; and always, so that two never wait for each
    // other in a circle.
    const bool records = !parts.audit().empty();
    audit_.add(records && ask ? audit_.settle(parts.audit()) : parts.audit());
    if (in_doubt_)
      db_->add(leave_mark);
    db_->add(commit);
    in_doubt_ = true;
    db_->run();
    in_doubt_ = false;
    audit_.committed();
  }

  std::uint64_t take(std::string_view domain, std::uint32_t shard, std::int64_t lock) {
    db_->begin_call();
    db_->add(begin);
    add_hold(*db_, lock);
    db_->add(next_epoch, postgres_params{}.bytes(domain).number(shard));
    db_->add(commit);
    return static_cast<std::uint64_t>(db_->run()[2].number(0, 0));
  }

  /// Under the lock of the shard, so that whoever takes it over from a frozen owner ends this, too.
  std::vector<key_holder> claim(std::string_view domain, std::uint32_t shard, std::uint64_t epoch,
                                std::span<const key_claim> claims) {
    db_->begin_call();
    db_->add(begin);
    add_hold(*db_, lock_of_shard(db_->settings().schema, domain, shard));
    add_claims(*db_, domain, shard, epoch, claims);
    db_->add(commit);
    return holders_in(db_->run(), 2, claims.size());
  }

  std::unique_ptr<postgres_handle> db_;
  postgres_reader reader_;
  postgres_pruner pruner_;
  postgres_keys keys_;
  postgres_versions versions_;
  postgres_layout layout_;
  postgres_budgets budgets_;
  postgres_audit audit_;
  bool in_doubt_ = true; ///< what is written next may have been written before
};

} // namespace

std::unique_ptr<store> open_postgres_store(const postgres_settings& settings) {
  return std::make_unique<postgres_store>(settings);
}

} // namespace troupe
