#include "nodes/sim/cluster.hpp"

#include "nodes/sim/callers.hpp"
#include "nodes/sim/sim_node.hpp"
#include "nodes/sim/witness.hpp"
#include "policies/shard_map.hpp"

#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <array>

namespace troupe::sim {

namespace {

constexpr milliseconds try_start_again{1000};
constexpr milliseconds away_min{10};
constexpr milliseconds away_max{20000};
constexpr milliseconds freeze_min{50};
constexpr milliseconds freeze_max{8000};
constexpr milliseconds cut_min{100};
constexpr milliseconds cut_max{10000};
constexpr milliseconds slow_min{500};
constexpr milliseconds slow_max{5000};
constexpr milliseconds store_away_min{50};
constexpr milliseconds store_away_max{10000};
constexpr milliseconds still_min{20};
constexpr milliseconds still_max{5000};
constexpr milliseconds takeover{10000}; ///< what a fault may cost beyond its own time
constexpr milliseconds last_look{3000}; ///< from the last end to the last look
constexpr std::uint64_t circles_at = 3'000'000;
constexpr std::uint64_t hit_within = 80; ///< messages from a fault's time to its instant

/// The run of one scenario: lets time pass, lets things go wrong, and starts nodes again whenever
/// they are gone.
class cluster_run {
 public:
  explicit cluster_run(cluster_scenario what)
      : what_(std::move(what))
      , fleet_(stub_agents::prepared(what_.fleet))
      , world_(what_.seed)
      , network_(world_)
      , witness_(fleet_)
      , callers_(world_, what_.orders) {
    if (!what_.log)
      what_.log =
          std::make_shared<spdlog::logger>("sim", std::make_shared<spdlog::sinks::null_sink_st>());
    members_ = make_memory_membership([this] { return world_.now(); });
    for (std::uint32_t i = 1; i <= what_.nodes; ++i) {
      auto n = std::make_unique<sim_node>(world_, "n" + std::to_string(i), fleet_, what_.agents,
                                          what_.answers, outside_);
      n->storage.doubtful = true;
      n->storage.unfenced = what_.unfenced;
      if (!nodes_.empty()) {
        n->storage.kept = nodes_.front()->storage.kept;
        n->storage.owners = nodes_.front()->storage.owners;
      }
      nodes_.push_back(std::move(n));
    }
    began_ = world_.now();
    last_ = began_ + what_.faults.span;
    for (const auto& o : what_.orders)
      last_ = std::max(last_, began_ + o.at);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      world_.after(world_.between(milliseconds{1}, milliseconds{500}), [this, i] { start(i); });
    plan_faults();
  }

  report run() {
    while (!over_ && !circles_)
      go_on();
    report out;
    out.seed = what_.seed;
    witness_.look_back(nodes_.front()->storage, callers_, *outside_, out);
    for (const auto& n : nodes_) {
      if (n->machine)
        witness_.look_at_gauges(*n->machine, out);
      out.calls += n->stubs.calls();
      for (const auto& [kind, times] : n->stubs.mishaps())
        mishaps_[kind] += times;
    }
    if (const auto why = disagreement(); !why.empty())
      out.violations.push_back("the nodes do not agree in the end: " + why);
    if (circles_)
      out.violations.emplace_back("the actors went round in circles");
    out.mishaps = mishaps_;
    out.messages = messages_;
    out.processes = processes_;
    out.took = world_.now() - began_;
    for (auto& n : nodes_) {
      network_.process_gone(n->name);
      n->machine.reset();
    }
    out.log = world_.log();
    return out;
  }

 private:
  // -- faults -------------------------------------------------------------------

  template <class Fault>
  void spread(std::uint32_t count, Fault fault) {
    faults_to_come_ += count;
    const auto span = static_cast<std::uint64_t>(what_.faults.span.count()) + 1;
    for (std::uint32_t i = 0; i < count; ++i)
      world_.at(began_ + milliseconds{static_cast<std::int64_t>(world_.draw(span))}, [this, fault] {
        --faults_to_come_;
        fault();
      });
  }

