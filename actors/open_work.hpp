#pragma once

// What an orchestrator waits for, beside the calls in its `call_table`.

#include "actors/seat.hpp"
#include "policies/plan_run.hpp"

#include <troupe/agent.hpp>
#include <troupe/clock.hpp>
#include <troupe/task.hpp>

#include <cstdint>
#include <string>

namespace troupe {

/// What is out at an agent that acts outside.
struct acting_call {
  task_ptr what;
  std::uint32_t step = 0;
  std::uint32_t index = 0;
  std::uint32_t attempt = 0;
  bool query = false;
  effects does = effects::none;
  std::string agent;
  std::string fingerprint;
};

/// A step that another domain does, as a task of its own.
struct open_child {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  seat_ptr to;
  std::uint64_t incarnation = 0;
};

/// A step that nobody can be given to for the moment, because they are all on their way to another
/// node.
struct stranded_step {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  bool triage = false;
  step_status status = step_status::wanted; ///< running: it was given to somebody before
  seat_ptr to; ///< the orchestrator that it is delegated to; null: it is a call
  timestamp until{};
  std::string claimed_at{}; ///< the node where `to` is to be asked for an act; empty: it is none
};

} // namespace troupe
