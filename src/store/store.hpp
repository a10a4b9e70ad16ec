#pragma once

#include <troupe/clock.hpp>
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

/// One thing to remember. Which fields count depends on `what`; the others are ignored.
struct store_write {
  enum class kind : std::uint8_t {
    open, ///< a task begins: id, domain, shard, session, key, state, at (its creation), body (task)
    append,  ///< an event of an open task: id, state (the task's from now on), at, n, body (event)
    close,   ///< an open task ends: id, state (a final one), at, body (outcome)
    session, ///< a session as it is now, in place of what was stored: id, domain, at, body
             ///< (session)
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
  std::string outcome_body;        ///< empty while the task is open
  std::vector<std::string> events; ///< bodies, by `n`
};

/// Which tasks to list. Empty texts and absent values match everything.
struct task_filter {
  std::string domain;
  std::string session;
  std::optional<task_state> state;
  timestamp before = timestamp::max(); ///< only tasks created before it
  std::size_t limit = 100;             ///< at most this many; never more than `max_listed`
  static constexpr std::size_t max_listed = 1000;
  static constexpr std::size_t max_searched = 100000;
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
  };
  store_error(kind k, const std::string& text)
      : std::runtime_error(text)
      , kind_(k) {}
  [[nodiscard]] kind why() const noexcept { return kind_; }

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
  /// too late looks like.
  virtual void apply(std::span<const store_write> batch) = 0;

  /// The tasks of a shard that are not closed, with their events, oldest first: what a restarted
  /// shard resumes.
  virtual std::vector<stored_task> open_tasks(std::string_view domain, std::uint32_t shard) = 0;

  /// A task with its events, or nothing.
  virtual std::optional<stored_task> task(std::string_view id) = 0;

  /// The id of the oldest task of the domain that was opened with this idempotency key. The empty
  /// key finds nothing.
  virtual std::optional<std::string> task_by_key(std::string_view domain, std::string_view key) = 0;

  /// The body of a session, or nothing.
  virtual std::optional<std::string> session(std::string_view domain, std::string_view id) = 0;

  /// Tasks without their events, newest first (by the time in their ids; tasks of the same
  /// millisecond in no particular order). Looks at no more than `max_searched` tasks created before
  /// `filter.before`, so that a rare state or domain cannot hold up the thread: to search further
  /// back, move `before`.
  virtual std::vector<stored_task> tasks(const task_filter& filter) = 0;

  /// Forgets closed tasks with their events, and sessions, whose last write is older than
  /// `older_than`: oldest first, at most `most` of tasks and sessions together, so that one call
  /// stays short. Returns how many; call again while that is `most`.
  virtual std::size_t prune(timestamp older_than, std::size_t most) = 0;
};

struct sqlite_settings {
  std::uint64_t max_bytes =
      0; ///< the database never grows beyond it (`full` instead); 0: as far as the disk goes
  milliseconds busy_timeout{2000}; ///< how long opening waits for a former owner to let go
};

/// Opens or creates the database at `path` (its folder must exist) and owns it until it is
/// destroyed: a second owner, in this process or another one, gets `busy`. Throws `store_error`.
[[nodiscard]] std::unique_ptr<store> open_sqlite_store(const std::string& path,
                                                       const sqlite_settings& settings = {});

/// A store that forgets everything with its process: for tests, simulations and `durability: none`.
[[nodiscard]] std::unique_ptr<store> make_memory_store();

} // namespace troupe
