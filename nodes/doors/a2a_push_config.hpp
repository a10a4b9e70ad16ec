#pragma once

#include "nodes/doors/a2a_fault.hpp"

#include <troupe/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Where somebody wants to hear of a task (A2A 1.0: TaskPushNotificationConfig).
struct push_config {
  std::string id;
  std::string task;
  std::string url;
  std::string token;  ///< sent back as X-A2A-Notification-Token
  std::string scheme; ///< of Authorization; empty: none is sent
  std::string credentials;

  [[nodiscard]] bool operator==(const push_config&) const = default;
};

/// As whoever may read the task is told of it: without what proves to the other end that a
/// notification is genuine, `token` and `credentials`.
[[nodiscard]] json to_json(const push_config& x);
/// Reads one; `task` is whose it is. Nothing, with `why` filled in, when it is wrong.
[[nodiscard]] std::optional<push_config> read_push_config(const json& from, std::string task,
                                                          a2a_fault& why);

/// Why nothing is sent to `url`, or an empty text: it has to be https, or http to this machine
/// itself; without a user; and its host one of `hosts` or below one. Whoever may submit tasks could
/// otherwise make the node speak to whatever it reaches.
[[nodiscard]] std::string why_no_push_to(std::string_view url,
                                         const std::vector<std::string>& hosts);

} // namespace troupe
