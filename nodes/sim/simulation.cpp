#include "nodes/sim/simulation.hpp"

#include "nodes/sim/callers.hpp"
#include "nodes/sim/disk.hpp"
#include "nodes/sim/machine.hpp"
#include "nodes/sim/witness.hpp"

#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <array>

namespace troupe::sim {

namespace {

constexpr milliseconds start_again{1000};
constexpr milliseconds down_min{10};
constexpr milliseconds down_max{30000};
constexpr milliseconds outage_min{50};
constexpr milliseconds outage_max{8000};
constexpr milliseconds stall_min{20};
constexpr milliseconds stall_max{5000};
constexpr milliseconds jump_min{1000};
constexpr milliseconds jump_max{300000};
constexpr milliseconds settle{2000};           ///< from the last end to the last look
constexpr std::uint64_t steps_max = 2'000'000; ///< without time passing: going round in circles
constexpr std::uint64_t kill_within = 60;      ///< messages from a fault's time to its instant

/// The run of one scenario: lets time pass, lets things go wrong, and starts the node again
/// whenever it is gone.
class run_of {
 public:
  explicit run_of(scenario what)
      : what_(std::move(what))
      , fleet_(stub_agents::prepared(what_.fleet))
      , world_(what_.seed)
      , disk_(world_)
      , pool_(std::make_shared<sim_pool>(world_, job_times{what_.faults.hangs, what_.faults.late}))
      , stubs_(world_, what_.faults, what_.answers)
      , witness_(fleet_)
      , callers_(world_, what_.orders) {
    stubs_.register_in(*natives_);
    if (!what_.log)
      what_.log =
          std::make_shared<spdlog::logger>("sim", std::make_shared<spdlog::sinks::null_sink_st>());
    disk_.lies = what_.lies;
    began_ = world_.now();
    last_ = began_ + what_.faults.span;
    for (const auto& o : what_.orders)
      last_ = std::max(last_, began_ + o.at);
    plan_faults();
  }

  report run() {
    start();
    while (!over_ && !circles_)
      go_on();
    report out;
    out.seed = what_.seed;
    if (machine_) {
      witness_.look_back(disk_, callers_, stubs_.outside(), out);
      witness_.look_at_gauges(*machine_, out);
    } else
      out.violations.emplace_back("the node did not come up again");
    if (circles_)
      out.violations.emplace_back("the actors went round in circles");
    out.calls = stubs_.calls();
    out.mishaps = mishaps_;
    for (const auto& [kind, n] : stubs_.mishaps())
      out.mishaps[kind] += n;
    out.messages = messages_;
    out.processes = processes_;
    out.took = world_.now() - began_;
    machine_.reset();
    out.log = world_.log();
    return out;
  }

 private:
  // -- faults -------------------------------------------------------------------

  void plan_faults() {
    const auto spread = [this](std::uint32_t count, auto fault) {
      faults_to_come_ += count;
      const auto what = [this, fault] {
        --faults_to_come_;
        fault();
      };
      for (std::uint32_t i = 0; i < count; ++i)
        world_.at(began_ + milliseconds{static_cast<std::int64_t>(world_.draw(
                               static_cast<std::uint64_t>(what_.faults.span.count()) + 1))},
                  what);
    };
    spread(what_.faults.actor_kills, [this] { kill_soon_ = soon(); });
    spread(what_.faults.node_kills, [this] { end_soon_ = soon(); });
    spread(what_.faults.write_crashes, [this] {
      disk_.crash_at = disk_.writes + 1 + world_.draw(6);
      disk_.crash_applies = world_.chance(0.5);
    });
    spread(what_.faults.store_outages, [this] { break_disk(); });
    spread(what_.faults.stalls, [this] { stall(); });
    spread(what_.faults.clock_jumps, [this] { jump(); });
  }

  /// A number of messages from now: faults hit in the middle of what the actors do.
  std::uint64_t soon() { return 1 + world_.draw(kill_within); }

  void count(const std::string& kind) {
    ++mishaps_[kind];
    world_.note("fault " + kind);
  }

  void kill_somebody() {
    const auto seats = machine_->seats();
    if (seats.empty())
      return;
    const auto& who = seats[world_.draw(seats.size())];
    count("actor_kills");
    world_.note("kills " + who.str());
    // A journal takes everything that was started after it along, and needs its time for that.
    witness_.disturbed(std::chrono::seconds{10});
    machine_->kill(who);
  }

  void break_disk() {
    constexpr std::array<store_error::kind, 3> kinds{
        store_error::kind::full, store_error::kind::busy, store_error::kind::io};
    const auto lasts = world_.between(outage_min, outage_max);
    disk_.failing = kinds[world_.draw(kinds.size())];
    count("store_outages");
    witness_.disturbed(lasts + std::chrono::seconds{10});
    const auto number = ++outage_;
    world_.after(lasts, [this, number] {
      if (number == outage_)
        disk_.failing.reset();
    });
  }

  void stall() {
    if (!machine_)
      return;
    const auto seats = machine_->seats();
    const auto who = world_.chance(0.5) || seats.empty() ? machine_->journal()
                                                         : seats[world_.draw(seats.size())];
    const auto lasts = world_.between(stall_min, stall_max);
    count("stalls");
    world_.note("stalls " + who.str());
    witness_.disturbed(lasts);
    machine_->stall(who, world_.now() + lasts);
  }

