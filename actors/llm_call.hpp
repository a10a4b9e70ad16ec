#pragma once

#include "actors/llm_deeds.hpp"
#include "actors/llm_knowledge.hpp"
#include "policies/client_tools.hpp"
#include "policies/grounding.hpp"
#include "policies/model_ladder.hpp"
#include "policies/screens/known_things.hpp"

#include <troupe/agent.hpp>
#include <troupe/model.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// Which model a call of an agent with models is at.
struct model_standing {
  model_rung at;
  bool simple = false; ///< the simple model is asked
  double complexity = 0;
  bool tight = false;  ///< a limit is nearly used up
  bool saving = false; ///< a cheaper model is asked for it
  bool saved = false;  ///< that one has failed: the others are asked as ever
  bool probe = false;  ///< the request is its provider's breaker's probe
  timestamp asked_at{};
};

/// A call of an agent that thinks with a model, from its first question to the model to the answer.
struct llm_call {
  std::uint64_t number = 0; ///< as the agent counts its calls
  agent_call_ptr what;
  std::vector<chat_message> messages;
  model_standing model;
  llm_deeds deeds;
  std::string trail; ///< for the note: what has happened, each followed by "; "
  bool done = false;

  // How much it has taken.
  usage used;
  /// Of each model, in the order in which they answered first.
  std::vector<std::pair<std::string, std::uint32_t>> answers;
  std::uint32_t steps = 0; ///< of the answers: those that asked for tools
  std::uint32_t steps_most = 0;
  std::uint32_t repairs = 0;
  double fullest = 0; ///< share of its context that a model was given at most

  // What it waits for.
  std::uint64_t waits_for = 0; ///< the number of the turn that goes on with it; 0: tools do
  std::uint64_t request = 0;   ///< at the models' port
  bool asking = false;         ///< a model has been asked and has not answered
  bool heard_limits =
      false;               ///< what the store says of the limits, as far as it could be waited for
  bool fresh = false;      ///< an answer that was kept would not do
  bool from_cache = false; ///< the last answer was kept

  // What its answer may speak of.
  knowledge_search search;
  known_numbers known;
  screens::known_things things;
  failure stopped;     ///< while tools were at work, by a screen or by whoever called
  client_tools client; ///< what whoever submitted the task runs himself
};

} // namespace troupe