  void plan_faults() {
    const auto& f = what_.faults;
    spread(f.node_kills, [this] { any().end_soon = soon(); });
    spread(f.write_crashes, [this] {
      auto& d = any().storage;
      d.crash_at = d.writes + 1 + world_.draw(6);
      d.crash_applies = world_.chance(0.5);
    });
    spread(f.actor_kills, [this] { any().kill_soon = soon(); });
    spread(f.freezes, [this] { freeze(any()); });
    spread(f.partitions, [this] { part(); });
    spread(f.resets, [this] {
      count("resets");
      witness_.disturbed(takeover);
      const auto one = world_.draw(nodes_.size());
      const auto other = (one + 1 + world_.draw(nodes_.size() - 1)) % nodes_.size();
      network_.reset(nodes_[one]->name, nodes_[other]->name);
    });
    spread(f.slow_spells, [this] {
      count("slow_spells");
      const auto lasts = world_.between(slow_min, slow_max);
      witness_.disturbed(lasts + takeover);
      network_.slow(true);
      world_.after(lasts, [this] { network_.slow(false); });
    });
    spread(f.store_outages, [this] { take_store_away(); });
    spread(f.stalls, [this] { stall(any()); });
    spread(f.leaves, [this] { leave(world_.draw(nodes_.size())); });
  }

  std::uint64_t soon() { return 1 + world_.draw(hit_within); }
  sim_node& any() { return *nodes_[world_.draw(nodes_.size())]; }

  void count(const std::string& kind) {
    ++mishaps_[kind];
    world_.note("fault " + kind);
  }

  void kill_somebody(sim_node& n) {
    const auto seats = n.machine->seats();
    if (seats.empty())
      return;
    const auto& who = seats[world_.draw(seats.size())];
    count("actor_kills");
    world_.note("kills " + who.str() + " of " + n.name);
    witness_.disturbed(takeover);
    n.machine->kill(who);
  }

  void freeze(sim_node& n) {
    if (!n.awake())
      return;
    const auto lasts = world_.between(freeze_min, freeze_max);
    count("freezes");
    world_.note("freezes " + n.name);
    witness_.disturbed(lasts + takeover);
    n.frozen = true;
    network_.freeze(n.name, true);
    world_.after(lasts, [this, &n, process = n.storage.process] {
      if (n.storage.process == process)
        thaw(n);
    });
  }
  void thaw(sim_node& n) {
    if (!n.frozen)
      return;
    world_.note("thaws " + n.name);
    n.frozen = false;
    if (n.machine)
      n.machine->pass_until(world_.now());
    network_.freeze(n.name, false);
  }

  /// One node from all, one from another, or some from the others.
  void part() {
    std::vector<std::string> here, there;
    const auto one = world_.draw(nodes_.size());
    const auto how = world_.draw(3);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const bool mine = how < 2 ? i == one : world_.chance(0.5);
      (mine ? here : there).push_back(nodes_[i]->name);
    }
    if (how == 1 && there.size() > 1)
      there = {there[world_.draw(there.size())]};
    const auto lasts = world_.between(cut_min, cut_max);
    count("partitions");
    witness_.disturbed(lasts + takeover);
    for (const auto& a : here)
      for (const auto& b : there) {
        world_.note("parts " + a + " " + b);
        network_.part(a, b);
        world_.after(lasts, [this, a, b] { network_.join(a, b); });
      }
  }

  void take_store_away() {
    constexpr std::array<store_error::kind, 3> kinds{
        store_error::kind::full, store_error::kind::busy, store_error::kind::io};
    count("store_outages");
    const auto lasts = world_.between(store_away_min, store_away_max);
    witness_.disturbed(lasts + takeover);
    const auto how = world_.draw(3);
    const auto one = world_.draw(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (how == 0 ? i != one : how == 1 && world_.chance(0.5))
        continue;
      auto& n = *nodes_[i];
      world_.note("no store for " + n.name);
      n.storage.failing = kinds[world_.draw(kinds.size())];
      world_.after(lasts, [&n, number = ++n.outage] {
        if (number == n.outage)
          n.storage.failing.reset();
      });
    }
  }