  void jump() {
    if (!machine_)
      return;
    const auto by = world_.between(jump_min, jump_max);
    count("clock_jumps");
    witness_.disturbed(by);
    world_.now(world_.now() + by);
    machine_->pass_until(world_.now());
  }

  // -- processes ----------------------------------------------------------------

  void start() {
    ++processes_;
    disk_.repair();
    ++disk_.process;
    witness_.process_started();
    world_.note("process " + std::to_string(processes_) + " starts");
    try {
      machine_ = std::make_unique<machine>(
          machine::parts{&fleet_, &world_, &disk_, pool_, natives_, what_.log, {}});
    } catch (const store_error&) {
      world_.process_runs = false;
      witness_.disturbed(start_again);
      world_.after(start_again, [this] { start(); });
      return;
    }
    callers_.meet(machine_.get());
  }

  void end(const char* how) {
    world_.note(std::string{"process ends: "} + how);
    const auto away = world_.between(down_min, down_max);
    witness_.disturbed(away + std::chrono::seconds{5});
    callers_.meet(nullptr);
    machine_.reset();
    kill_soon_ = end_soon_ = 0;
    world_.after(away, [this] { start(); });
  }

  // -- time ---------------------------------------------------------------------

  /// One message, one thing of the world, or the next moment.
  void go_on() {
    // What happens outside happens between the messages of those inside.
    if (world_.due() && (!machine_ || world_.chance(0.2) || !busy_)) {
      world_.happen();
      busy_ = true;
      return;
    }
    if (machine_) {
      busy_ = machine_->step();
      if (busy_) {
        ++messages_;
        circles_ = circles_ || ++steps_here_ > steps_max;
        if (kill_soon_ > 0 && --kill_soon_ == 0)
          kill_somebody();
      }
      if (disk_.crashed) {
        count("write_crashes");
        end("within a write");
        return;
      }
      if (busy_ && end_soon_ > 0 && --end_soon_ == 0) {
        count("node_kills");
        end("killed");
        return;
      }
      if (!machine_->failed().empty()) {
        end("its root gave up");
        return;
      }
      if (busy_)
        return;
      witness_.look(*machine_, world_.now());
    }
    if (world_.due())
      return;
    pass();
  }

  void pass() {
    see_whether_over();
    const auto next = std::min(world_.next(), machine_ ? machine_->next_timer() : no_deadline);
    if (next == no_deadline)
      return;
    world_.now(next);
    if (machine_)
      machine_->pass_until(world_.now());
    steps_here_ = 0;
    busy_ = true;
  }

  /// Faults end at some time; after that nothing goes wrong any more, and nobody stays silent.
  /// Asked when nothing is left to do at this moment.
  void see_whether_over() {
    if (world_.now() < last_ || faults_to_come_ > 0)
      return;
    if (!calm_) {
      calm_ = true;
      calm_since_ = world_.now();
      world_.note("calm");
      kill_soon_ = end_soon_ = disk_.crash_at = 0;
      stubs_.calm();
      pool_->calm();
      answer_all();
    }
    const bool patient = world_.now() < calm_since_ + what_.patience;
    if (patient && (!machine_ || !callers_.done() || work_left()))
      return;
    if (!rest_) {
      rest_ = true;
      last_ = world_.now() + settle;
    } else {
      over_ = true;
    }
  }

  /// Tasks whose callers do not wait for them, and calls of agents that nobody needs any more.
  bool work_left() {
    const auto agents = machine_->api().agents();
    if (std::any_of(agents.begin(), agents.end(), [](const auto& a) { return a.load > 0; }))
      return true;
    const auto tasks =
        disk_.kept->tasks({{}, {}, {}, {}, timestamp::max(), task_filter::max_listed});
    return std::any_of(tasks.begin(), tasks.end(),
                       [](const auto& t) { return !is_final(t.state); });
  }

  void answer_all() {
    callers_.look_at_questions(true);
    world_.after(std::chrono::seconds{5}, [this] { answer_all(); });
  }

  scenario what_;
  fleet_spec fleet_;
  world world_;
  disk disk_;
  std::shared_ptr<sim_pool> pool_;
  std::shared_ptr<native_agents> natives_ = std::make_shared<native_agents>();
  stub_agents stubs_;
  witness witness_;
  callers callers_;
  std::unique_ptr<machine> machine_;
  timestamp began_{};
  timestamp last_{};
  std::map<std::string, std::uint64_t> mishaps_;
  std::uint64_t messages_ = 0;
  std::uint64_t steps_here_ = 0;
  std::uint64_t kill_soon_ = 0; ///< messages until an actor is killed; 0: none is
  std::uint64_t end_soon_ = 0;
  std::uint64_t outage_ = 0;
  std::uint32_t processes_ = 0;
  bool busy_ = true;
  bool calm_ = false;
  bool rest_ = false;
  bool circles_ = false;
  bool over_ = false;
  std::uint32_t faults_to_come_ = 0;
  timestamp calm_since_{};
};

} // namespace

report simulate(scenario what) {
  return run_of{std::move(what)}.run();
}

} // namespace troupe::sim
