#pragma once

#include "actors/node_parts.hpp"
#include "actors/node_subject.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace troupe {

/// A breaker of this node has counted a failure, or has turned.
struct breaker_stirred {
  std::string kind; ///< whose it is: `agent` or `provider`
  std::string name;
  std::shared_ptr<shared_breaker> which; ///< holds whose it is
  bool heard = false; ///< by what another node has told: nobody else need hear of it from here
};

/// Those that a call to this agent has to pass.
[[nodiscard]] breaker_stirred stirred(const seat_ptr& agent);
[[nodiscard]] breaker_stirred stirred(const provider_ptr& provider);

/// The BREAKER DESK: keeps the circuit breakers of this node and those of the others alike. What
/// has happened to a breaker here it tells to all of them, within a moment, as a question to their
/// respondents (subject `breakers`) that they acknowledge. Whoever has not taken it, or has come
/// since, gets all that is open or was lately, every half second until he has. It also says whose
/// turn it is with the probe of a breaker that is half open. Good calls are told with the failures
/// of their node, and when another node tells of failures: then only does their number matter.
///
/// What it keeps is bounded by the fleet's agents and providers.
struct breaker_desk_state {
  static constexpr milliseconds gather{20};
  static constexpr milliseconds again{500};
  static constexpr milliseconds remember{60000}; ///< those that have closed

  void init(caf::event_based_actor* self, parts_ptr parts);
  void on_stirred(const breaker_stirred& x);
  void on_flush();
  void on_tick();

  static inline const char* name = "breaker_desk";

 private:
  /// `agent` or `provider`, and its name.
  using key = std::pair<std::string, std::string>;
  void tell(const std::string& node, const json& changes);
  void take_turns();
  void note(const key& of, bool open);
  void forget();
  [[nodiscard]] json told(const key& of, const breaker_news& x);

  caf::event_based_actor* self_ = nullptr;
  parts_ptr parts_;
  std::set<key> stirred_;
  std::map<key, timestamp> lately_; ///< those that are open, and until when the closed are kept
  std::map<key, std::shared_ptr<shared_breaker>> breakers_; ///< of `stirred_` and `lately_`
  std::set<std::string> alike_;                             ///< nodes that have taken all there was
  bool flushing_ = false;
  bool ticking_ = false;
};

caf::behavior breaker_desk(caf::stateful_actor<breaker_desk_state>* self, parts_ptr parts);

/// Takes what another node's desk tells, for the respondent.
[[nodiscard]] node_subject breaker_subject(parts_ptr parts, caf::actor_system& sys);

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_breakers, TROUPE_FIRST_TYPE_ID + 130)
TROUPE_MESSAGE(troupe_breakers, troupe::breaker_stirred)
TROUPE_END_MESSAGES(troupe_breakers)
