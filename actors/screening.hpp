#pragma once

#include "actors/node_parts.hpp"
#include "policies/screens/leak.hpp"
#include "policies/screens/screen.hpp"

#include <troupe/agent.hpp>
#include <troupe/fleet.hpp>
#include <troupe/screen.hpp>

#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// What an agent's screens do about what goes through it: `policies/screens` with what its team has
/// declared. Made once per agent and shared by its replicas; immutable, any thread.
class screening {
 public:
  /// Null when nothing is to be screened.
  static std::shared_ptr<const screening> of(const agent_spec& spec, const domain_spec* domain);

  [[nodiscard]] screen_rule rule(screen_place where) const noexcept {
    return rules_[static_cast<std::size_t>(where)];
  }

  /// What was seen at one place.
  struct seen {
    screen_place where = screen_place::request;
    screens::verdict what;
    std::string subject; ///< whose words they were: a tool's name; empty: the call's
  };
  /// A call as the agent may see it, and what its screens saw in it. The call is the same pointer
  /// when nothing was taken out.
  struct screened_call {
    agent_call_ptr what;
    std::vector<seen> all;
    [[nodiscard]] bool refused() const;
  };
  /// The user's words by the rule for requests; what the steps before have said, and what was
  /// looked up for the call, by the rule for results; for an agent with effects that thinks with no
  /// model, all of it by the rule for actions as well.
  [[nodiscard]] screened_call incoming(const agent_call_ptr& what) const;

  /// Passages of documents, in place.
  [[nodiscard]] seen documents(json& passages) const;
  /// A tool's outcome in place, its failure's words included.
  [[nodiscard]] seen result(outcome& x, const std::string& tool) const;
  /// Whether a tool of somebody else's speaks to the model in its description: such a tool is not
  /// shown.
  [[nodiscard]] seen description(const tool_card& card) const;
  /// The arguments of a tool, in place. One that only looks things up gets what the user has
  /// written; addresses and instructions are kept from it all the same.
  [[nodiscard]] seen arguments(json& x, const tool_card& card, const screens::known_things& known,
                               const node_parts& parts) const;
  /// An answer in place.
  [[nodiscard]] seen answer(outcome& x, const screens::known_things& known,
                            const node_parts& parts) const;
  /// What may be spoken of on behalf of this call, before any tool was used.
  [[nodiscard]] screens::known_things known_to(const agent_call& what) const;

  /// A word that stands in the model's instructions and must never come out again.
  [[nodiscard]] const std::string& canary() const noexcept { return canary_; }

 private:
  screening() = default;
  [[nodiscard]] screens::outgoing outgoing(const screens::known_things& known,
                                           const node_parts& parts) const;

  std::array<screen_rule, enum_names<screen_place>::value.size()> rules_{};
  std::vector<std::string> hosts_;
  std::string instructions_;
  std::string canary_;
  std::unique_ptr<const screens::secret_words> secret_;
  bool acts_by_itself_ = false;
};

using screening_ptr = std::shared_ptr<const screening>;

/// Counts what a screen saw, puts what it stopped on record in the audit trail, and says it for the
/// trace, without a word of the text: "screen of results (tool look) stripped 1 part:
/// override_rules (0.92)". Empty: it saw nothing.
std::string report_screen(const node_parts& parts, const agent_card& who, const agent_call& what,
                          const screening::seen& x, timestamp now);

/// The failure of a call that a screen has stopped.
[[nodiscard]] failure stopped_by_screen(const screening::seen& x);

} // namespace troupe
