#include "src/tools/worker_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "src/tools/callback.hpp"

namespace troupe::tools {
namespace {

struct task {
  worker_pool::job_id id = 0;
  worker_pool::job job;
  steady::time_point deadline;
  std::stop_source stop;
  bool running = false;
  bool lost = false;
};
using task_ptr = std::shared_ptr<task>;

/// Everything the threads share. Each of them holds it, so a thread that hangs in a job when the
/// pool is destroyed still finds it when the job returns at last.
struct pool_state : std::enable_shared_from_this<pool_state> {
  explicit pool_state(worker_limits how)
      : limits{how} {}

  const worker_limits limits;

  mutable std::mutex mutex;
  std::condition_variable work; ///< Workers: a job is queued, or the pool is closing.
  std::condition_variable
      watch; ///< The watch: the next moment to look has moved, or the pool is closing.
  std::condition_variable quiet; ///< The destructor: a thread has ended.
  bool closing = false;
  bool abandoned = false; ///< The destructor has gone; nobody joins any more.
  worker_pool::job_id last_id = 0;
  std::deque<task_ptr> queue;
  std::unordered_map<worker_pool::job_id, task_ptr> live; ///< Queued, running and lost.
  std::size_t running = 0;
  std::size_t lost = 0;
  steady::time_point next_look = steady::time_point::max();

  struct member {
    std::thread thread;
    bool ended = false;
  };
  std::list<member> members;

  // Everything below is called with `mutex` held, unless it says otherwise.

  void add_thread(void (*body)(pool_state&)) {
    auto& added = members.emplace_back();
    try {
      added.thread = std::thread{[self = shared_from_this(), body, &added] {
        body(*self);
        std::lock_guard lock{self->mutex};
        if (!self->abandoned)
          added.ended = true;
        self->quiet.notify_all();
        self->watch.notify_all();
      }};
    } catch (...) {
      members.pop_back();
      throw;
    }
  }

  void look_by(steady::time_point when) {
    if (when < next_look) {
      next_look = when;
      watch.notify_one();
    }
  }

  /// Threads that ended because their place had been given away.
  std::list<member> take_ended() {
    std::list<member> ended;
    for (auto at = members.begin(); at != members.end();) {
      const auto here = at++;
      if (here->ended)
        ended.splice(ended.end(), members, here);
    }
    return ended;
  }

  bool all_ended() const {
    return std::all_of(members.begin(), members.end(), [](const member& one) { return one.ended; });
  }
};

/// A worker: takes jobs until the pool closes, or until it returns from a job for which it was
/// written off.
void work(pool_state& pool) {
  std::unique_lock lock{pool.mutex};
  for (;;) {
    pool.work.wait(lock, [&] { return !pool.queue.empty() || pool.closing; });
    if (pool.queue.empty())
      return;
    const auto mine = std::move(pool.queue.front());
    pool.queue.pop_front();
    mine->running = true;
    ++pool.running;
    pool.look_by(mine->deadline);
    lock.unlock();

    if (steady::now() >= mine->deadline)
      mine->stop.request_stop();
    call_guarded("worker job", mine->job, mine->stop.get_token());
    mine->job = nullptr; // What the job owns goes before its place is free.

    lock.lock();
    pool.live.erase(mine->id);
    if (mine->lost) {
      --pool.lost;
      return;
    }
    --pool.running;
  }
}

/// Looks over the running jobs once: whose time is over is told to stop, who did not stop is
/// written off. Gives the tokens to stop, which must happen without the lock.
std::vector<std::stop_source> look(pool_state& pool, steady::time_point now) {
  // How soon to try again when no thread could be had, or no more may be replaced.
  constexpr std::chrono::milliseconds retry{50};
  std::vector<std::stop_source> due;
  pool.next_look = steady::time_point::max();
  for (const auto& [id, one] : pool.live) {
    if (!one->running || one->lost)
      continue;
    const auto written_off = one->deadline + pool.limits.overrun_grace;
    if (now < one->deadline) {
      pool.next_look = std::min(pool.next_look, one->deadline);
      continue;
    }
    if (!one->stop.stop_requested())
      due.push_back(one->stop);
    if (now < written_off) {
      pool.next_look = std::min(pool.next_look, written_off);
      continue;
    }
    if (pool.lost < pool.limits.replacements_max) {
      try {
        pool.add_thread(&work);
        one->lost = true;
        ++pool.lost;
        --pool.running;
        spdlog::warn("tools: job {} of the worker pool overran its deadline; its thread is "
                     "replaced ({} lost)",
                     id, pool.lost);
        continue;
      } catch (const std::system_error& e) {
        spdlog::error("tools: no thread to replace a lost one: {}", e.what());
      }
    }
    pool.next_look = std::min(pool.next_look, now + retry);
  }
  return due;
}

/// The watch: keeps the deadlines of the running jobs, and joins threads that have ended.
void keep_watch(pool_state& pool) {
  std::unique_lock lock{pool.mutex};
  while (!pool.closing) {
    auto due = look(pool, steady::now());
    auto ended = pool.take_ended();
    lock.unlock();
    for (auto& one : due)
      one.request_stop();
    for (auto& one : ended)
      one.thread.join();
    lock.lock();
    // A deadline that came in while the lock was free has moved the next look already.
    const auto next = pool.next_look;
    if (pool.closing)
      break;
    if (next == steady::time_point::max())
      pool.watch.wait(lock);
    else
      pool.watch.wait_until(lock, next);
  }
}

class real_worker_pool final : public worker_pool {
 public:
  explicit real_worker_pool(worker_limits limits) {
    if (limits.threads == 0)
      limits.threads = std::max(1u, std::thread::hardware_concurrency());
    limits.overrun_grace = std::clamp<std::chrono::milliseconds>(
        limits.overrun_grace, std::chrono::milliseconds{0}, std::chrono::hours{24});
    pool_ = std::make_shared<pool_state>(limits);
    try {
      std::lock_guard lock{pool_->mutex};
      pool_->add_thread(&keep_watch);
      for (std::size_t i = 0; i < limits.threads; ++i)
        pool_->add_thread(&work);
    } catch (...) {
      close();
      throw;
    }
  }

