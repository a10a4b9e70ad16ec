#pragma once

#include "policies/dice.hpp"
#include "src/tools/worker_pool.hpp"

#include <troupe/clock.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::sim {

/// What is around a simulated node and outlives it: time, chance, what is still to happen, and the
/// log of what did. One seed decides everything; the same seed gives the same log to the byte.
/// Several nodes have a world each, that share all of this and differ in whose processes end.
/// Used by one thread.
class world {
 public:
  explicit world(std::uint64_t seed)
      : all_(std::make_shared<universe>(seed)) {}
  /// The world as another node sees it; its lines in the log begin with `name`.
  world(const world& other, std::string name)
      : all_(other.all_)
      , name_(std::move(name)) {}
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] timestamp now() const noexcept { return all_->now; }
  /// Never backwards.
  void now(timestamp t) noexcept { all_->now = std::max(all_->now, t); }
  [[nodiscard]] std::uint64_t draw() noexcept { return all_->dice.draw(); }
  /// A number below `n`, which must not be 0.
  [[nodiscard]] std::uint64_t draw(std::uint64_t n) noexcept { return draw() % n; }
  [[nodiscard]] bool chance(double p) noexcept { return unit_interval(draw()) < p; }
  /// A duration in [from, to]; small ones are as likely as large ones (uniform in its logarithm).
  [[nodiscard]] microseconds between(milliseconds from, milliseconds to) noexcept;

  /// Something happens at `when`. What belongs to the process does not when the process ends first.
  void at(timestamp when, std::function<void()> what, bool of_process = false);
  void after(microseconds wait, std::function<void()> what, bool of_process = false) {
    at(now() + wait, std::move(what), of_process);
  }
  /// When the next thing happens; `no_deadline` if nothing is to.
  [[nodiscard]] timestamp next() const noexcept {
    return all_->agenda.empty() ? no_deadline : all_->agenda.begin()->first.first;
  }
  [[nodiscard]] bool due() const noexcept { return next() <= now(); }
  /// Lets the next thing happen. Requires that there is one.
  void happen();
  /// The process has ended, and with it what it was waiting for.
  void forget_process();
  /// While it is being taken down, nothing that its actors do reaches anybody.
  bool process_runs = false;

  /// The others have declared this node dead.
  void declare_dead(const std::string& node) { all_->dead_since[node] = now(); }
  /// When that was last said of the node whose world this is; the epoch's beginning: never.
  [[nodiscard]] timestamp dead_since() const {
    const auto hit = all_->dead_since.find(name_);
    return hit == all_->dead_since.end() ? timestamp{} : hit->second;
  }
  /// Since when a thread of this node has been at what it just does; none but those of its pool are
  /// at it for any time.
  timestamp doing_since = timestamp::max();

  /// Writes a line into the log, with the time.
  void note(std::string_view line);
  [[nodiscard]] const std::string& log() const noexcept { return all_->log; }

 private:
  struct item {
    std::function<void()> what;
    const world* of = nullptr; ///< whose process it belongs to; null: nobody's
  };
  struct universe {
    explicit universe(std::uint64_t seed)
        : dice(scramble(seed ^ 0x73696D756C617465ull)) {}
    timestamp now{std::chrono::seconds{1'800'000'000}};
    dice_box dice;
    std::uint64_t next_number = 0;
    std::map<std::pair<timestamp, std::uint64_t>, item> agenda;
    std::map<std::string, timestamp> dead_since; ///< by node
    std::string log;
  };
  std::shared_ptr<universe> all_;
  std::string name_;
};

/// How long the jobs of a simulated pool take.
struct job_times {
  double hangs = 0; ///< share of jobs that never end by themselves
  double late = 0;  ///< share of jobs that take up to two minutes
};

/// The worker pool of a simulated node: a job takes virtual time, then runs on the thread of the
/// simulation. A job that hangs ends only if it was stopped, and every other one not even then:
/// nobody can end a thread from outside.
class sim_pool final : public tools::worker_pool {
 public:
  sim_pool(world& w, job_times times)
      : world_(w)
      , times_(times) {}

  job_id submit(job what, std::chrono::milliseconds deadline) override;
  void cancel(job_id id) override;
  [[nodiscard]] counts now() const override { return {0, jobs_.size(), 0}; }
  /// The process has ended, and its threads with it.
  void forget() { jobs_.clear(); }
  /// From now on every job ends, so that a run can come to its end.
  void calm() { times_ = {}; }

 private:
  struct entry {
    job what;
    std::stop_source stop;
    timestamp since{};
    bool hangs = false;
  };
  void run(job_id id);

  world& world_;
  job_times times_;
  job_id last_ = 0;
  std::map<job_id, entry> jobs_;
};

} // namespace troupe::sim
