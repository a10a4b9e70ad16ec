#pragma once

#include "actors/call_messages.hpp"
#include "actors/node_parts.hpp"

#include <cstdint>
#include <memory>

namespace troupe {

/// What an agent does with a call, by the agent's kind. Owned and called by one agent actor; what
/// runs elsewhere answers by sending the agent `runner_ended`, from whatever thread.
class agent_runner {
 public:
  virtual ~agent_runner() = default;
  /// Works on a call. Returns the outcome if it is there at once, null if `runner_ended` will
  /// follow. What it throws is a crash of the agent.
  virtual outcome_ptr run(caf::event_based_actor* self, std::uint64_t call,
                          const agent_call_ptr& what) = 0;
  /// Why a call can never be worked on, as far as a glance shows; asked before anything else is
  /// done about it, as screens take their time over a long text. Nothing: it may be.
  [[nodiscard]] virtual failure no_room_for(const agent_call&) const { return {}; }
  /// Nobody waits for this call any more: end what can be ended. `runner_ended` is still owed
  /// unless false is returned: then the work cannot be ended and the agent has to go.
  virtual bool stop(std::uint64_t call) = 0;
  /// What the runner waited for in the middle of a call has come.
  virtual void turn(const runner_turn&) {}
  /// Whether this end is that of something which the runner had begun for a call of its own, and
  /// not that of a call: then it has been dealt with.
  virtual bool took(const runner_ended&) { return false; }
  /// `runner_ended` for this call has arrived, or `run` returned its outcome: forget it.
  virtual void ended(std::uint64_t) {}
  /// The call waits for people and not for this agent: its question; empty for agents that work
  /// themselves.
  virtual std::string question_for(const agent_call&) { return {}; }
};

using runner_ptr = std::unique_ptr<agent_runner>;

/// Makes the runner for an agent; throws `std::runtime_error` with a sentence when its settings
/// cannot work here.
runner_ptr make_runner(const parts_ptr& parts, const fleet_version& version,
                       const std::shared_ptr<const agent_spec>& spec, caf::event_based_actor* self);

runner_ptr make_native_runner(const parts_ptr& parts, const agent_spec& spec);
runner_ptr make_rules_runner(const agent_spec& spec);
runner_ptr make_process_runner(const parts_ptr& parts, const fleet_version& version,
                               const agent_spec& spec, caf::event_based_actor* self);
runner_ptr make_http_runner(const parts_ptr& parts, const agent_spec& spec);
runner_ptr make_human_runner(const agent_spec& spec);
runner_ptr make_triage_runner(const parts_ptr& parts, const fleet_version& version,
                              const agent_spec& spec, caf::event_based_actor* self);
runner_ptr make_llm_runner(const parts_ptr& parts, const fleet_version& version,
                           const agent_spec& spec, caf::event_based_actor* self);
runner_ptr make_a2a_runner(const parts_ptr& parts, const agent_spec& spec);
runner_ptr make_mcp_runner(const parts_ptr& parts, const fleet_version& version,
                           const agent_spec& spec);
runner_ptr make_knowledge_runner(const parts_ptr& parts, const fleet_version& version,
                                 const agent_spec& spec);
runner_ptr make_worker_runner(const parts_ptr& parts, const agent_spec& spec);

} // namespace troupe
