#pragma once

#include "actors/llm_call.hpp"
#include "actors/llm_settings.hpp"
#include "actors/model_list.hpp"
#include "policies/complexity.hpp"
#include "policies/dice.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace troupe {

/// Which model an agent asks in a call: its own ones, the next when one fails; the simple one for
/// requests that look simple; a cheaper one when a limit is nearly used up. Every change of model
/// is told in the call's note. Belongs to the agent's runner.
class llm_models {
 public:
  /// Throws `std::runtime_error` when the fleet does not have one of the models. `settings`
  /// outlives this.
  llm_models(parts_ptr parts, const agent_spec& spec, const llm_settings& settings);

  /// The one that the call is at, or was at last.
  [[nodiscard]] const model_spec& of(const llm_call& t) const;

  /// Chooses between the simple model and the agent's own, by how hard the request looks.
  void begin(llm_call& t) const;
  /// Works more cheaply from here on if a limit is nearly used up: fewer steps, a cheaper model.
  /// `by`: who asks.
  void save(llm_call& t, const model_caller& by) const;
  /// Passes over models whose provider's breaker is open. False: all of them are.
  [[nodiscard]] bool choose(llm_call& t, timestamp now) const;
  /// When the last one may be asked again, if `choose` has found none.
  [[nodiscard]] milliseconds opens_in(timestamp now) const;

  /// Whether a text of so many bytes, which is never shortened, is too long for all of its models.
  [[nodiscard]] bool fits_nowhere(std::size_t bytes) const;
  /// Whether the conversation leaves enough of the model's context for what is still to come.
  [[nodiscard]] bool has_room(const llm_call& t) const;
  /// What tools have said may by and by fill the context of the model that was chosen: then the
  /// oldest of it is shortened. `beside`: bytes that the request takes besides the conversation.
  /// Nothing: it fits. Else what that model would answer: it is not asked, and the conversation
  /// stays as it was for one with more room.
  [[nodiscard]] std::optional<model_reply> fit(llm_call& t, std::size_t beside) const;
  /// Asks the model that was chosen; its answer is told to the agent as that turn of the call.
  void send(llm_call& t, const model_request& what, caf::event_based_actor* agent,
            std::uint64_t turn, timestamp now) const;
  /// It has answered.
  void heard(llm_call& t, const model_reply& x, timestamp now) const;
  /// It has failed: who is asked next, and when; `give_up`: nobody is.
  [[nodiscard]] model_move after(llm_call& t, const model_reply& failed, timestamp now);

  /// The simple model did not do, for this reason: the agent's own go on with the same
  /// conversation.
  void leave_simple(llm_call& t, const std::string& why) const;
  /// What is remembered of the simple model, for requests as hard as this one.
  void learn(const llm_call& t, bool well) { learned_.note(t.model.complexity, well); }

 private:
  /// How many models are asked one after the other; the simple one may stand behind them.
  [[nodiscard]] std::size_t ladder() const noexcept { return settings_.models.size(); }
  [[nodiscard]] bool pass_over(model_standing& m, timestamp now) const;
  /// The cheaper model has failed: the others are asked as ever. False: none was asked.
  static bool stop_saving(model_standing& m);

  parts_ptr parts_;
  const llm_settings& settings_;
  model_list models_;
  std::size_t simple_ = 0; ///< of them: the one for simple requests
  model_record learned_;
  dice_box dice_;
};

} // namespace troupe
