#pragma once

#include "actors/boundary.hpp"
#include "actors/llm_call.hpp"
#include "actors/node_parts.hpp"
#include "actors/screening.hpp"

#include <string>
#include <vector>

namespace troupe {

/// What an agent with a model lets pass: its boundary and its screens, as its calls go through
/// them. What a screen sees is counted, put on record and told in the call's note. A failure that
/// comes back is that of a screen that stops the call; none: it goes on. Belongs to the agent's
/// runner.
class llm_guard {
 public:
  llm_guard(parts_ptr parts, const agent_spec& spec, const domain_spec* domain,
            const caf::event_based_actor* self);

  /// Null: the agent declares nothing of the kind.
  [[nodiscard]] const boundary_ptr& rules() const noexcept { return rules_; }
  /// Null: nothing is screened.
  [[nodiscard]] const screening_ptr& screens() const noexcept { return screens_; }
  /// A word that the model must never say; empty: there is none.
  [[nodiscard]] std::string canary() const;

  /// What the call is about and the passages that are shown with it, which are cleaned in place.
  [[nodiscard]] failure begin(llm_call& t, json& passages) const;
  /// The arguments of a tool, in place.
  [[nodiscard]] failure arguments(llm_call& t, json& x, const tool_card& card) const;
  /// What a tool has said, in place.
  failure result(llm_call& t, outcome& x, const std::string& tool) const;
  /// An answer that leaves the agent, in place.
  [[nodiscard]] failure answer(llm_call& t, outcome& x) const;
  /// What a screen has seen elsewhere.
  void see(llm_call& t, const screening::seen& x) const;

 private:
  failure judge(llm_call& t, const screening::seen& x) const;

  parts_ptr parts_;
  const agent_card card_;
  boundary_ptr rules_;
  screening_ptr screens_;
  const caf::event_based_actor* self_;
};

} // namespace troupe
