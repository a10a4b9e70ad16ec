#pragma once

#include "actors/arrivals.hpp"
#include "actors/journal_messages.hpp"
#include "actors/node_parts.hpp"
#include "actors/question_messages.hpp"
#include "actors/seat_messages.hpp"
#include "actors/task_messages.hpp"
#include "actors/waiting_room.hpp"
#include "policies/deadline.hpp"
#include "policies/parking.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace troupe {

/// What somebody at the front desk wants to hear of a task; see `task_handlers` of the client,
/// whose promises these keep.
struct task_watch {
  std::string id;
  task_ptr what;                 ///< null when the task was only asked for by its id
  seat_ptr where;                ///< its orchestrator
  std::uint64_t incarnation = 0; ///< of the orchestrator that was asked; 0: none has been yet
  bool known = false; ///< it is watched because it exists: nobody may take it for a new one
  timestamp parked_until = no_deadline; ///< for want of an orchestrator; then it is refused
  bool parked = false;
  bool taken = false; ///< an orchestrator has confirmed that it has the task
  std::function<void(const task_accepted&)> accepted;
  std::function<void(const refused&)> refused_;
  std::function<void(const task_record_ptr&)> progressed;
  std::function<void(const task_record_ptr&)> ended;
};

/// Where a session is at home, as the store says.
struct home_found {
  std::uint64_t request = 0;
  std::string home;
};

/// The FRONT DESK: speaks for everybody who is no actor. It takes requests from the doors and from
/// embedding applications, passes them to the orchestrators, the journal and the human desk, and
/// calls back. Requests that nobody answers end after `patience`; tasks whose orchestrator was
/// restarted or has moved are looked up again, and so is whatever was asked of it.
struct front_desk_state {
  static constexpr milliseconds patience{5000};

  void init(caf::event_based_actor* self, parts_ptr parts, seat_ptr place, seat_ptr journal,
            seat_ptr human_desk);
  ~front_desk_state();

  void submit(std::uint64_t number, task_watch watch);
  /// The home region of what `key` names, a session or an idempotency key: as it is recorded, or
  /// from now on the one that is asked for, or else this node's own. With regions only.
  void home_of(const std::string& key, const std::string& asked,
               std::function<void(const std::string&, const refused&)> then);
  void watch(std::uint64_t number, task_watch watch);
  void forget(std::uint64_t number);
  void find(std::string id, std::function<void(task_record_ptr, const refused&)> then);
  void cancel(std::string id, std::string why,
              std::function<void(task_record_ptr, const refused&)> then);
  void list(task_filter filter,
            std::function<void(std::vector<task_record_ptr>, const refused&)> then);
  void find_session(std::string id, const domain_scope& within,
                    std::function<void(session_found, const refused&)> then);
  void list_sessions(
      std::size_t limit, const domain_scope& within,
      std::function<void(std::vector<std::shared_ptr<const session_snapshot>>, const refused&)>
          then);
  void questions(std::string queue,
                 std::function<void(std::vector<question_ptr>, const refused&)> then);
  void claim(std::string id, std::string by,
             std::function<void(question_ptr, const refused&)> then);
  void answer(std::string id, std::string by, outcome_ptr x,
              std::function<void(question_ptr, const refused&)> then);

  void on_accepted(const task_accepted& x);
  void on_refused(const task_refused& x);
  void on_undelivered(const task_undelivered& x);
  void on_progressed(const task_progressed& x);
  void on_ended(const task_ended& x);
  void on_seat_down(const seat_down& x);
  void on_seat_taken(const seat_taken& x);
  void on_tick();

  waiting_room<task_found> tasks_;
  waiting_room<session_found> sessions_;
  waiting_room<shard_seen> views_;
  waiting_room<questions_seen> queues_;
  waiting_room<question_done> answers_;
  waiting_room<home_found> homes_asked_;

  static inline const char* name = "front_desk";

