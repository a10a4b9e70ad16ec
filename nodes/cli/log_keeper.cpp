#include "nodes/cli/log_keeper.hpp"

namespace troupe::cli {

void prune_log(log_book& book, const log_limits& limits, timestamp now,
               const std::function<bool()>& go_on) {
  constexpr std::size_t old_lines = 20000;
  // Fewer, so that little more goes than has to.
  constexpr std::size_t young_lines = 1000;
  const auto until = now - std::chrono::hours{24} * limits.days;
  while (go_on() && book.prune(until, old_lines) == old_lines)
    ;
  while (limits.max_bytes != 0 && go_on() && book.bytes() > limits.max_bytes &&
         book.prune(timestamp::max(), young_lines) > 0)
    ;
}

log_keeper::log_keeper(std::shared_ptr<log_book> book, const log_limits& limits)
    : book_(std::move(book))
    , limits_(limits)
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
  do {
    try {
      const auto now = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
      prune_log(*book_, limits_, now, [this] { return !ending(); });
    } catch (const std::exception& e) {
      book_->append(log_entry::of(log_level::warning, "log.prune",
                                  std::string{"old lines could not be removed: "} + e.what()));
    }
    std::unique_lock hold{mutex_};
    if (changed_.wait_for(hold, std::chrono::minutes{1}, [&] { return ending_; }))
      return;
  } while (true);
}

} // namespace troupe::cli
