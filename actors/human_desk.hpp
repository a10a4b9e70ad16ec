#pragma once

#include "actors/messages.hpp"
#include "actors/node_parts.hpp"

#include <map>
#include <set>
#include <string>

namespace troupe {

/// The HUMAN DESK: holds the questions that tasks have for people, until one of them answers or the
/// question's time is over. It keeps nothing of its own: every question is an open step of a stored
/// task, whose orchestrator asks again after any restart; asking again under the same id changes
/// nothing but the asker.
struct human_desk_state {
  static constexpr std::size_t questions_max = 100000;

  void init(caf::event_based_actor* self, parts_ptr parts);
  void on_ask(const ask_human& x);
  void on_withdraw(const withdraw_question& x);
  void on_list(const list_questions& x);
  void on_claim(const claim_question& x);
  void on_answer(const answer_question& x);

  static inline const char* name = "human_desk";

 private:
  void reply(std::uint64_t request, refusal why, std::string detail, question_ptr what = nullptr);
  [[nodiscard]] milliseconds lease_of(const std::string& queue) const;

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  std::map<std::string, question> open_;
};

caf::behavior human_desk(caf::stateful_actor<human_desk_state>* self, parts_ptr parts);

} // namespace troupe
