#pragma once

#include "actors/task_messages.hpp"
#include "policies/body_size.hpp"

#include <troupe/fleet.hpp>
#include <troupe/session.hpp>

#include <compare>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

/// The sessions of one shard: what each knows and has seen, which task works on it, and what waits
/// for its turn. One task at a time writes a session; that makes two messages on one session a
/// matter of order, never of locks.
///
/// It holds no more than there is room for. Of those that nobody works on, the ones that have
/// rested longest leave it first: what the store has comes back from there, and where no turn has
/// left anything to go by, nothing is missing. One that is nowhere else and that the next turn goes
/// by stays its time, without its history; it counts like open work, so that new work is refused
/// before a conversation is forgotten.
class session_book {
  struct group;

 public:
  struct waiting {
    submit_task what;
    caf::actor who;
    std::vector<waiting> also{}; ///< who has asked for the same under its idempotency key
    timestamp since{};
    bool refused = false; ///< whoever asked for it waits no more
    [[nodiscard]] std::size_t bytes() const noexcept { return body_size(*what.what); }
  };
  struct entry {
    session_snapshot now;
    bool loading = false;     ///< the store has been asked and has not answered yet
    bool stored = true;       ///< the store, asked again, would say the same
    std::string working_on;   ///< id of the running task; empty: idle
    std::deque<waiting> line; ///< messages that wait for it
    timestamp touched{};

   private:
    friend class session_book;
    std::size_t bytes_ = 0;
    group* in_ = nullptr;
    std::list<entry*>::iterator at_;
  };

  explicit session_book(const domain_spec& domain)
      : domain_(&domain) {}
  session_book(const session_book&) = delete;
  session_book& operator=(const session_book&) = delete;
  /// Goes by these limits from now on; the domain is the same one.
  void use(const domain_spec& domain) noexcept { domain_ = &domain; }

  [[nodiscard]] entry* find(const std::string& id) {
    auto hit = entries_.find(id);
    return hit == entries_.end() ? nullptr : &hit->second;
  }
  /// The session, made if it is new.
  entry& open(const std::string& id, timestamp now);
  /// What the store has of it.
  void take_stored(entry& e, session_snapshot x);
  /// The task's turn in the history of its session: added at the beginning, completed at the end.
  void begin_turn(entry& e, const task& t, timestamp now);
  /// `stored`: it is handed to the store as it is from here on.
  void end_turn(entry& e, const task_record& record, const json& context, timestamp now,
                bool stored);
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
  /// Takes those out of their lines that `leaves` is true of, a function of the session and the
  /// message.
  template <class F>
  [[nodiscard]] std::vector<waiting> withdraw(const F& leaves) {
    std::vector<waiting> out;
    for (auto* e : in_use_.all)
      std::erase_if(e->line, [&](waiting& w) {
        if (!leaves(*e, w))
          return false;
        const auto& t = *w.what.what;
        due_.erase({t.deadline, t.id, t.context_id});
        out.push_back(std::move(w));
        return true;
      });
    return out;
  }
  [[nodiscard]] std::size_t waiting_count() const noexcept { return due_.size(); }

  /// Nobody works on it and nothing waits for it: it may leave, at once if there is no room.
  void rest(entry& e, timestamp now);
  /// `rest` for all that do so.
  void rest_all(timestamp now);
  /// Forgets sessions that have been idle for longer than the domain keeps them in memory. Looks at
  /// those and no others.
  void sweep(timestamp now);
  /// About how much memory those take that cannot leave before their time.
  [[nodiscard]] std::size_t kept_bytes() const noexcept { return in_use_.bytes + bare_.bytes; }
  /// Likewise all.
  [[nodiscard]] std::size_t bytes() const noexcept { return kept_bytes() + resting_.bytes; }

  [[nodiscard]] std::vector<std::shared_ptr<const session_snapshot>>
  newest(std::size_t limit) const;
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  /// The one that rests longest first.
  struct group {
    std::list<entry*> all;
    std::size_t bytes = 0;
  };
  static void move(entry& e, group& to);
  static void weigh(entry& e);
  void forget(entry& e);
  void make_room();

  const domain_spec* domain_;
  std::unordered_map<std::string, entry> entries_;
  group in_use_;  ///< somebody works on it or waits for it, or it is being looked up
  group resting_; ///< as much as there is room for
  group bare_;    ///< rest as well, and nothing more can be taken from them
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
