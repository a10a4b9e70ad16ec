#pragma once

#include "src/store/postgres_result.hpp"
#include "src/store/postgres_store.hpp"
#include "src/store/postgres_values.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

struct pg_conn;

namespace troupe {

/// A statement that is prepared once on each connection. To be declared `constexpr` at namespace
/// scope: it is known by its address.
struct postgres_statement {
  const char* name; ///< unique among all statements
  const char* sql;
};

/// A connection to a PostgreSQL server that is made anew when it has been lost. Statements are
/// gathered by `add` and go out together, in libpq's pipeline mode: one round trip for all of them,
/// however many they are. One thread at a time. Everything throws `postgres_error`.
class postgres_handle {
 public:
  /// `prepare` is called on every new connection before anything else; it may use `script`.
  postgres_handle(postgres_settings settings, std::function<void(postgres_handle&)> prepare);
  ~postgres_handle();
  postgres_handle(const postgres_handle&) = delete;
  postgres_handle& operator=(const postgres_handle&) = delete;

  /// The first step of every call: connects unless there is a connection that is alive as far as is
  /// known, and forgets what an earlier call began and never ended. From here on the connection is
  /// the same until the call is over or has failed: what was begun on one is never continued on
  /// another, where no transaction would be open and no lock held.
  void begin_call();

  /// Puts a statement into the pipeline; it is not sent before `run`.
  void add(const postgres_statement& what, const postgres_params& with = {});
  /// Sends what was added and waits for all answers, one for each statement. The first error is
  /// thrown; the statements behind it were not run, and a transaction that was open is rolled back.
  std::vector<postgres_rows> run();

  /// Runs statements that take no parameters, separated by semicolons, outside of the pipeline; the
  /// rows of the last one, as text. Only within `prepare`.
  postgres_rows script(const std::string& sql);

  /// Closes the connection; the next call makes another one.
  void drop() noexcept;

  [[nodiscard]] const postgres_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] const std::string& place() const noexcept { return place_; }

 private:
  using instant = std::chrono::steady_clock::time_point;
  struct closer {
    void operator()(pg_conn* c) const noexcept;
  };
  struct queued {
    const postgres_statement* what;
    bool preparing;
  };

  void dial();
  void open(const std::string& hosts, const std::string& addresses, const std::string& ports);
  void tune();
  [[nodiscard]] bool alive();
  /// Waits until the socket can be read, or written as well if `writing`.
  void wait(bool writing, instant until);
  /// The next result of libpq, null between two statements.
  [[nodiscard]] pg_result* next();
  void drain(std::vector<postgres_rows>& out);
  void roll_back() noexcept;
  [[noreturn]] void lost(const std::string& why);

  postgres_settings settings_;
  std::string place_;
  std::function<void(postgres_handle&)> prepare_;
  std::unique_ptr<pg_conn, closer> conn_;
  std::unordered_set<const postgres_statement*> prepared_;
  std::vector<queued> queue_;
  bool unreplicated_ = false; ///< the server gave up waiting for its standby
};

} // namespace troupe