  ~real_worker_pool() override { close(); }

  job_id submit(job what, std::chrono::milliseconds deadline) override {
    auto added = std::make_shared<task>();
    added->job = std::move(what);
    added->deadline = in(deadline);
    {
      std::lock_guard lock{pool_->mutex};
      if (pool_->closing || pool_->queue.size() >= pool_->limits.queue_max ||
          pool_->lost >= pool_->limits.replacements_max)
        return 0;
      added->id = ++pool_->last_id;
      pool_->live.emplace(added->id, added);
      pool_->queue.push_back(added);
    }
    pool_->work.notify_one();
    return added->id;
  }

  void cancel(job_id id) override {
    task_ptr found;
    {
      std::lock_guard lock{pool_->mutex};
      if (const auto at = pool_->live.find(id); at != pool_->live.end())
        found = at->second;
    }
    if (found)
      found->stop.request_stop();
  }

  counts now() const override {
    std::lock_guard lock{pool_->mutex};
    return {pool_->queue.size(), pool_->running, pool_->lost};
  }

 private:
  void close() {
    std::vector<task_ptr> all;
    std::unique_lock lock{pool_->mutex};
    pool_->closing = true;
    for (const auto& [id, one] : pool_->live)
      all.push_back(one);
    pool_->work.notify_all();
    pool_->watch.notify_all();
    lock.unlock();
    for (const auto& one : all)
      one->stop.request_stop();
    lock.lock();
    pool_->quiet.wait_until(lock, in(pool_->limits.close_wait),
                            [this] { return pool_->all_ended(); });

    pool_->abandoned = true;
    auto members = std::move(pool_->members);
    const auto dropped = std::exchange(pool_->queue, {});
    for (const auto& one : dropped)
      pool_->live.erase(one->id);
    lock.unlock();
    if (!dropped.empty())
      spdlog::warn("tools: {} jobs of the worker pool never ran, as it closed first",
                   dropped.size());
    for (auto& one : members) {
      if (one.ended) {
        one.thread.join();
      } else {
        spdlog::warn(
            "tools: a thread of the worker pool is left behind in a job that does not return");
        one.thread.detach();
      }
    }
  }

  std::shared_ptr<pool_state> pool_;
};

} // namespace

std::unique_ptr<worker_pool> make_worker_pool(worker_limits limits) {
  return std::make_unique<real_worker_pool>(limits);
}

} // namespace troupe::tools
