#pragma once

#include "nodes/client.hpp"
#include "nodes/doors/a2a_push_config.hpp"
#include "nodes/doors/task_listener.hpp"
#include "src/tools/alarm.hpp"
#include "src/tools/http.hpp"

#include <spdlog/logger.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Tells others of tasks by POST: each state that a task comes to, and the task itself when it has
/// ended. Of one configuration a notification is sent when the one before it has arrived or was
/// given up, after five attempts with growing waits; nobody hears out of order. Each configuration
/// hears of its task with the rights of whoever made it, and no more when those are lost.
/// Configurations are this node's own: they are known here, and end with it. Thread safe.
class push_desk : public std::enable_shared_from_this<push_desk> {
 public:
  static constexpr std::size_t tasks_max = 10000; ///< older ones that have been told make room
  static constexpr std::size_t configs_max = 8;   ///< of a task
  static constexpr std::size_t waiting_max = 32;  ///< notifications; the oldest goes
  static constexpr int attempts_max = 5;

  push_desk(std::shared_ptr<tools::http_port> http, std::shared_ptr<tools::alarm_clock> clock,
            std::shared_ptr<spdlog::logger> log, std::vector<std::string> hosts);

  [[nodiscard]] const std::vector<std::string>& hosts() const noexcept { return hosts_; }
  /// Begins to tell. An empty id becomes one of the desk's own, the same for the same wish, so that
  /// a request that is sent again makes no second configuration. A configuration of this id is
  /// replaced; what it has not told yet goes where the new one says. Nothing when there are too
  /// many. `node` is the node as whoever asks may see it.
  std::optional<push_config> set(push_config what, const std::shared_ptr<client>& node);
  [[nodiscard]] std::optional<push_config> get(const std::string& task, const std::string& id);
  [[nodiscard]] std::vector<push_config> list(const std::string& task);
  bool remove(const std::string& task, const std::string& id);

 private:
  struct line {
    push_config what;
    std::uint64_t number = 0; ///< its own: what was begun for one that has gone is nothing to it
    bool own_id = false;      ///< the desk has named it
    std::shared_ptr<task_listener> listener;
    std::string_view told; ///< the state that was told last
    bool ended = false;    ///< the task has, and that was told
    bool deaf = false;     ///< nothing more is heard of the task
    std::deque<std::string> waiting;
    bool busy = false; ///< the first of `waiting` is being sent, or waits to be sent again
    int failed = 0;    ///< attempts at it
    [[nodiscard]] bool over() const noexcept { return (ended || deaf) && waiting.empty(); }
  };
  struct place {
    std::string task, id;
    std::uint64_t number = 0;
  };
  using lines = std::map<std::string, line>;

  /// With the lock held: makes room for one more task. False: everybody is still at work.
  bool make_room();
  void name(push_config& what, const lines& among);
  [[nodiscard]] line* find(const place& at);
  [[nodiscard]] task_handlers handlers_of(const place& at);
  /// With the lock held.
  void tell(const place& at, line& x, const json& what);
  /// Sends the next notification of a line, if it may. With the lock held.
  void send_next(const place& at, line& x);
  void sent(const place& at, bool arrived);

  const std::shared_ptr<tools::http_port> http_;
  const std::shared_ptr<tools::alarm_clock> clock_;
  const std::shared_ptr<spdlog::logger> log_;
  const std::vector<std::string> hosts_;
  std::mutex mutex_;
  std::map<std::string, lines> tasks_;
  std::deque<std::string> order_; ///< of tasks, the oldest first
  std::uint64_t last_id_ = 0;
  std::uint64_t last_number_ = 0;
};

} // namespace troupe
