#pragma once

// What people are asked, and how their answers get back into the task.

#include "actors/seat.hpp"

#include <troupe/caf.hpp>
#include <troupe/clock.hpp>
#include <troupe/json.hpp>
#include <troupe/reason.hpp>
#include <troupe/task.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

class boundary;

struct question {
  std::string id; ///< `<task>:<step>:<attempt>`
  std::string task;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  std::string domain;
  std::string queue;
  std::string text;
  json context;
  customer who;
  priority urgency = priority::medium;
  timestamp asked{};
  /// Then silence is the answer: as the step has it, or earlier by the desk, which knows the
  /// queue's time.
  timestamp due = no_deadline;
  /// Then the task ends and takes the question back: what silence means counts for nothing.
  timestamp until = no_deadline;
  std::string claimed_by;
  timestamp claimed{};
  timestamp claimed_until{}; ///< set by the desk, which knows the queue's lease
  seat_ptr asker;
  /// What an answer has to pass, because whoever gives it speaks for an agent; null: nothing. Stays
  /// on the node whose desk was asked.
  std::shared_ptr<const boundary> gives = nullptr;
};
using question_ptr = std::shared_ptr<const question>;

[[nodiscard]] inline std::string question_id(const std::string& task, std::uint32_t step,
                                             std::uint32_t attempt) {
  return task + ":" + std::to_string(step) + ":" + std::to_string(attempt);
}

// -- to the desk, and from it -------------------------------------------------

struct ask_human {
  question_ptr what;
};
struct withdraw_question {
  std::string id;
};
/// The answer to a question has become part of its task, and is stored. Not `taken`: the task no
/// longer waits for it.
struct question_settled {
  std::string id;
  bool taken = false;
};
/// Answered with `questions_seen`.
struct list_questions {
  std::uint64_t request = 0;
  std::string queue; ///< empty: all
};
struct questions_seen {
  std::uint64_t request = 0;
  std::vector<question_ptr> open;
};
/// Answered with `question_done`.
struct claim_question {
  std::uint64_t request = 0;
  std::string id;
  std::string by;
};
/// Answered with `question_done`.
struct answer_question {
  std::uint64_t request = 0;
  std::string id;
  std::string by;
  outcome_ptr x;
};
struct question_done {
  std::uint64_t request = 0;
  refused why; ///< `refusal::none`: done
  question_ptr what;
};

// -- to the orchestrator of the task ------------------------------------------

/// A person has answered (or let the time pass: then the outcome has failed).
struct question_answered {
  std::string task;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  outcome_ptr x;
};

/// A person has taken a question, for the history of its task.
struct question_claimed {
  std::string task;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  std::string by;
};

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_questions, TROUPE_FIRST_TYPE_ID + 50)
TROUPE_MESSAGE(troupe_questions, troupe::ask_human)
TROUPE_MESSAGE(troupe_questions, troupe::withdraw_question)
TROUPE_MESSAGE(troupe_questions, troupe::question_settled)
TROUPE_MESSAGE(troupe_questions, troupe::list_questions)
TROUPE_MESSAGE(troupe_questions, troupe::questions_seen)
TROUPE_MESSAGE(troupe_questions, troupe::claim_question)
TROUPE_MESSAGE(troupe_questions, troupe::answer_question)
TROUPE_MESSAGE(troupe_questions, troupe::question_done)
TROUPE_MESSAGE(troupe_questions, troupe::question_answered)
TROUPE_MESSAGE(troupe_questions, troupe::question_claimed)
TROUPE_END_MESSAGES(troupe_questions)
