#pragma once

#include "actors/llm_call.hpp"
#include "actors/llm_guard.hpp"
#include "actors/llm_tools.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Has tools used as a model wants it: the agent's own and those of its sources here; those of
/// whoever submitted the task are his to run. What is asked for and what is said pass the guard.
/// Belongs to the agent's runner, and to its thread.
class llm_tool_use {
 public:
  /// `guard` outlives this; throws as `llm_tools` does.
  llm_tool_use(parts_ptr parts, const fleet_version& version, const agent_spec& spec,
               const llm_settings& settings, const llm_guard& guard, caf::event_based_actor* self);

  /// The agent's tools, those of its sources included, as they are at this moment: sources are
  /// asked, so once a question. Those whose descriptions give the model orders are not among them,
  /// and that is told.
  [[nodiscard]] std::vector<tool_card> own(llm_call& t);
  /// Adds those of the client whose names are free.
  void offer_clients(const llm_call& t, std::vector<tool_card>& to) const;
  /// What the client's own tools have said so far; they are data like those of any other tool.
  void add_turns(llm_call& t) const;

  /// If some of the tools that the model wants are the client's: the outcome by which he is told,
  /// or the failure of a screen that stops that. What the model wants besides it can ask for again.
  [[nodiscard]] std::optional<outcome> hand_over(llm_call& t,
                                                 const std::vector<tool_call>& calls) const;
  /// Has the tools used: what they say comes into the conversation at once or with `ended`.
  void use(llm_call& t, const std::vector<tool_call>& calls);
  /// What came of a use that is no longer at work.
  void note(llm_call& t, const llm_deeds::use& of, outcome_ptr x) const;

  /// Numbers of uses of tools, apart from those of calls, which the agent counts from 1.
  [[nodiscard]] static bool is_use(std::uint64_t number) noexcept { return number >= first_use; }
  /// `runner_ended` for this use has arrived.
  void ended(std::uint64_t number) { tools_.ended(number); }
  /// Gives all up that are at work for the call. False: one cannot be ended.
  [[nodiscard]] bool stop(const llm_call& t);

 private:
  static constexpr std::uint64_t first_use = std::uint64_t{1} << 62;

  parts_ptr parts_;
  const llm_guard& guard_;
  llm_tools tools_;
  std::uint64_t last_use_ = first_use;
};

} // namespace troupe
