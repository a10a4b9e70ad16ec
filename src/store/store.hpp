#pragma once

#include "src/store/audit.hpp"
#include "src/store/budget_table.hpp"
#include "src/store/layout_table.hpp"
#include "src/store/spend.hpp"
#include "src/store/version_table.hpp"

#include <troupe/clock.hpp>
#include <troupe/domain_path.hpp>
#include <troupe/effects.hpp>
#include <troupe/enum_names.hpp>
#include <troupe/standing_order.hpp>
#include <troupe/task.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

enum class effect_state : std::uint8_t {
  pending,   ///< it may happen or have happened; nobody knows yet
  not_done,  ///< it is known not to have happened: the next attempt may try again
  committed, ///< it has happened; `body` is what came of it
};

template <>
struct enum_names<effect_state> {
  static constexpr std::array<std::string_view, 3> value{"pending", "not_done", "committed"};
};

/// A line of the effect ledger: what a task's call did to the world outside. One line per task,
/// step and call index, whatever the number of attempts.
struct stored_effect {
  std::string task;
  std::uint32_t step = 0;
  std::uint32_t index = 0; ///< which call of the step: 0 as planned, n the request of its n-th rung
  std::uint32_t attempt = 0;
  effect_state state = effect_state::pending;
  effects does = effects::none; ///< as the agent declares it
  std::uint64_t epoch = 0;      ///< of the shard's owner that wrote the line last
  std::string domain;
  std::string agent;       ///< who was called: `domain/agent`, with `#n` for a replica
  std::string fingerprint; ///< of the request: the same key with another one is a defect
  timestamp at{};          ///< of the last write
  std::string body;        ///< committed: the outcome, encoded by the codec
};

/// Which line of the ledger.
struct effect_key {
  std::string task;
  std::uint32_t step = 0;
  std::uint32_t index = 0;
};

/// Which lines of the ledger to list. Empty texts and absent values match everything.
struct effect_filter {
  std::string task;
  std::optional<effect_state> state;
  std::size_t limit = 100;           ///< at most this many; never more than `max_listed`
  std::optional<effect_key> after{}; ///< only what comes behind it in the list, be it there or not
  static constexpr std::size_t max_listed = 1000;
};

/// One thing to remember. Which fields count depends on `what`; the others are ignored.
struct store_write {
  enum class kind : std::uint8_t {
    open, ///< a task begins: id, domain, shard, session, key, state, at (its creation), body (task)
    append,  ///< an event of an open task: id, state (the task's from now on), at, n, body (event)
    close,   ///< an open task ends: id, state (a final one), at, body (outcome)
    session, ///< a session as it is now, in place of what was stored: id, domain, at, body
             ///< (session)
    effect,  ///< a line of the effect ledger: id, domain, at, ledger. The task need not be stored
    audit,   ///< a record for the audit trail: id (of the record), body (JSON text)
    key,     ///< an API key, unless one with this id is there: id, body (`key_write` makes it)
    key_revoked,  ///< an API key is good no more, for ever: id, at
    version_used, ///< the shard has open tasks of a version of the fleet from now on: id (its
                  ///< number, in decimal), domain, shard
    version_left, ///< it has none of them any more: as `version_used`
    spend,        ///< a call of a model has been paid for, unless it is known already: cost
  };
  kind what = kind::open;
  std::string id;     ///< of the task; with `session`, of the session
  std::string domain; ///< path of the domain
  std::uint32_t shard = 0;
  std::string session; ///< the session that the task belongs to; empty: none
  std::string key;     ///< idempotency key; empty: none
  task_state state = task_state::submitted;
  timestamp at{};
  std::uint32_t n = 0; ///< number of the event within its task; events come back in this order
  std::string body;    ///< encoded by the codec; the store does not look into it
  /// Under which the shard of the domain is owned; 0: by nobody in particular, never refused.
  std::uint64_t epoch = 0;
  std::shared_ptr<const stored_effect>
      ledger; ///< `task`, `domain`, `epoch` and `at` are the write's
  std::shared_ptr<const stored_spend> cost;
};

/// A task as it was stored.
struct stored_task {
  std::string id;
  std::string domain;
  std::string session;
  std::string key;
  std::uint32_t shard = 0;
  task_state state = task_state::submitted; ///< as its last write said
  timestamp created{};
  timestamp updated{}; ///< `at` of its last write
  std::string task_body;
  std::string outcome_body;           ///< empty while the task is open
  std::vector<std::string> events;    ///< bodies, by `n`
  std::vector<stored_effect> effects; ///< its lines of the ledger, by step and index
};

/// Which tasks to list. Empty texts and absent values match everything.
struct task_filter {
  std::string domain;
  domain_scope within{}; ///< only in these domains
  std::string session;
  std::optional<task_state> state;
  timestamp before = timestamp::max(); ///< only tasks created before it
  std::size_t limit = 100;             ///< at most this many; never more than `max_listed`
  static constexpr std::size_t max_listed = 1000;
  static constexpr std::size_t max_searched = 100000;
};

