#pragma once

#include <troupe/clock.hpp>
#include <troupe/json.hpp>
#include <troupe/task.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// One message of a session and what became of it.
struct turn {
  timestamp at{};
  std::string task_id;
  std::string text;   ///< what the person wrote
  std::string answer; ///< what they were told; empty while the task runs
  task_state state = task_state::submitted;
  friend bool operator==(const turn&, const turn&) = default;
};

/// A session as it is stored and as others may see it: a snapshot, never changed.
struct session_snapshot {
  std::string id;
  std::string domain;      ///< path of the domain that holds it
  json context;            ///< the typed context: an object, or null while nothing has been set
  std::vector<turn> turns; ///< oldest first, at most the domain's `history_limit`
  customer who;
  timestamp updated{};
  std::uint32_t failures = 0; ///< turns in a row that ended badly: what "unhappy" is read off
  /// The replicas that it is served by, `domain/agent#n`, one of each agent that has several.
  std::vector<std::string> instances;
  friend bool operator==(const session_snapshot&, const session_snapshot&) = default;
};

} // namespace troupe
