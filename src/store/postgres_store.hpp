#pragma once

#include "src/store/store.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace troupe {

struct postgres_settings {
  /// Where the server is: a URL (`postgresql://user@host1,host2/db`) or a list of `name=value`, as
  /// libpq reads them, with libpq's own variables and password file. Several hosts are tried in
  /// turn until one is found that takes writes.
  std::string address;
  std::string schema = "troupe";      ///< made when missing: [a-z_][a-z0-9_]*, at most 63 long
  milliseconds connect_timeout{3000}; ///< for each host; whole seconds, at least two (libpq)
  milliseconds answer_timeout{5000};  ///< of silence; then the connection is given up
  milliseconds lock_timeout{1000};    ///< how long a write waits for another one of the same shard
  std::string audit_key;              ///< of the audit trail's hashes; empty: they need no key
  std::string audit_head; ///< the file that the trail's head is kept in; empty: it is kept nowhere
  /// The newest timeline that any store made from these settings has seen. A server on an older one
  /// was the primary once and does not know that another has been promoted since: it is refused, so
  /// that nobody reads or writes history that has been left behind. Copies of the settings share
  /// it.
  std::shared_ptr<std::atomic<std::uint32_t>> newest_timeline =
      std::make_shared<std::atomic<std::uint32_t>>(0);
};

/// A store in a PostgreSQL server, 15 or newer, which any number of processes use at once: every
/// node of a cluster has one of its own. Connects, and makes the schema and its tables when they
/// are missing. Throws `store_error`.
///
/// A call that finds its connection gone, or loses it, throws `io`; the next one connects again.
/// Whether a batch that ended so is stored is then not known: it may be, and sending it again does
/// no harm. `busy`: another process holds what is needed, or the server has no room for another
/// connection.
///
/// Nothing that another process can change is held in memory. The epoch of a shard is checked in
/// the transaction that writes, under a lock which `take_shard` has to take as well.
///
/// A commit is durable as the server's own settings define it; `synchronous_commit` is never less
/// than `on`, so that with a synchronous standby a batch is on both machines when `apply` returns.
[[nodiscard]] std::unique_ptr<store> open_postgres_store(const postgres_settings& settings);

} // namespace troupe