/// Which sessions to list.
struct session_filter {
  domain_scope within{};   ///< only in these domains
  std::size_t limit = 100; ///< at most this many; never more than `max_listed`
  static constexpr std::size_t max_listed = 1000;
  static constexpr std::size_t max_searched = 100000;
};

/// What is forgotten.
struct prune_limits {
  timestamp older_than;              ///< whatever was written last before it
  timestamp idle_since = older_than; ///< of sessions, only what was written last before it as well
};

/// An API key as it was stored; `key_of` reads it.
struct stored_key {
  std::string id;
  timestamp revoked = timestamp::max(); ///< `max`: it is not
  std::string body;
};

/// What a node has learned of the agents that serve one intent of a domain: `arm_book` reads it.
struct learned_row {
  std::string domain;
  std::string intent;
  std::string node;
  std::uint64_t changes = 0; ///< of two rows of one node the one with more of them is the newer
  std::string body;
  friend bool operator==(const learned_row&, const learned_row&) = default;
};

/// A request that wants to be the one of its idempotency key.
struct key_claim {
  std::string key;
  std::string id;    ///< of the task that is to be opened with it
  timestamp until{}; ///< the request waits no longer than this for its task to begin
};

/// Whose an idempotency key is.
struct key_holder {
  std::string id;      ///< of the task
  bool opened = false; ///< it is stored; false: the key is claimed for it
};

/// The store could not do what it was asked. The text is for people.
class store_error : public std::runtime_error {
 public:
  enum class kind : std::uint8_t {
    full,    ///< no space left: works again as soon as there is space
    io,      ///< reading or writing failed
    busy,    ///< another process or another store object owns the file
    corrupt, ///< the file is damaged
    foreign, ///< the file is something else, or of a newer version of troupe
    fenced,  ///< the shard has a newer owner: the same write will never be taken
  };
  store_error(kind k, const std::string& text)
      : std::runtime_error(text)
      , kind_(k) {}
  [[nodiscard]] kind why() const noexcept { return kind_; }
  /// The store is well and takes nothing at the moment: the same may be tried again in a while.
  [[nodiscard]] bool passes() const noexcept { return kind_ == kind::full || kind_ == kind::busy; }

 private:
  kind kind_;
};

/// What must outlive the process: tasks with their histories, and sessions. Synchronous; all calls
/// come from one thread at a time. Every call may throw `store_error`; nothing has changed then,
/// and later calls work when the cause is gone.
class store {
 public:
  store() = default;
  store(const store&) = delete;
  store& operator=(const store&) = delete;
  virtual ~store() = default;

  /// Writes all of it or nothing, in order; on disk when it returns. Repeating writes is harmless,
  /// so a caller that does not know whether a batch arrived sends it again: of two writes that open
  /// the same task, close it, or append an event of the same number, the first one stays. Appending
  /// to a task that is closed or unknown and closing it do nothing: that is how a write that comes
  /// too late looks like. A write whose epoch is older than its shard's is refused with the whole
  /// batch (`fenced`).
  ///
  /// Ledger: of two lines with the same key the one with the higher (epoch, attempt, state) stays,
  /// and a committed one always does.
  virtual void apply(std::span<const store_write> batch) = 0;
  /// Several batches as if they were one, in this order. A store that need not have them in one
  /// piece spares copying them.
  virtual void apply_together(std::span<const std::span<const store_write>> batches) {
    std::vector<store_write> joined;
    for (const auto& x : batches)
      joined.insert(joined.end(), x.begin(), x.end());
    apply(joined);
  }

  /// Makes the caller the owner of a shard: from now on, writes with an older epoch are refused.
  /// Returns the new epoch, which is greater than all before it, also after a restart.
  virtual std::uint64_t take_shard(std::string_view domain, std::uint32_t shard) = 0;

  /// The tasks of a shard that are not closed, with their events, oldest first: what a restarted
  /// shard resumes.
  virtual std::vector<stored_task> open_tasks(std::string_view domain, std::uint32_t shard) = 0;

  /// A task with its events, or nothing.
  virtual std::optional<stored_task> task(std::string_view id) = 0;

  /// The id of the oldest task of the domain that was opened with this idempotency key. The empty
  /// key finds nothing.
  virtual std::optional<std::string> task_by_key(std::string_view domain, std::string_view key) = 0;

  /// Claims keys of a domain for requests of one of its shards, and says of each whose it is then:
  /// of several that claim a key at once, from whichever shards, all hear the same. A key is the
  /// oldest task's that was opened with it; else the newest claim's of the shard that claimed it
  /// first. A claim goes when its task is opened, when it is given up, when its shard has an owner
  /// with a newer epoch than it was made under (what it was made for cannot begin any more), and
  /// like old tasks, counted from `until`. Each key once, in order; repeating it is harmless.
  virtual std::vector<key_holder> claim_keys(std::string_view domain, std::uint32_t shard,
                                             std::uint64_t epoch,
                                             std::span<const key_claim> claims) = 0;
  /// The key is claimed for this task no more, if it was.
  virtual void release_key(std::string_view domain, std::string_view key, std::string_view id) = 0;

