#pragma once

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// What a person wants an agent to be there for.
enum class agent_duty : std::uint8_t {
  serving,
  draining,    ///< ends what it has and takes nothing new
  quarantined, ///< takes nothing new
  stopped,     ///< does not run
};

template <>
struct enum_names<agent_duty> {
  static constexpr std::array<std::string_view, 4> value{"serving", "draining", "quarantined",
                                                         "stopped"};
};

/// What a person has said of an agent. It stands until the same is said of it again or otherwise,
/// whatever is restarted meanwhile.
struct standing_order {
  std::string agent; ///< `domain/agent` for all its replicas, `domain/agent#n` for one of them
  agent_duty wanted = agent_duty::serving;
  timestamp at{}; ///< when it was said, for people
  friend bool operator==(const standing_order&, const standing_order&) = default;
};

} // namespace troupe
