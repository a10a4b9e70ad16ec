#pragma once

#include "actors/arrivals.hpp"
#include "actors/node_parts.hpp"
#include "actors/question_messages.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace troupe {

/// What counts as the answer when nobody of the queue answers in time. It passes what any answer
/// has to pass, `gives`; null: nothing. What does not is a failure.
[[nodiscard]] outcome_ptr answer_of_silence(const fleet_spec& fleet, const std::string& queue,
                                            const boundary* gives);

/// The HUMAN DESK: holds the questions that tasks have for people, until one of them answers or the
/// time of the question's queue is over. Then the answer counts that the queue declares for
/// silence; without one the question is denied and its step fails.
///
/// Queues are as the version of the fleet has them that is active; how long a question waits is
/// settled when it is asked.
///
/// It keeps nothing of its own: every question is an open step of a stored task, whose orchestrator
/// asks again after any restart, and tells who had claimed it; asking again under the same id
/// changes nothing but the asker. An answer is confirmed to whoever gave it when it is stored with
/// its task; if the orchestrator is restarted before that, the answer is given to it again.
///
/// In a cluster an orchestrator's successor may live at another node, and asks the desk there. What
/// it has not asked here for `left_behind` is forgotten here, unless it has an answer: that one is
/// given to the successor until it says what became of it.
struct human_desk_state {
  static constexpr std::size_t questions_max = 100000;
  static constexpr milliseconds left_behind{5000};

  void init(caf::event_based_actor* self, parts_ptr parts);
  void on_ask(const ask_human& x);
  void on_withdraw(const withdraw_question& x);
  void on_settled(const question_settled& x);
  void on_list(const list_questions& x);
  void on_claim(const claim_question& x);
  void on_answer(const answer_question& x);
  void on_seat_taken(const seat_taken& x);
  void on_tick();

  static inline const char* name = "human_desk";

 private:
  struct entry {
    question what;
    outcome_ptr answer;  ///< given, and not stored yet
    caf::actor answered; ///< who gave it: waits for `question_done`; null: nobody did
    std::uint64_t request = 0;
    std::uint64_t incarnation = 0; ///< of the asker when it asked
  };
  using entries = std::map<std::string, entry>;

  void done(const caf::actor& to, std::uint64_t request, refusal why, std::string detail,
            question_ptr what = nullptr);
  /// True while somebody else than `by` holds it.
  [[nodiscard]] bool taken(const question& q, const std::string& by) const;
  bool pass_on(const entry& e);
  void drop(entries::iterator i);
  void arm();
  void forget_left_behind(timestamp now);

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  entries open_;
  std::set<std::pair<timestamp, std::string>> due_;
  std::set<std::string> answered_;  ///< those with an answer
  timestamp look_at_ = no_deadline; ///< those whose asker has been replaced
  timestamp armed_ = no_deadline;
};

caf::behavior human_desk(caf::stateful_actor<human_desk_state>* self, parts_ptr parts);

} // namespace troupe