  /// The body of a session, or nothing.
  virtual std::optional<std::string> session(std::string_view domain, std::string_view id) = 0;

  /// The bodies of sessions, those that were written last first. Looks at no more than
  /// `max_searched`, so that a rare domain cannot hold up the thread.
  virtual std::vector<std::string> sessions(const session_filter& filter) = 0;

  /// The region that a session, or what has an idempotency key and no session, is at home in:
  /// `home`, unless another one was said for this key before. Of several nodes that say it at once
  /// all hear the same. Forgotten like a session, counted from the last time that it was said. A
  /// store that one process has to itself keeps none, since all homes are its own.
  virtual std::string claim_home(std::string_view key, std::string_view home, timestamp now) {
    (void)key;
    (void)now;
    return std::string{home};
  }

  /// Lines of the ledger, newest task first, by step and index within it.
  virtual std::vector<stored_effect> effects(const effect_filter& filter) = 0;

  /// Tasks without their events, newest first (by the time in their ids; tasks of the same
  /// millisecond in no particular order). Looks at no more than `max_searched` tasks created before
  /// `filter.before`, so that a rare state or domain cannot hold up the thread: to search further
  /// back, move `before`.
  virtual std::vector<stored_task> tasks(const task_filter& filter) = 0;

  /// Forgets closed tasks with their events and ledger, sessions without open tasks, and lines of
  /// the ledger whose task was never stored, whose last write is older than `limits` says, what was
  /// spent before, accounts of limits that were over before, and claims to keys whose requests
  /// waited no longer: each oldest first, at most `most` of all together, so that one call stays
  /// short. Returns how many; call again while that
  /// is `most`.
  virtual std::size_t prune(const prune_limits& limits, std::size_t most) = 0;

  /// What is stored now takes so much room, but for the audit trail, which only grows. Pruning
  /// lowers it.
  virtual std::uint64_t bytes() = 0;

  /// Keeps what a person has said of an agent, in place of what was said before of it or, if it is
  /// a whole agent, of its replicas. On disk when it returns; repeating it is harmless.
  virtual void keep_order(const standing_order& x) = 0;
  /// All orders that stand, by agent: one at most for each agent and replica that was ever given
  /// one.
  virtual std::vector<standing_order> orders() = 0;

  /// Keeps what nodes have learned of agents, each row in place of the one before with its domain,
  /// intent and node, unless that is newer. On disk when it returns; repeating it is harmless. A
  /// store that is a mere stand-in need not keep any.
  virtual void keep_learned(std::span<const learned_row> rows) { (void)rows; }
  /// All that is kept of it, by domain, intent and node.
  virtual std::vector<learned_row> learned() { return {}; }

  /// Records of the audit trail after number `after`, oldest first, at most `most`. Nothing ever
  /// removes one.
  virtual std::vector<audit_row> audit(std::uint64_t after, std::size_t most) = 0;

  /// All API keys, the revoked ones too, if there is news since a former call left `mark` as it is;
  /// else nothing, which is cheap to ask for often. A first call passes 0 and gets them in any
  /// case.
  virtual std::optional<std::vector<stored_key>> keys(std::uint64_t& mark) = 0;

  /// The versions of the fleet; null: this store keeps none. Belongs to the store.
  virtual version_table* versions() { return nullptr; }

  /// Whose the store is, and how its tasks are shared out; null: this store does not say. Belongs
  /// to the store.
  virtual layout_table* layout() { return nullptr; }

  /// The accounts of limits; null: this store keeps none. Belongs to the store.
  virtual budget_table* budgets() { return nullptr; }

  /// What was spent on models, by the parts that are asked for and by domain, at most
  /// `cost_rows_max` rows, the most expensive first.
  virtual std::vector<cost_row> costs(const cost_query& query) {
    (void)query;
    return {};
  }
};

struct sqlite_settings {
  std::uint64_t max_bytes =
      0; ///< the database never grows beyond it (`full` instead); 0: as far as the disk goes
  milliseconds busy_timeout{2000}; ///< how long opening waits for a former owner to let go
  std::string audit_key;           ///< of the audit trail's hashes; empty: they need no key
};

/// Opens or creates the database at `path` (its folder must exist) and owns it until it is
/// destroyed: a second owner, in this process or another one, gets `busy`. Throws `store_error`.
[[nodiscard]] std::unique_ptr<store> open_sqlite_store(const std::string& path,
                                                       const sqlite_settings& settings = {});

/// A store that forgets everything with its process: for tests, simulations and `durability: none`.
[[nodiscard]] std::unique_ptr<store> make_memory_store();

} // namespace troupe
