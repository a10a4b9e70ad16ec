#include "src/telemetry/log_book.hpp"

#include "src/telemetry/file_lock.hpp"
#include "src/telemetry/log_facets.hpp"
#include "src/telemetry/log_line.hpp"
#include "src/telemetry/log_reader.hpp"
#include "src/telemetry/log_writer.hpp"
#include "src/telemetry/metrics.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

namespace troupe {

namespace {

std::string prepare(const std::filesystem::path& dir) {
  std::error_code failed;
  std::filesystem::create_directories(dir, failed);
  if (failed)
    throw log_error(dir.string() + ": " + failed.message());
  return (dir / "logs.db").string();
}

} // namespace

class log_book::impl {
 public:
  explicit impl(log_book_settings settings)
      : settings_(std::move(settings))
      , path_(prepare(settings_.dir))
      , lock_((settings_.dir / "logs.lock").string())
      , writer_(path_, facets_)
      , reader_(path_, facets_)
      , thread_([this] { run(); }) {}

  ~impl() {
    {
      std::lock_guard hold{mutex_};
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  bool append(log_line line) {
    const auto bytes = line.bytes();
    bool first = false;
    {
      std::lock_guard hold{mutex_};
      if (stopping_ || queue_.size() >= settings_.queue_max ||
          bytes_ + bytes > settings_.queue_max_bytes) {
        ++stats_.dropped;
        ++lost_;
        if (settings_.counts)
          settings_.counts->dropped.add();
        return false;
      }
      first = queue_.empty();
      bytes_ += bytes;
      queue_.push_back(std::move(line));
      ++queued_;
    }
    // The thread sleeps only while the queue is empty.
    if (first)
      wake_.notify_one();
    return true;
  }

  bool flush(milliseconds at_most) {
    std::unique_lock hold{mutex_};
    const auto target = queued_;
    return settled_.wait_for(hold, at_most, [&] { return done_ >= target; });
  }

  std::vector<log_entry> search(const log_filter& filter, log_search_end* end) {
    std::lock_guard hold{reader_mutex_};
    log_search_end ignored;
    return reader_.search(filter, end ? *end : ignored);
  }

  std::size_t prune(timestamp older_than, std::size_t most) {
    std::lock_guard hold{writer_mutex_};
    return writer_.prune(micros(older_than), most);
  }

  std::uint64_t bytes() {
    std::lock_guard hold{writer_mutex_};
    return writer_.bytes();
  }

  log_book_stats stats() {
    std::lock_guard hold{mutex_};
    auto out = stats_;
    out.queued = queue_.size();
    return out;
  }

 private:
  void run() {
    std::vector<log_line> batch;
    for (;;) {
      std::uint64_t lost = 0;
      {
        std::unique_lock hold{mutex_};
        wake_.wait(hold, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty())
          return;
        const auto n = std::min(queue_.size(), std::max<std::size_t>(settings_.batch_max, 1));
        const auto until = queue_.begin() + static_cast<std::ptrdiff_t>(n);
        batch.assign(std::move_iterator{queue_.begin()}, std::move_iterator{until});
        queue_.erase(queue_.begin(), until);
        for (const auto& line : batch)
          bytes_ -= line.bytes();
        lost = std::exchange(lost_, 0);
      }
      const auto taken = batch.size();
      if (lost > 0)
        batch.push_back(loss_line(lost));
      const bool written = write(batch);
      if (written && lost > 0)
        complain(log_level::warning, loss_text(lost));
      std::lock_guard hold{mutex_};
      done_ += taken;
      if (written) {
        stats_.written += batch.size();
        if (settings_.counts)
          settings_.counts->written.add(batch.size());
      } else {
        stats_.dropped += taken;
        // What was lost before is still to be said.
        lost_ += lost + taken;
        if (settings_.counts)
          settings_.counts->dropped.add(taken);
      }
      settled_.notify_all();
    }
  }

  static std::string loss_text(std::uint64_t lost) {
    return std::to_string(lost) + " lines of the log were lost";
  }

  static log_line loss_line(std::uint64_t lost) {
    auto entry = log_entry::of(log_level::warning, "log.dropped", loss_text(lost));
    entry.fields = {{"lines", lost}};
    return line_of(std::move(entry));
  }

  bool write(std::vector<log_line>& batch) {
    try {
      std::lock_guard hold{writer_mutex_};
      writer_.write(batch);
    } catch (const std::exception& e) {
      if (!std::exchange(failing_, true))
        complain(log_level::error, std::string{"the log cannot be written: "} + e.what());
      return false;
    }
    if (std::exchange(failing_, false))
      complain(log_level::info, "the log can be written again");
    return true;
  }

  void complain(log_level level, const std::string& text) {
    if (settings_.complain)
      settings_.complain(level, text);
  }

  const log_book_settings settings_;
  const std::string path_;
  file_lock lock_;
  log_facets facets_;

  std::mutex mutex_; ///< guards the queue and what is counted about it
  std::condition_variable wake_, settled_;
  std::deque<log_line> queue_;
  std::size_t bytes_ = 0;
  std::uint64_t queued_ = 0; ///< lines ever queued
  std::uint64_t done_ = 0;   ///< of these, written or lost
  std::uint64_t lost_ = 0;   ///< lines lost that no line has told of
  log_book_stats stats_;
  bool stopping_ = false;

  bool failing_ = false; ///< of the writing thread
  std::mutex writer_mutex_;
  log_writer writer_;
  std::mutex reader_mutex_;
  log_reader reader_;
  std::thread thread_;
};

log_book::log_book(log_book_settings settings)
    : impl_(std::make_unique<impl>(std::move(settings))) {}

log_book::~log_book() = default;

bool log_book::append(log_entry entry) {
  return impl_->append(line_of(std::move(entry)));
}
bool log_book::flush(milliseconds at_most) {
  return impl_->flush(at_most);
}

std::vector<log_entry> log_book::search(const log_filter& filter, log_search_end* end) const {
  return impl_->search(filter, end);
}

std::size_t log_book::prune(timestamp older_than, std::size_t most) {
  return impl_->prune(older_than, most);
}
std::uint64_t log_book::bytes() const {
  return impl_->bytes();
}
log_book_stats log_book::stats() const {
  return impl_->stats();
}

} // namespace troupe
