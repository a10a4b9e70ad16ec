#pragma once

// What differs between CAF 0.17.6 and CAF 1.x in how workers fall asleep and who wakes them.
// Included by nodes/scheduler.cpp alone: an embedding application keeps its own scheduler, and
// needs none of CAF's insides.

#include <troupe/caf.hpp>

#if TROUPE_CAF_LEGACY

#include <caf/policy/work_stealing.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>

namespace troupe {

/// Tells the processor that this is a short wait for another core.
inline void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// CAF's work stealing, except for how workers fall asleep and who wakes them. CAF wakes a worker
/// only for jobs from outside the scheduler, so that what one worker queues for itself is run by it
/// alone while its neighbours sleep.
class calling_neighbours : public caf::policy::work_stealing {
 public:
  struct coordinator_data : caf::policy::work_stealing::coordinator_data {
    using caf::policy::work_stealing::coordinator_data::coordinator_data;
    /// Workers that sleep or are about to; raised before the last look at the queues, so that
    /// whoever queues a job afterwards sees it.
    std::atomic<int> sleepers{0};
  };

  struct worker_data : caf::policy::work_stealing::worker_data {
    using caf::policy::work_stealing::worker_data::worker_data;
    worker_data(const worker_data& other) = default;
    bool called = false; ///< guarded by waitdata.lock
    /// Jobs queued while others waited, since the worker last had none but the one it ran; the
    /// worker's own.
    unsigned pressure = 0;
  };

  /// So many jobs in a row have to find others waiting before a neighbour is called: to wake one
  /// and to carry a job to another core costs more than a few short jobs. Measured: at 1 the
  /// latency of a lone task with parallel steps doubled, from 16 on the second core was called too
  /// late.
  static constexpr unsigned enough = 8;

  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    auto& mine = d(self);
    const bool others = !mine.queue.empty();
    mine.queue.prepend(job);
    if (others && ++mine.pressure >= enough) {
      mine.pressure = 0;
      call_neighbour(self);
    }
  }

  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    d(self).queue.append(job);
  }

  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    const auto& eager = d(self).strategies[0];
    for (;;) {
      for (std::size_t i = 0; i < eager.attempts; i += eager.step_size) {
        if (auto* job = next(self))
          return job;
        relax();
      }
      sleep(self);
    }
  }

 private:
  template <class Worker>
  caf::resumable* next(Worker* self) {
    auto& mine = d(self);
    auto* own = mine.queue.empty() ? nullptr : mine.queue.take_head();
    if (mine.queue.empty())
      mine.pressure = 0;
    if (own)
      return own;
    auto* all = self->parent();
    for (std::size_t i = 1; i < all->num_workers(); ++i) {
      auto& theirs = d(all->worker_by_id((self->id() + i) % all->num_workers())).queue;
      // Looked at before it is locked: a thief that keeps locking an empty queue hinders its owner.
      if (!theirs.empty())
        if (auto* job = theirs.take_tail())
          return job;
    }
    return nullptr;
  }

  template <class Worker>
  bool anything_queued(Worker* self) {
    auto* all = self->parent();
    for (std::size_t i = 0; i < all->num_workers(); ++i)
      if (!d(all->worker_by_id(i)).queue.empty())
        return true;
    return false;
  }

  template <class Worker>
  void sleep(Worker* self) {
    auto& wait = d(self).waitdata;
    auto& sleepers = d(self->parent()).sleepers;
    std::unique_lock guard{wait.lock};
    wait.sleeping = true;
    sleepers.fetch_add(1);
    if (!anything_queued(self))
      wait.cv.wait_for(guard, d(self).strategies[2].sleep_duration,
                       [&] { return d(self).called || !d(self).queue.empty(); });
    sleepers.fetch_sub(1);
    wait.sleeping = false;
    d(self).called = false;
  }

  template <class Worker>
  void call_neighbour(Worker* self) {
    auto* all = self->parent();
    // Pairs with the one in sleep(): either this sees the sleeper, or the sleeper sees the job.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (d(all).sleepers.load(std::memory_order_relaxed) == 0)
      return;
    for (std::size_t i = 1; i < all->num_workers(); ++i) {
      auto& other = d(all->worker_by_id((self->id() + i) % all->num_workers()));
      const std::lock_guard guard{other.waitdata.lock};
      if (!other.waitdata.sleeping || other.called)
        continue;
      other.called = true;
      other.waitdata.cv.notify_one();
      return;
    }
  }
};

/// Idle workers of systems made with `config` wait, and are called by busy ones.
inline void call_neighbours(caf::actor_system_config& config) {
  config.module_factories.push_back([](caf::actor_system& sys) -> caf::actor_system::module* {
    return new caf::scheduler::coordinator<calling_neighbours>{sys};
  });
}

} // namespace troupe

#else

namespace troupe {

/// Idle workers of systems made with `config` wait instead of polling.
inline void call_neighbours(caf::actor_system_config& config) {
  config.set("caf.work-stealing.moderate-poll-attempts", std::size_t{0});
}

} // namespace troupe

#endif