  void stall(sim_node& n) {
    if (!n.awake())
      return;
    const auto seats = n.machine->seats();
    const auto who = world_.chance(0.5) || seats.empty() ? n.machine->journal()
                                                         : seats[world_.draw(seats.size())];
    const auto lasts = world_.between(still_min, still_max);
    count("stalls");
    world_.note("stalls " + who.str() + " of " + n.name);
    witness_.disturbed(lasts + takeover);
    n.machine->stall(who, world_.now() + lasts);
  }

  void leave(std::size_t i) {
    auto& n = *nodes_[i];
    if (!n.awake())
      return;
    count("leaves");
    world_.note(n.name + " leaves");
    witness_.disturbed(takeover);
    n.machine->leave([this, i, process = n.storage.process] {
      world_.after(microseconds{0}, [this, i, process] {
        if (nodes_[i]->machine && nodes_[i]->storage.process == process)
          end(i, "it has left");
      });
    });
  }

  // -- processes ----------------------------------------------------------------

  void start(std::size_t i) {
    auto& n = *nodes_[i];
    n.storage.repair();
    ++n.storage.process;
    ++processes_;
    n.around.note("process " + std::to_string(n.storage.process) + " starts");
    cluster_options c;
    c.self.node = n.name;
    c.self.region = n.fleet.region;
    c.self.version = "simulated";
    c.self.reached_at = {n.name};
    c.table_on_own_thread = false;
    c.open_table = [&n, shared = members_] { return open_members_on(n.storage, shared); };
    c.open_links = [this, &n](std::uint64_t incarnation) {
      return network_.open(n.name, incarnation);
    };
    try {
      n.machine = std::make_unique<machine>(machine::parts{&n.fleet, &n.around, &n.storage, n.pool,
                                                           n.natives, what_.log, std::move(c)});
    } catch (const store_error&) {
      n.around.process_runs = false;
      witness_.disturbed(try_start_again);
      world_.after(try_start_again, [this, i] { start(i); });
      return;
    }
    callers_.meet(n.machine.get(), i);
  }

  void end(std::size_t i, const std::string& how) {
    auto& n = *nodes_[i];
    n.around.note("process ends: " + how);
    const auto away = world_.between(away_min, away_max);
    witness_.disturbed(away + takeover);
    callers_.meet(nullptr, i);
    if (n.frozen) {
      n.frozen = false;
      network_.freeze(n.name, false);
    }
    network_.process_gone(n.name);
    n.machine.reset();
    n.kill_soon = n.end_soon = 0;
    world_.after(calm_ ? microseconds{away_min} : away, [this, i] { start(i); });
  }

  // -- time ---------------------------------------------------------------------

  /// One message of one node, one thing of the world, or the next moment.
  void go_on() {
    if (world_.due() && (!busy_ || world_.chance(0.2))) {
      world_.happen();
      busy_ = true;
      return;
    }
    busy_ = false;
    const auto from = world_.draw(nodes_.size());
    for (std::size_t k = 0; k < nodes_.size() && !busy_; ++k) {
      const auto i = (from + k) % nodes_.size();
      auto& n = *nodes_[i];
      if (!n.awake())
        continue;
      busy_ = n.machine->step();
      if (busy_)
        ++messages_;
      look_at(i);
    }
    if (busy_) {
      circles_ = circles_ || ++steps_here_ > circles_at;
      return;
    }
    if (!world_.due())
      pass();
  }

  /// After a message of node `i`, or when it had none.
  void look_at(std::size_t i) {
    auto& n = *nodes_[i];
    if (busy_ && n.kill_soon > 0 && --n.kill_soon == 0)
      kill_somebody(n);
    if (n.storage.crashed) {
      count("write_crashes");
      end(i, "within a write");
    } else if (busy_ && n.end_soon > 0 && --n.end_soon == 0) {
      count("node_kills");
      end(i, "killed");
    } else if (!n.machine->failed().empty()) {
      end(i, "its root gave up: " + n.machine->failed());
      busy_ = true;
    }
  }

  void pass() {
    see_whether_over();
    auto next = world_.next();
    for (const auto& n : nodes_)
      if (n->awake())
        next = std::min(next, n->machine->next_timer());
    if (next == no_deadline)
      return;
    world_.now(next);
    for (const auto& n : nodes_)
      if (n->awake())
        n->machine->pass_until(world_.now());
    steps_here_ = 0;
    busy_ = true;
  }

