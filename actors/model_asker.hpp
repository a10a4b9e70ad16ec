#pragma once

#include "actors/call_messages.hpp"
#include "actors/fleet_version.hpp"
#include "actors/model_list.hpp"
#include "actors/node_parts.hpp"
#include "policies/dice.hpp"
#include "policies/model_ladder.hpp"

#include <troupe/agent.hpp>
#include <troupe/model.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe {

/// Asks models for agents that are no agents with models themselves: one question at a time for
/// each call, put to the next model of the list when one fails, as `after_failure` has it, within
/// the call's deadline and as far as the providers' breakers allow. Owned by a runner, and told of
/// its turns.
class model_asker {
 public:
  struct question {
    std::vector<chat_message> messages;
    json schema;
    std::uint32_t max_output = 0; ///< tokens; 0: the model's own limit
  };
  struct answer {
    std::string text;  ///< what the model wrote
    failure failed;    ///< set: none of the models has answered
    std::string model; ///< the last that was asked
    usage used;
    std::string trail; ///< what went wrong on the way, in words
  };

  /// Throws `std::runtime_error` when the fleet does not have one of the models.
  model_asker(parts_ptr parts, const agent_spec& spec, const std::vector<std::string>& models,
              caf::event_based_actor* self);
  model_asker(const model_asker&) = delete;
  model_asker& operator=(const model_asker&) = delete;
  ~model_asker();

  /// Begins; a call has one question at a time. What comes of it, also when nobody can be asked, is
  /// told in a later turn.
  void ask(std::uint64_t call, const agent_call_ptr& about, question what);
  /// What came of the question, if this is the turn that brings it.
  [[nodiscard]] std::optional<answer> turn(const runner_turn& x);
  /// Nobody waits for it any more.
  void stop(std::uint64_t call);

 private:
  struct open_question {
    agent_call_ptr about;
    question what;
    answer so_far;
    model_rung at;
    std::uint64_t number = 0;  ///< of the turn that goes on with it
    std::uint64_t request = 0; ///< at the models' port
    bool asking = false;
    bool probe = false;
    timestamp asked_at{};
  };
  void send(std::uint64_t call, open_question& q);
  void wait(std::uint64_t call, open_question& q, milliseconds how_long);
  void give_up(std::uint64_t call, open_question& q, failure why);
  [[nodiscard]] bool choose(open_question& q, timestamp now);
  /// The answer, or nothing when another model is asked.
  std::optional<answer> on_reply(std::uint64_t call, open_question& q, const model_reply& reply);

  parts_ptr parts_;
  const agent_card card_;
  caf::event_based_actor* self_;
  dice_box dice_;
  model_list models_;
  std::unordered_map<std::uint64_t, open_question> open_; ///< by call
  std::uint64_t last_turn_ = 0;
};

} // namespace troupe
