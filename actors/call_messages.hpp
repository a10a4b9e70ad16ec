#pragma once

// What passes between an orchestrator and the agents that it calls.

#include <troupe/agent.hpp>
#include <troupe/caf.hpp>
#include <troupe/model.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace troupe {

/// Do this. Answered exactly once, with `call_ended` or `call_handed_over`, unless the agent dies.
struct run_call {
  std::uint64_t call = 0; ///< chosen by the sender
  agent_call_ptr what;
  /// The agent has got it before, from somebody who is gone: if it still works on it, or has just
  /// ended it, that is answered, and nothing begins anew.
  bool again = false;
};
/// The sender no longer waits for this call. `hung`: it let its deadline pass.
struct stop_call {
  std::uint64_t call = 0;
  bool hung = false;
};
/// Answer this call, which the agent has got from somebody who is gone: it acts, and nothing may
/// begin anew. Answered with what comes of it, if the agent has it still or keeps its answer, and
/// else with `call_not_here`: if the agent says so itself, it does not begin here any more either.
struct claim_call {
  std::uint64_t call = 0; ///< chosen by the sender
  /// Without texts and data: whose step and attempt it is, its key, and the epoch of who asks.
  agent_call_ptr what;
};
struct call_not_here {
  std::uint64_t call = 0;
};
struct call_ended {
  std::uint64_t call = 0;
  outcome_ptr x;
  std::shared_ptr<const std::string> note; ///< what the agent's boundary did beside; mostly null
};
/// A person has been asked: the answer will come as `question_answered`.
struct call_handed_over {
  std::uint64_t call = 0;
  std::string question;
};
/// INTERNAL to an agent: its runner is done with a call.
struct runner_ended {
  std::uint64_t call = 0;
  outcome_ptr x;
  std::shared_ptr<const std::string> note = nullptr; ///< how the runner came to it; mostly null
};
/// INTERNAL to an agent: what its runner waited for has come, or a wait is over.
struct runner_turn {
  std::uint64_t call = 0;
  std::uint64_t number = 0;                 ///< of the wait, among all of the runner's
  std::shared_ptr<const model_reply> reply; ///< null: it was a wait for time to pass
};
/// INTERNAL to an agent: its runner can no longer be trusted.
struct runner_broke {
  std::string why;
  /// The key that has to be changed before another one could be better, and what is wrong with it;
  /// empty: it may be without.
  std::string hopeless{};
};

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_calls, TROUPE_FIRST_TYPE_ID + 20)
TROUPE_MESSAGE(troupe_calls, troupe::run_call)
TROUPE_MESSAGE(troupe_calls, troupe::stop_call)
TROUPE_MESSAGE(troupe_calls, troupe::call_ended)
TROUPE_MESSAGE(troupe_calls, troupe::call_handed_over)
TROUPE_MESSAGE(troupe_calls, troupe::runner_ended)
TROUPE_MESSAGE(troupe_calls, troupe::runner_turn)
TROUPE_MESSAGE(troupe_calls, troupe::runner_broke)
TROUPE_MESSAGE(troupe_calls, troupe::claim_call)
TROUPE_MESSAGE(troupe_calls, troupe::call_not_here)
TROUPE_END_MESSAGES(troupe_calls)
