#pragma once

#include <troupe/clock.hpp>
#include <troupe/json.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace troupe::cli {

/// The standing load of a chaos run, and what its clients have seen.
struct chaos_load_settings {
  std::function<std::vector<std::string>()> doors; ///< of nodes that are up; called on any thread
  std::size_t sessions = 8;
  std::string run;              ///< begins every idempotency key and session id; unique
  json body;                    ///< of every task; gets its session
  milliseconds pause{20};       ///< of a session, between an answer and its next message
  milliseconds patience{60000}; ///< for the answer to one message, over all attempts
  std::ostream* log = nullptr;  ///< a line of JSON per attempt
};

/// What the clients know at the end.
struct chaos_load_result {
  std::uint64_t asked = 0;    ///< messages
  std::uint64_t answered = 0; ///< of them, with a task that has ended or waits for a person
  std::uint64_t failed = 0;   ///< answered, but not completed
  std::uint64_t refused = 0;  ///< attempts that the cluster refused for now, which were made again
  std::uint64_t broken = 0;   ///< attempts without an answer, which were made again
  std::uint64_t counted = 0;  ///< answers that held a counter
  std::uint64_t skipped = 0;  ///< counters that were further than the one before and one
  std::uint64_t repeated = 0; ///< counters that were not
  std::vector<std::string> wrong; ///< what no client should ever see, the first of each kind
  std::vector<std::string> open;  ///< keys of messages that were accepted and never answered
  std::vector<double> waits_ms;   ///< of answered messages, from the first attempt; sorted
};

/// Clients as they should be: each has a session, sends one message after the other, and sends what
/// was refused or broke off again under the same key, to another node. An answer whose data has a
/// number `count` has to count the session's messages.
class chaos_load {
 public:
  explicit chaos_load(chaos_load_settings x); ///< begins
  ~chaos_load();                              ///< as `stop`
  chaos_load(const chaos_load&) = delete;
  chaos_load& operator=(const chaos_load&) = delete;

  [[nodiscard]] std::uint64_t answered() const;
  /// Lets every client end what it has asked for, and gives what came of it all.
  [[nodiscard]] chaos_load_result stop();

 private:
  struct attempt;
  void talk(std::size_t session);
  bool ask(std::size_t session, std::uint64_t turn, std::int64_t& counter);
  [[nodiscard]] bool take(const attempt& x, std::int64_t& counter);
  void note(const attempt& x);
  void wrong(const std::string& what);

  const chaos_load_settings settings_;
  std::atomic<bool> over_{false};
  mutable std::mutex mutex_;
  chaos_load_result result_;
  std::chrono::steady_clock::time_point began_;
  std::vector<std::thread> threads_;
};

} // namespace troupe::cli