 private:
  template <class Reply>
  using inquiry_ptr = std::shared_ptr<inquiry<Reply>>;
  /// Asks whoever sits at each of `places` now: with what `ask` makes of the number of the request,
  /// or as it does itself when it is given the sitter as well.
  template <class Reply, class Ask>
  void ask_all(waiting_room<Reply>& room, const inquiry_ptr<Reply>& about,
               const std::vector<seat_ptr>& places, const Ask& ask) {
    const auto due = later(parts_->now(self_), patience);
    for (const auto& place : places) {
      const auto who = place->now();
      if (!who.handle)
        continue;
      about->ask();
      room.admit(++next_request_, {about, due, place, who.incarnation});
      if constexpr (std::is_invocable_v<Ask, const seat::sitter&, std::uint64_t>)
        ask(who, next_request_);
      else
        self_->send(who.handle, ask(next_request_));
    }
  }
  /// Asks the store; `what` sends the answer. A journal that is being restarted is waited for, and
  /// so is a store that is full or busy. A journal that was lost with the question is asked again,
  /// once: two that have ended with it may have ended by it.
  template <class Reply>
  void ask_store(waiting_room<Reply>& room, const inquiry_ptr<Reply>& about,
                 std::function<void(store&, std::uint64_t request)> what, timestamp due,
                 bool lost_before = false) {
    const auto who = journal_->now();
    const auto wait = [this, &room, about, what, due, lost_before](const char* why) {
      if (parts_->now(self_) >= due)
        about->give_up({refusal::busy, why, milliseconds{1000}});
      else
        try_later([this, &room, about, what, due, lost_before] {
          ask_store(room, about, what, due, lost_before);
        });
    };
    if (closing_)
      return about->give_up(stopping());
    if (!who.handle)
      return wait("the store is being opened");
    const auto request = ++next_request_;
    auto again = [this, &room, about, what, due, lost_before, wait](bool ended) {
      if (!ended)
        wait("the store is full or busy");
      else if (lost_before)
        about->give_up({refusal::busy, "the store fails", milliseconds{1000}});
      else
        ask_store(room, about, what, due, true);
    };
    room.admit(request, {about, due, journal_, who.incarnation, std::move(again)});
    self_->send(who.handle, for_journal(std::move(what), request));
  }
  /// As the journal gets it.
  [[nodiscard]] journal_ask for_journal(std::function<void(store&, std::uint64_t request)> what,
                                        std::uint64_t request) const;
  /// The store is full or busy: who asked this of it asks again.
  void put_off(std::uint64_t request);
  [[nodiscard]] static refused stopping() {
    return {refusal::stopping, "the node is stopping", {}};
  }
  /// Runs `what` in a moment, when somebody has taken a seat, or when the desk is `closing_`.
  void try_later(std::function<void()> what);
  void try_again();
  void cancel_open(const std::string& id, const std::string& why, const seat_ptr& where,
                   timestamp due, std::function<void(task_record_ptr, const refused&)> then);
  /// Of all nodes; this one's is always among them.
  [[nodiscard]] std::vector<seat_ptr> human_desks() const;
  /// Says to all human desks what `order` makes of the number of its request, for the one that has
  /// the question. While its task moves none may have it: then they are asked again.
  void tell_desks(const std::string& id, timestamp due,
                  std::function<void(const seat::sitter& desk, std::uint64_t request)> order,
                  std::function<void(question_ptr, const refused&)> then);
  /// Whoever works on the task of this question has just begun, or is not there.
  [[nodiscard]] bool is_moving(const std::string& question) const;
  [[nodiscard]] std::vector<seat_ptr> orchestrators_of_shard(std::uint32_t shard,
                                                             const domain_scope& within = {}) const;
  [[nodiscard]] std::vector<seat_ptr> orchestrators(const std::string& domain,
                                                    const domain_scope& within) const;
  void find_stored_session(const std::string& id, const domain_scope& within,
                           std::function<void(session_found, const refused&)> then);
  void find_stored(std::string id, std::function<void(task_record_ptr, const refused&)> then);
  /// As `record`, with what was too large to come from another node read from the store, where that
  /// has it.
  void make_whole(task_record_ptr record, std::function<void(task_record_ptr)> then);
  /// Ends an inquiry with the first record that comes.
  [[nodiscard]] std::function<bool(const task_found&)>
  take_record(std::function<void(task_record_ptr, const refused&)> then);
  void tell_end(const task_record_ptr& record);
  void drop(std::uint64_t number);
  /// Tells the orchestrator of the watched task; false when there is none now.
  template <class Message>
  bool tell(task_watch& w, Message x) {
    if (!w.where)
      return false;
    auto who = w.where->now();
    if (!who.handle)
      return false;
    w.incarnation = who.incarnation;
    self_->send(who.handle, std::move(x));
    return true;
  }
  /// Gives the task to its orchestrator, as new, as lost, or to be watched; false when there is
  /// none.
  [[nodiscard]] bool hand_out(task_watch& w);
  /// It waits for the next orchestrator, in line behind those that wait already.
  void park(std::uint64_t number);
  void place_orphans();
  /// As `park`, unless it has waited for long enough or too many others wait; then it is refused.
  void park_or_refuse(std::uint64_t number, const std::string& why);
  void refuse_for_now(const task_watch& w, std::string why);
  void look_by(timestamp due);
  [[nodiscard]] std::vector<std::uint64_t> numbers_of(const std::string& id) const;

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  seat_ptr place_;
  seat_ptr journal_;
  seat_ptr human_desk_;
  std::uint64_t next_request_ = 0;
  struct known_home {
    std::string region;
    timestamp until{};
  };
  std::unordered_map<std::string, known_home> homes_;
  std::unordered_map<std::uint64_t, task_watch> watches_;
  std::unordered_multimap<std::string, std::uint64_t> by_task_;
  /// Tasks whose orchestrator was not there when they were to be given to it, or has been lost with
  /// them. They wait for the next one, in order; what has never been given to one only while there
  /// is room.
  parking_lot<seat_ptr> orphans_;
  std::vector<std::function<void()>> later_;
  bool closing_ = false;
  timestamp armed_ = no_deadline;
};

/// Anything that has to run on the front desk's own thread.
struct at_front_desk {
  std::function<void(front_desk_state&)> what;
};

caf::behavior front_desk(caf::stateful_actor<front_desk_state>* self, parts_ptr parts,
                         seat_ptr place, seat_ptr journal, seat_ptr human_desk);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_front_desk, TROUPE_FIRST_TYPE_ID + 78)
TROUPE_MESSAGE(troupe_front_desk, troupe::at_front_desk)
TROUPE_END_MESSAGES(troupe_front_desk)
