#include "src/tools/process.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "src/tools/callback.hpp"
#include "src/tools/child.hpp"
#include "src/tools/group_guard.hpp"
#include "src/tools/process_desk.hpp"

namespace troupe::tools {
namespace {

class real_process_port final : public process_port {
 public:
  explicit real_process_port(const process_limits& limits)
      : limits_{limits}
      , desk_{limits}
      , guard_{limits.processes_max}
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
    desk_.close();
    wake();
    thread_.join();
  }

  process_id run(process_spec spec, std::string input, std::chrono::milliseconds deadline,
                 done_fn done) override {
    process_order order;
    order.spec = std::move(spec);
    order.input = std::move(input);
    order.deadline = in(deadline);
    order.done = std::move(done);
    const auto id = desk_.enter(std::move(order));
    wake();
    return id;
  }

  process_id start(process_spec spec, line_fn line, done_fn ended) override {
    process_order order;
    order.spec = std::move(spec);
    order.line = std::move(line);
    order.done = std::move(ended);
    order.worker = true;
    const auto id = desk_.enter(std::move(order));
    wake();
    return id;
  }

  void cancel(process_id id) override {
    if (desk_.cancel(id))
      wake();
  }

  line_fate write_line(process_id id, std::string text) override {
    const auto fate = desk_.write_line(id, text);
    if (fate == line_fate::queued)
      wake();
    return fate;
  }

 private:
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
      const int count =
          epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience());
      for (int i = 0; i < count; ++i)
        dispatch(events[static_cast<std::size_t>(i)]);
      settle();
    }
  }

  int patience() const {
    auto next = stuck_.empty() ? steady::time_point::max() : in(std::chrono::milliseconds{100});
    for (const auto& [id, one] : children_)
      next = std::min(next, one->next_time());
    if (next == steady::time_point::max())
      return -1;
    return static_cast<int>(std::min<std::int64_t>(until(next).count(), 60'000));
  }

  /// Takes what the callers left. True when the port is closing; every child is being ended then.
  bool fetch() {
    auto [orders, closing] = desk_.fetch();
    for (auto& order : orders)
      act(order, closing);
    if (closing)
      for (auto& [id, one] : children_)
        one->stop(process_end::cancelled, "the port is closing");
    return closing;
  }

  void act(process_order& order, bool closing) {
    if (order.fresh) {
      if (order.cancelled || closing)
        return desk_.report(
            order.id, never_ran(process_end::cancelled, "it was cancelled before it started"));
      if (steady::now() >= order.deadline)
        return desk_.report(
            order.id, never_ran(process_end::timed_out, "its deadline passed before it started"));
      try {
        begin(order);
      } catch (const spawn_error& e) {
        auto result = never_ran(process_end::failed_to_start, e.what());
        result.for_good = e.for_good();
        return desk_.report(order.id, std::move(result));
      } catch (const std::exception& e) {
        return desk_.report(order.id, never_ran(process_end::failed_to_start, e.what()));
      }
    }
    const auto found = children_.find(order.id);
    if (found == children_.end())
      return;
    auto& one = *found->second;
    if (!order.lines.empty())
      one.feed(order.lines);
    if (order.cancelled)
      one.stop(process_end::cancelled, "it was cancelled");
    desk_.note_input(order.id, one.backlog(), one.takes_input());
  }

  void begin(process_order& order) {
    child::plan how;
    how.id = order.id;
    how.lines = order.worker;
    how.line = std::move(order.line);
    how.stdout_max_bytes = order.spec.stdout_max_bytes;
    how.stderr_max_bytes = order.spec.stderr_max_bytes;
    how.term_grace = order.spec.term_grace;
    how.drain = limits_.drain;
    how.deadline = order.deadline;
    auto started =
        std::make_unique<child>(std::move(how), spawn(order.spec, guard_.next()), epoll_.get());
    auto& one = *children_.emplace(order.id, std::move(started)).first->second;
    if (!order.worker) {
      one.feed(order.input);
      one.end_input();
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
    const auto what = static_cast<child::source>(tag & ((1u << child::source_bits) - 1));
    one.on_event(what, event.events, scratch_);
    if (what == child::source::input)
      desk_.note_input(id, one.backlog(), one.takes_input());
  }

  /// Lets the time act on every child and reports those that are over.
  void settle() {
    const auto now = steady::now();
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
        stuck_.push_back(std::move(one));
        desk_.note_stuck(stuck_.size());
      }
      desk_.report(id, std::move(result));
    }
    if (std::erase_if(stuck_, [](const auto& one) { return one->reap(); }) > 0)
      desk_.note_stuck(stuck_.size());
  }

  const process_limits limits_;
  process_desk desk_;
  group_guard guard_;
  unique_fd epoll_;
  unique_fd wake_;
  std::unordered_map<process_id, std::unique_ptr<child>> children_;
  std::vector<std::unique_ptr<child>> stuck_; ///< Reported, but still held by the system.
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
