#include "nodes/doors/task_listener.hpp"

#include <utility>

namespace troupe {

void task_listener::submit(task_request what, task_handlers handlers) {
  numbered(node_->submit(std::move(what), std::move(handlers)));
}

void task_listener::watch(std::string id, task_handlers handlers) {
  numbered(node_->watch(std::move(id), std::move(handlers)));
}

void task_listener::numbered(std::uint64_t number) {
  {
    const std::lock_guard hold{mutex_};
    number_ = number;
    if (!stopped_)
      return;
  }
  node_->forget(number);
}

void task_listener::stop() {
  std::uint64_t number = 0;
  {
    const std::lock_guard hold{mutex_};
    if (std::exchange(stopped_, true) || number_ == 0)
      return;
    number = number_;
  }
  node_->forget(number);
}

} // namespace troupe
