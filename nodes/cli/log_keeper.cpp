#include "nodes/cli/log_keeper.hpp"

namespace troupe::cli {

log_keeper::log_keeper(std::shared_ptr<log_book> book, std::uint32_t days)
    : book_(std::move(book))
    , days_(days)
    , thread_([this] { run(); }) {}

log_keeper::~log_keeper() {
  {
    const std::lock_guard hold{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool log_keeper::ending() {
  const std::lock_guard hold{mutex_};
  return ending_;
}

void log_keeper::run() {
  constexpr std::size_t slice = 20000;
  do {
    try {
      const auto now = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
      const auto until = now - std::chrono::hours{24} * days_;
      while (!ending() && book_->prune(until, slice) == slice)
        ;
    } catch (const std::exception& e) {
      book_->append(log_entry::of(log_level::warning, "log.prune",
                                  std::string{"old lines could not be removed: "} + e.what()));
    }
    std::unique_lock hold{mutex_};
    if (changed_.wait_for(hold, std::chrono::hours{1}, [&] { return ending_; }))
      return;
  } while (true);
}

} // namespace troupe::cli
