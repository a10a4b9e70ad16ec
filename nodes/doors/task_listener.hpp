#pragma once

#include "nodes/client.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace troupe {

/// Hears of one task on behalf of a request, until it is told to stop. Any thread: whichever comes
/// later, the number that the node gives or the wish to hear no more, ends it.
class task_listener {
 public:
  explicit task_listener(std::shared_ptr<client> node)
      : node_(std::move(node)) {}

  /// As `client::submit` and `client::watch`; one of them, once.
  void submit(task_request what, task_handlers handlers);
  void watch(std::string id, task_handlers handlers);
  void stop();
  [[nodiscard]] client& node() const noexcept { return *node_; }

 private:
  void numbered(std::uint64_t number);

  const std::shared_ptr<client> node_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::uint64_t number_ = 0;
};

} // namespace troupe