  /// Faults end at some time; after that nothing goes wrong any more, and nobody stays silent.
  void see_whether_over() {
    if (world_.now() < last_ || faults_to_come_ > 0)
      return;
    if (!calm_)
      calm_down();
    const bool patient = world_.now() < calm_since_ + what_.patience;
    if (patient && (!callers_.done() || work_left()))
      return;
    if (!rest_) {
      rest_ = true;
      last_ = world_.now() + last_look;
    } else {
      over_ = true;
    }
  }

  void calm_down() {
    calm_ = true;
    calm_since_ = world_.now();
    world_.note("calm");
    network_.heal();
    for (const auto& n : nodes_) {
      thaw(*n);
      n->kill_soon = n->end_soon = n->storage.crash_at = 0;
      n->storage.failing.reset();
      n->stubs.calm();
      n->pool->calm();
    }
    answer_all();
  }

  bool work_left() {
    for (const auto& n : nodes_) {
      if (!n->machine)
        return true;
      const auto agents = n->machine->api().agents();
      if (std::any_of(agents.begin(), agents.end(), [](const auto& a) { return a.load > 0; }))
        return true;
    }
    const auto tasks = nodes_.front()->storage.kept->tasks(
        {{}, {}, {}, {}, timestamp::max(), task_filter::max_listed});
    return std::any_of(tasks.begin(), tasks.end(),
                       [](const auto& t) { return !is_final(t.state); }) ||
           !disagreement().empty();
  }

  void answer_all() {
    callers_.look_at_questions(true);
    world_.after(std::chrono::seconds{5}, [this] { answer_all(); });
  }

  /// Empty when all nodes are up, know the same members, and each shard has the owner that the
  /// table says.
  std::string disagreement() {
    const auto table = members_->read();
    std::map<std::string, const sim_node*> by_name;
    for (const auto& n : nodes_) {
      by_name[n->name] = n.get();
      if (!n->awake())
        return n->name + " does not run";
      const auto* row = table.find(n->name);
      if (!row || row->state != member_state::up || row->cut_off || !row->accused.empty())
        return n->name + " is not a member in good standing";
      if (n->machine->shipped().parts()->cluster->seen().version != table.version)
        return n->name + " knows an older table";
    }
    const auto& owners = nodes_.front()->storage.owners->owners;
    const auto fleet = nodes_.front()->machine->shipped().parts()->current();
    for (const auto& [path, domain] : fleet->domains) {
      const auto wanted = owners_of(table, path, {{}, fleet_.shards});
      for (std::uint32_t shard = 0; shard < fleet_.shards; ++shard) {
        const auto name = path + "#" + std::to_string(shard);
        auto last = owners.upper_bound({path, shard, ~std::uint64_t{0}});
        if (last == owners.begin() || (--last)->first.domain != path || last->first.shard != shard)
          return name + " was never taken";
        const auto& n = *by_name.at(wanted[shard]);
        const auto self = n.name + " process " + std::to_string(n.storage.process);
        if (last->second != self)
          return name + " is " + last->second + "'s, and should be " + self + "'s";
        if (!n.machine->shipped().resolve(directory::orchestrator_of(path, shard)))
          return name + " has no orchestrator";
      }
    }
    return {};
  }

  cluster_scenario what_;
  fleet_spec fleet_;
  world world_;
  network network_;
  std::shared_ptr<membership_table> members_;
  std::shared_ptr<outside_world> outside_ = std::make_shared<outside_world>();
  witness witness_;
  callers callers_;
  std::vector<std::unique_ptr<sim_node>> nodes_;
  timestamp began_{};
  timestamp last_{};
  timestamp calm_since_{};
  std::map<std::string, std::uint64_t> mishaps_;
  std::uint64_t messages_ = 0;
  std::uint64_t steps_here_ = 0;
  std::uint32_t processes_ = 0;
  std::uint32_t faults_to_come_ = 0;
  bool busy_ = true;
  bool calm_ = false;
  bool rest_ = false;
  bool circles_ = false;
  bool over_ = false;
};

} // namespace

report simulate_cluster(cluster_scenario what) {
  return cluster_run{std::move(what)}.run();
}

} // namespace troupe::sim
