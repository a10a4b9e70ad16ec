#pragma once

#include <troupe/event.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace troupe {

/// A candidate as the router sees it: a copy of its gauges at this moment.
struct candidate {
  std::uint32_t load = 0;     ///< calls queued and running
  std::uint32_t capacity = 0; ///< slots and queue places
  float cost = 0;
  float quality = 1;
  float success_rate = 1;
  bool healthy = true;
  bool pinned = true;      ///< it is the one that the step names, or the step names none
  bool tried = false;      ///< a former attempt of the step failed there, or a limit has stopped it
  bool open = false;       ///< its circuit breaker, or its provider's, lets nothing through
  bool probe = false;      ///< its breaker wants one call, to see whether it works again
  bool shed = false;       ///< the domain is overloaded and spares it
  std::uint32_t slots = 1; ///< of `capacity`, calls that it works on at a time
  bool bound = false;      ///< the replica of its agent that serves the session
  bool spoken_for = false; ///< the session has another replica of its agent
  std::uint8_t distance = 0; ///< 0: on this node; 1: in this region; 2: in another one
  float drawn = 0;           ///< learned: what was drawn for its agent
  float fit = 0; ///< classifier: how far the message is about what its agent is there for
};

/// What the step asks for.
struct route_wish {
  route_strategy strategy = route_strategy::least_loaded;
  float min_quality = 0;
  std::uint64_t dice = 0; ///< breaks ties
};

struct route_choice {
  static constexpr std::uint32_t nobody = 0xFFFFFFFF;
  std::uint32_t chosen = nobody; ///< index into the candidates
  std::vector<verdict> said;     ///< one for each candidate
};

/// Chooses among `all`: pinned → health → breaker → overload → capacity → quality → strategy. An
/// agent where the step has failed before is taken only when nobody else can; nobody in another
/// region is taken while somebody in this one can be, and of equals, the replica that serves the
/// session goes before the agent's others, and one on this node with a free slot before those on
/// others; one that wants a
/// probe goes before the others, because nothing else would ever bring it back. When every
/// candidate is below the quality that is asked for, nobody is taken.
///
/// static: the first in order. least_loaded: the smallest share of its capacity in use, then the
/// better success rate. cheapest: the lowest cost, then the less loaded. best_quality: the highest,
/// then the less loaded. classifier: the best fit, then the less loaded. learned: the highest draw,
/// then, of the replicas of one agent, the less loaded. What is still equal is decided by `dice`.
void choose_route(const route_wish& wish, std::span<const candidate> all, route_choice& out);

} // namespace troupe
