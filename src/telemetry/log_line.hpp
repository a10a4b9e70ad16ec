#pragma once

#include "src/telemetry/log_entry.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe {

/// A line on its way to the book: cut to size, clean UTF-8, its fields as text. Made on the thread
/// that logs, so that the queue's size in bytes is known and a tree of JSON need not cross threads.
struct log_line {
  std::int64_t at = 0; ///< microseconds since the Unix epoch
  log_level level = log_level::info;
  std::string event, message, session, task, task_type, agent, domain, customer;
  std::string fields; ///< empty: none

  /// What the line costs while it waits.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return sizeof *this + event.size() + message.size() + session.size() + task.size() +
           task_type.size() + agent.size() + domain.size() + customer.size() + fields.size();
  }
};

/// Never throws but for lack of memory, whatever the entry holds.
[[nodiscard]] log_line line_of(log_entry entry);

/// A position in time as the book counts it, and back.
[[nodiscard]] inline std::int64_t micros(timestamp t) noexcept {
  return t.time_since_epoch().count();
}
[[nodiscard]] inline timestamp moment(std::int64_t at) noexcept {
  return timestamp{microseconds{at}};
}

} // namespace troupe
