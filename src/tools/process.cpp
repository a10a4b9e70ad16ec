#include "src/tools/process.hpp"

#include <array>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "src/tools/callback.hpp"
#include "src/tools/child.hpp"

namespace troupe::tools {
namespace {

/// What other threads leave for the I/O thread about one process. Everything in it is bounded:
/// there are at most `processes_max` mailboxes, and one takes no more text than the stdin backlog
/// allows.
struct mailbox {
  // What to start; taken out by the I/O thread.
  process_spec spec;
  std::string input;
  steady::time_point deadline = steady::time_point::max();
  process_port::line_fn line;
  process_port::done_fn done;
  bool worker = false;

  bool fresh = true;   ///< Not started yet.
  bool posted = false; ///< Already among those the I/O thread has been told to look at.
  bool cancelled = false;
  bool takes_lines = false;
  std::string lines;       ///< Text for stdin that the I/O thread has not fetched yet.
  std::size_t backlog = 0; ///< All text that stdin has not taken yet, fetched or not.
};

process_result refusal(process_end end, std::string detail) {
  process_result result;
  result.end = end;
  result.detail = std::move(detail);
  return result;
}

class real_process_port final : public process_port {
 public:
  explicit real_process_port(process_limits limits)
      : limits_{limits}
      , epoll_{epoll_create1(EPOLL_CLOEXEC)}
      , wake_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = 0;
    if (!epoll_ || !wake_ || epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0)
      throw std::system_error{errno, std::generic_category(), "no event queue for child processes"};
    thread_ = quiet_thread([this] { loop(); });
  }

  ~real_process_port() override {
    {
      std::lock_guard lock{mutex_};
      closing_ = true;
    }
    wake();
    thread_.join();
  }

  process_id run(process_spec spec, std::string input, std::chrono::milliseconds deadline,
                 done_fn done) override {
    mailbox box;
    box.deadline = in(deadline);
    if (input.size() > limits_.input_max_bytes) {
      call_guarded("process done", done,
                   refusal(process_end::failed_to_start,
                           "its input is longer than " + std::to_string(limits_.input_max_bytes) +
                               " bytes"));
      return next_id();
    }
    box.spec = std::move(spec);
    box.input = std::move(input);
    box.done = std::move(done);
    return enter(std::move(box));
  }

  process_id start(process_spec spec, line_fn line, done_fn ended) override {
    mailbox box;
    box.spec = std::move(spec);
    box.line = std::move(line);
    box.done = std::move(ended);
    box.worker = true;
    box.takes_lines = true;
    return enter(std::move(box));
  }

  void cancel(process_id id) override {
    {
      std::lock_guard lock{mutex_};
      const auto found = boxes_.find(id);
      if (found == boxes_.end())
        return;
      found->second.cancelled = true;
      post(id, found->second);
    }
    wake();
  }

  bool write_line(process_id id, std::string text) override {
    if (text.find('\n') != std::string::npos)
      return false;
    {
      std::lock_guard lock{mutex_};
      const auto found = boxes_.find(id);
      if (found == boxes_.end() || !found->second.takes_lines || closing_)
        return false;
      auto& box = found->second;
      if (text.size() >= limits_.stdin_backlog_max_bytes ||
          box.backlog > limits_.stdin_backlog_max_bytes - text.size() - 1)
        return false;
      box.lines += text;
      box.lines += '\n';
      box.backlog += text.size() + 1;
      post(id, box);
    }
    wake();
    return true;
  }

 private:
  process_id next_id() {
    std::lock_guard lock{mutex_};
    return ++last_id_;
  }

  process_id enter(mailbox box) {
    std::string why;
    process_id id = 0;
    {
      std::lock_guard lock{mutex_};
      id = ++last_id_;
      if (closing_) {
        why = "the port is closing";
      } else if (boxes_.size() + stuck_ >= limits_.processes_max) {
        why = "there are already " + std::to_string(limits_.processes_max) +
              " processes, which is the limit";
      } else {
        auto& kept = boxes_.emplace(id, std::move(box)).first->second;
        post(id, kept);
      }
    }
    if (why.empty())
      wake();
    else
      call_guarded("process done", box.done, refusal(process_end::failed_to_start, why));
    return id;
  }

  void post(process_id id, mailbox& box) {
    if (!std::exchange(box.posted, true))
      posted_.push_back(id);
  }

  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto ignored = write(wake_.get(), &one, sizeof one);
  }

  // From here on: the I/O thread only.

