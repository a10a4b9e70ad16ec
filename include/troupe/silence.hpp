#pragma once

#include <troupe/fleet.hpp>
#include <troupe/task.hpp>

#include <optional>

namespace troupe {

/// What counts as the answer when nobody of a queue answers in time: what it declares, and that
/// nobody has said so. Nothing: silence denies.
[[nodiscard]] inline std::optional<outcome> said_in_silence(const human_queue_spec& queue) {
  const auto& silence = queue.when_silent;
  if (silence.is_null())
    return std::nullopt;
  outcome said;
  said.text = silence.value("text", std::string{});
  said.data = silence.value("data", json::object());
  said.data["nobody_answered"] = true;
  return said;
}

} // namespace troupe
