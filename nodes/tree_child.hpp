#pragma once

#include "actors/supervisor.hpp"

#include <string>
#include <utility>

namespace troupe {

/// How long most parts of a node get to stop.
inline constexpr milliseconds usual_shutdown{2000};
/// A supervisor, with all that is below it.
inline constexpr milliseconds tree_shutdown{8000};

/// A child of one of the node's supervisors, whose place is `place`; null: it has none.
template <class Start>
child_spec tree_child(const std::string& id, std::string kind, milliseconds shutdown,
                      seat_ptr place, Start start, restart_type restart = restart_type::permanent) {
  child_spec out;
  out.rules = {id, restart, shutdown};
  out.kind = std::move(kind);
  out.place = std::move(place);
  out.start = std::move(start);
  return out;
}

} // namespace troupe
