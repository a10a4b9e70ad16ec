#pragma once

#include "nodes/client.hpp"
#include "nodes/doors/a2a_fault.hpp"
#include "src/tools/alarm.hpp"
#include "src/tools/http.hpp"

#include <spdlog/logger.h>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
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
};

[[nodiscard]] json to_json(const push_config& x);
/// Reads one; `task` is whose it is. Nothing, with `why` filled in, when it is wrong.
[[nodiscard]] std::optional<push_config> read_push_config(const json& from, std::string task,
                                                          a2a_fault& why);

/// Why nothing is sent to `url`, or an empty text: it has to be https, or http to this machine
/// itself; without a user; and its host one of `hosts` or below one. Whoever may submit tasks could
/// otherwise make the node speak to whatever it reaches.
[[nodiscard]] std::string why_no_push_to(std::string_view url,
                                         const std::vector<std::string>& hosts);

/// Tells others of tasks by POST: each state that a task comes to, and the task itself when it has
/// ended. Of one configuration a notification is sent when the one before it has arrived or was
/// given up, after five attempts with growing waits; nobody hears out of order. Configurations are
/// this node's own: they are known here, and end with it. Thread safe.
class push_desk : public std::enable_shared_from_this<push_desk> {
 public:
  static constexpr std::size_t tasks_max = 10000; ///< older ones that have ended make room
  static constexpr std::size_t configs_max = 8;   ///< of a task
  static constexpr std::size_t waiting_max = 32;  ///< notifications; the oldest goes
  static constexpr int attempts_max = 5;

  push_desk(std::shared_ptr<tools::http_port> http, std::shared_ptr<tools::alarm_clock> clock,
            std::shared_ptr<spdlog::logger> log, std::vector<std::string> hosts);

  [[nodiscard]] const std::vector<std::string>& hosts() const noexcept { return hosts_; }
  /// Begins to tell; an empty id becomes one of the desk's own. Nothing when there are too many.
  /// `node` is the node as whoever asks may see it.
  std::optional<push_config> set(push_config what, const std::shared_ptr<client>& node);
  [[nodiscard]] std::optional<push_config> get(const std::string& task, const std::string& id);
  [[nodiscard]] std::vector<push_config> list(const std::string& task);
  bool remove(const std::string& task, const std::string& id);

 private:
  struct line {
    push_config what;
    std::deque<std::string> waiting;
    bool busy = false;
    int failed = 0;
  };
  struct entry;

  void watch(const std::shared_ptr<entry>& of, const std::shared_ptr<client>& node);
  void tell(const std::string& task, const json& what, bool last);
  /// Sends the next notification of a line, if it may. With the lock held.
  void send_next(const std::string& task, const std::string& id, line& x);
  void sent(const std::string& task, const std::string& id, bool arrived);
  [[nodiscard]] line* find(const std::string& task, const std::string& id);

  const std::shared_ptr<tools::http_port> http_;
  const std::shared_ptr<tools::alarm_clock> clock_;
  const std::shared_ptr<spdlog::logger> log_;
  const std::vector<std::string> hosts_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<entry>> tasks_;
  std::deque<std::string> order_; ///< of tasks, the oldest first
  std::uint64_t last_id_ = 0;
};

} // namespace troupe