  void loop() {
    std::array<epoll_event, 64> events;
    for (;;) {
      if (fetch() && children_.empty())
        return;
      auto next =
          stuck_children_.empty() ? steady::time_point::max() : in(std::chrono::milliseconds{100});
      for (const auto& [id, one] : children_)
        next = std::min(next, one->next_time());
      const int timeout =
          next == steady::time_point::max()
              ? -1
              : static_cast<int>(std::min<std::int64_t>(until(next).count(), 60'000));
      const int count =
          epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
      for (int i = 0; i < count; ++i)
        dispatch(events[static_cast<std::size_t>(i)]);
      settle();
    }
  }

  void dispatch(const epoll_event& event) {
    const std::uint64_t tag = event.data.u64;
    if (tag == 0) {
      std::uint64_t times = 0;
      [[maybe_unused]] const auto ignored = read(wake_.get(), &times, sizeof times);
      return;
    }
    const process_id id = tag >> child::source_bits;
    const auto found = children_.find(id);
    if (found == children_.end())
      return;
    auto& one = *found->second;
    one.on_event(static_cast<child::source>(tag & ((1u << child::source_bits) - 1)), event.events,
                 scratch_);
    report_input(id, one);
  }

  /// Takes what other threads left. True when the port is closing; every child is being ended then.
  bool fetch() {
    std::vector<std::pair<process_id, mailbox>> work;
    bool closing = false;
    {
      std::lock_guard lock{mutex_};
      closing = closing_;
      for (const auto id : std::exchange(posted_, {})) {
        auto& box = boxes_.at(id);
        box.posted = false;
        mailbox taken;
        taken.fresh = std::exchange(box.fresh, false);
        taken.cancelled = box.cancelled;
        taken.lines = std::exchange(box.lines, {});
        taken.worker = box.worker;
        if (taken.fresh) {
          taken.spec = std::move(box.spec);
          taken.input = std::move(box.input);
          taken.line = std::move(box.line);
          taken.deadline = box.deadline;
        }
        work.emplace_back(id, std::move(taken));
      }
    }
    for (auto& [id, box] : work)
      act(id, box, closing);
    if (closing)
      for (auto& [id, one] : children_)
        one->stop(process_end::cancelled, "the port is closing");
    return closing;
  }

  void act(process_id id, mailbox& box, bool closing) {
    if (box.fresh) {
      if (box.cancelled || closing)
        return report(id, refusal(process_end::cancelled, "it was cancelled before it started"));
      if (steady::now() >= box.deadline)
        return report(id, refusal(process_end::timed_out, "its deadline passed before it started"));
      try {
        begin(id, box);
      } catch (const std::exception& e) {
        return report(id, refusal(process_end::failed_to_start, e.what()));
      }
    }
    const auto found = children_.find(id);
    if (found == children_.end())
      return;
    auto& one = *found->second;
    if (!box.lines.empty())
      one.feed(box.lines);
    if (box.cancelled)
      one.stop(process_end::cancelled, "it was cancelled");
    report_input(id, one);
  }

  void begin(process_id id, mailbox& box) {
    child::plan how;
    how.id = id;
    how.lines = box.worker;
    how.line = std::move(box.line);
    how.stdout_max_bytes = box.spec.stdout_max_bytes;
    how.stderr_max_bytes = box.spec.stderr_max_bytes;
    how.term_grace = box.spec.term_grace;
    how.drain = limits_.drain;
    how.deadline = box.deadline;
    auto& one =
        *children_
             .emplace(id, std::make_unique<child>(std::move(how), spawn(box.spec), epoll_.get()))
             .first->second;
    if (!box.worker) {
      one.feed(box.input);
      one.end_input();
    }
  }

  void report_input(process_id id, const child& one) {
    std::lock_guard lock{mutex_};
    auto& box = boxes_.at(id);
    box.backlog = one.backlog() + box.lines.size();
    if (!one.takes_input())
      box.takes_lines = false;
  }

  /// Lets the time act on every child and reports those that are over.
  void settle() {
    const auto now = steady::now();
    std::vector<std::unique_ptr<child>> over;
    for (auto at = children_.begin(); at != children_.end();) {
      at->second->on_time(now);
      if (!at->second->over(now)) {
        ++at;
        continue;
      }
      const auto id = at->first;
      auto one = std::move(at->second);
      at = children_.erase(at);
      auto result = one->finish(scratch_);
      if (!one->reap()) {
        std::lock_guard lock{mutex_};
        ++stuck_;
        stuck_children_.push_back(std::move(one));
      }
      report(id, std::move(result));
    }
    if (std::erase_if(stuck_children_, [](const auto& one) { return one->reap(); }) > 0) {
      std::lock_guard lock{mutex_};
      stuck_ = stuck_children_.size();
    }
  }

  /// Gives the place free before the callback runs, so that the callback may start the next
  /// process.
  void report(process_id id, process_result result) {
    done_fn done;
    {
      std::lock_guard lock{mutex_};
      const auto found = boxes_.find(id);
      done = std::move(found->second.done);
      std::erase(posted_, id);
      boxes_.erase(found);
    }
    call_guarded("process done", done, std::move(result));
  }

  const process_limits limits_;
  unique_fd epoll_;
  unique_fd wake_;

  std::mutex mutex_;
  bool closing_ = false;
  process_id last_id_ = 0;
  std::unordered_map<process_id, mailbox> boxes_;
  std::vector<process_id> posted_;
  std::size_t stuck_ = 0;

  std::unordered_map<process_id, std::unique_ptr<child>> children_;
  std::vector<std::unique_ptr<child>> stuck_children_;
  std::vector<char> scratch_ = std::vector<char>(64 << 10);
  std::thread thread_;
};

} // namespace

std::string_view to_string(process_end end) noexcept {
  switch (end) {
  case process_end::exited:
    return "exited";
  case process_end::signalled:
    return "signalled";
  case process_end::timed_out:
    return "timed_out";
  case process_end::output_too_large:
    return "output_too_large";
  case process_end::cancelled:
    return "cancelled";
  case process_end::failed_to_start:
    break;
  }
  return "failed_to_start";
}

std::unique_ptr<process_port> make_process_port(process_limits limits) {
  return std::make_unique<real_process_port>(limits);
}

} // namespace troupe::tools
