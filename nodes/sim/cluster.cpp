#include "nodes/sim/cluster.hpp"

#include "nodes/sim/cluster_run.hpp"
#include "policies/node_placement.hpp"
#include "policies/shard_map.hpp"

#include <spdlog/sinks/null_sink.h>

#include <algorithm>

namespace troupe::sim {

namespace {

constexpr milliseconds try_start_again{1000};
constexpr milliseconds away_min{10};
constexpr milliseconds away_max{20000};
constexpr milliseconds last_look{3000}; ///< from the last end to the last look
constexpr std::uint64_t circles_at = 3'000'000;

} // namespace

cluster_run::cluster_run(cluster_scenario what)
    : what_(std::move(what))
    , fleet_(stub_agents::prepared(what_.fleet))
    , world_(what_.seed)
    , network_(world_)
    , witness_(fleet_)
    , callers_(world_, what_.orders) {
  fleet_.regions.clear();
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

report cluster_run::run() {
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

void cluster_run::start(std::size_t i) {
  auto& n = *nodes_[i];
  n.storage.repair();
  ++n.storage.process;
  ++processes_;
  n.around.note("process " + std::to_string(n.storage.process) + " starts");
  cluster_options c;
  c.self.node = n.name;
  c.self.region = n.fleet.region;
  put_labels(c.self, n.fleet.node_labels);
  c.self.version = "simulated";
  c.self.reached_at = {n.name};
  c.table_on_own_thread = false;
  c.drain_timeout = milliseconds{3000}; // Machines wait for 5 s until they have left.
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

void cluster_run::end(std::size_t i, const std::string& how) {
  auto& n = *nodes_[i];
  n.around.note("process ends: " + how);
  const auto away = world_.between(away_min, away_max);
  witness_.disturbed(away + takeover);
  callers_.meet(nullptr, i);
  if (n.frozen) {
    n.frozen = false;
    n.stubs.wake();
    network_.freeze(n.name, false);
  }
  network_.process_gone(n.name);
  n.machine.reset();
  n.kill_soon = n.end_soon = 0;
  world_.after(calm_ ? microseconds{away_min} : away, [this, i] { start(i); });
}

void cluster_run::go_on() {
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

void cluster_run::look_at(std::size_t i) {
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

void cluster_run::pass() {
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

void cluster_run::see_whether_over() {
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

void cluster_run::calm_down() {
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

bool cluster_run::work_left() {
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

void cluster_run::answer_all() {
  callers_.look_at_questions(true);
  world_.after(std::chrono::seconds{5}, [this] { answer_all(); });
}

std::string cluster_run::disagreement() {
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

report simulate_cluster(cluster_scenario what) {
  return cluster_run{std::move(what)}.run();
}

} // namespace troupe::sim
