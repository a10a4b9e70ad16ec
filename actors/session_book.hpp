#pragma once

#include "actors/task_messages.hpp"
#include "policies/body_size.hpp"

#include <troupe/fleet.hpp>
#include <troupe/session.hpp>

#include <compare>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

/// The sessions of one shard: what each knows and has seen, which task works on it, and what waits
/// for its turn. One task at a time writes a session; that makes two messages on one session a
/// matter of order, never of locks.
class session_book {
 public:
  struct waiting {
    submit_task what;
    caf::actor who;
    std::vector<waiting> also{}; ///< who has asked for the same under its idempotency key
    [[nodiscard]] std::size_t bytes() const noexcept { return body_size(*what.what); }
  };
  struct entry {
    session_snapshot now;
    bool loading = false;     ///< the store has been asked and has not answered yet
    std::string working_on;   ///< id of the running task; empty: idle
    std::deque<waiting> line; ///< messages that wait for it
    timestamp touched{};
  };

  explicit session_book(const domain_spec& domain)
      : domain_(&domain) {}
  /// Goes by these limits from now on; the domain is the same one.
  void use(const domain_spec& domain) noexcept { domain_ = &domain; }

  [[nodiscard]] entry* find(const std::string& id) {
    auto hit = entries_.find(id);
    return hit == entries_.end() ? nullptr : &hit->second;
  }
  /// The session, made if it is new.
  entry& open(const std::string& id, timestamp now);
  /// The task's turn in the history of its session: added at the beginning, completed at the end.
  void begin_turn(entry& e, const task& t, timestamp now);
  void end_turn(entry& e, const task_record& record, const json& context, timestamp now);
  /// Lets a message wait for its turn.
  void enqueue(entry& e, waiting w);
  /// Lets somebody wait for what becomes of `first`, which waits; once, however often he asks.
  /// False: as many do as may.
  [[nodiscard]] bool wait_with(waiting& first, waiting w) const;
  /// The message that waits and is this task; null: none does.
  [[nodiscard]] waiting* find_waiting(const task& t);
  /// The message whose turn it is; the line must not be empty.
  [[nodiscard]] waiting dequeue(entry& e);
  /// The first deadline of all messages that wait.
  [[nodiscard]] timestamp next_due() const noexcept {
    return due_.empty() ? no_deadline : due_.begin()->due;
  }
  /// Takes the message with that deadline out of its line; somebody has to wait.
  [[nodiscard]] waiting withdraw_overdue();
  [[nodiscard]] std::size_t waiting_count() const noexcept { return due_.size(); }

  /// Forgets sessions that have been idle for longer than the domain keeps them in memory.
  void sweep(timestamp now);

  [[nodiscard]] std::vector<std::shared_ptr<const session_snapshot>>
  newest(std::size_t limit) const;
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  const domain_spec* domain_;
  std::unordered_map<std::string, entry> entries_;
  /// A message that waits, by its deadline.
  struct wait {
    timestamp due;
    std::string task;
    std::string session;
    friend auto operator<=>(const wait&, const wait&) = default;
  };
  std::set<wait> due_;
};

} // namespace troupe
