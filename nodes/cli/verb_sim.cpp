#include "nodes/cli/diagnostics.hpp"
#include "nodes/cli/verbs.hpp"
#include "nodes/sim/cluster.hpp"
#include "nodes/sim/report_text.hpp"
#include "nodes/sim/script.hpp"
#include "nodes/sim/workload.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>

namespace troupe::cli {

namespace {

namespace fs = std::filesystem;

struct sim_settings {
  std::string dir = ".";
  std::uint64_t seed = 1;
  std::uint32_t runs = 1;
  std::uint32_t nodes = 1;
  std::size_t tasks = 50;
  std::string tasks_file;
  std::string answers_file;
  std::string span = "1m";
  std::vector<std::string> without;
  bool calm = false;
  bool verbose = false;
  std::string log_file;
};

fleet_spec load(const sim_settings& x) {
  auto found = config::load_fleet(x.dir);
  if (!found.ok())
    throw cli_error{exit_failed, "the fleet in " + x.dir + " cannot run:\n" + report_text(found)};
  auto fleet = *std::move(found.fleet);
  // Nothing is stored, but triage may have to be trained. What a node has trained is used; else it
  // goes where it is in nobody's way, and is found again the next time.
  if (!fs::exists(fs::path{fleet.data_dir} / "models"))
    fleet.data_dir = (fs::temp_directory_path() /
                      ("troupe-sim-" + std::to_string(stable_hash(fs::absolute(x.dir).string()))))
                         .string();
  return fleet;
}

sim::script script_in(const std::string& file) {
  std::vector<config::diagnostic> errors;
  auto out = sim::read_script(file, errors);
  if (errors.empty())
    return out;
  std::string text = "the script cannot be used:";
  for (const auto& e : errors)
    text += "\n" + to_string(e);
  throw cli_error{exit_failed, text};
}

/// What the fleet's own `sim.yaml` says, and what the command line puts in its place.
sim::script script_for(const sim_settings& x) {
  sim::script out;
  if (const auto own = fs::path{x.dir} / "sim.yaml"; fs::exists(own))
    out = script_in(own.string());
  if (!x.answers_file.empty())
    out.agents = script_in(x.answers_file).agents;
  if (!x.tasks_file.empty())
    out.tasks = script_in(x.tasks_file).tasks;
  return out;
}

/// The kinds of faults that runs of so many nodes may have.
std::vector<std::string> kinds_with(std::uint32_t nodes) {
  if (nodes == 1)
    return sim::fault_plan::kinds();
  auto out = sim::fault_plan::kinds_of_calls();
  const auto more = sim::cluster_faults::kinds();
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<std::string> all_kinds() {
  auto out = kinds_with(1);
  for (auto& kind : kinds_with(2))
    if (std::find(out.begin(), out.end(), kind) == out.end())
      out.push_back(std::move(kind));
  return out;
}

void check_kinds(const sim_settings& x) {
  const auto known = kinds_with(x.nodes);
  for (const auto& kind : x.without)
    if (std::find(known.begin(), known.end(), kind) == known.end())
      throw cli_error{exit_usage,
                      "--without " + kind + ": " +
                          (x.nodes == 1 ? "a run of one node has" : "runs of several nodes have") +
                          " no such fault"};
}

/// What the runs of all seeds have in common.
struct sim_grounds {
  fleet_spec fleet;
  std::vector<task_request> kinds; ///< what is asked for
  sim::stub_answer answers;
  milliseconds span;
  std::shared_ptr<spdlog::logger> log;
};

sim::report run_one_node(const sim_settings& x, const sim_grounds& all, std::uint64_t seed) {
  dice_box dice{scramble(seed)};
  sim::scenario what;
  what.seed = seed;
  what.fleet = all.fleet;
  what.orders = sim::draw_orders(dice, all.kinds, x.tasks, all.span);
  what.faults = x.calm ? sim::fault_plan::none() : sim::fault_plan::draw(dice, all.span);
  for (const auto& kind : x.without)
    what.faults.without(kind);
  what.answers = all.answers;
  what.log = all.log;
  return sim::simulate(std::move(what));
}

sim::report run_nodes(const sim_settings& x, const sim_grounds& all, std::uint64_t seed) {
  dice_box dice{scramble(seed)};
  sim::cluster_scenario what;
  what.seed = seed;
  what.nodes = x.nodes;
  what.fleet = all.fleet;
  what.orders = sim::draw_orders(dice, all.kinds, x.tasks, all.span);
  for (auto& o : what.orders)
    o.at += sim::nodes_meet;
  if (!x.calm) {
    what.agents = sim::fault_plan::draw(dice, all.span);
    what.faults = sim::cluster_faults::draw(dice, all.span);
  }
  for (const auto& kind : x.without) {
    what.agents.without(kind);
    what.faults.without(kind);
  }
  what.answers = all.answers;
  what.log = all.log;
  return sim::simulate_cluster(std::move(what));
}

exit_code run_sim(const sim_settings& x, const shell& s) {
  check_kinds(x);
  auto fleet = load(x);
  auto script = script_for(x);
  if (const auto why = sim::left_out(script, fleet); !why.empty())
    throw cli_error{exit_failed, "the script cannot be used: " + why};
  auto kinds = std::move(script.tasks);
  if (kinds.empty())
    kinds = sim::requests_for(fleet);
  if (kinds.empty())
    throw cli_error{exit_failed, "nobody knows what to ask the fleet for; name tasks with --tasks"};
  sim_grounds grounds{std::move(fleet),
                      std::move(kinds),
                      sim::answers_of(std::move(script)),
                      milliseconds{milliseconds_of(x.span, "--span")},
                      {}};
  if (x.verbose)
    grounds.log = std::make_shared<spdlog::logger>(
        "sim", std::make_shared<spdlog::sinks::ostream_sink_st>(s.err));

  sim::report all;
  all.seed = x.seed;
  json each = json::array();
  std::ofstream log_to;
  if (!x.log_file.empty()) {
    log_to.open(x.log_file, std::ios::binary);
    if (!log_to)
      throw cli_error{exit_failed, "cannot write to " + x.log_file};
  }
  for (std::uint64_t seed = x.seed; seed < x.seed + x.runs; ++seed) {
    const auto r = x.nodes == 1 ? run_one_node(x, grounds, seed) : run_nodes(x, grounds, seed);
    if (s.as_json())
      each.push_back(sim::report_json(r));
    else if (x.runs == 1 || !r.ok())
      s.print(sim::report_text(r));
    log_to << r.log;
    sim::add_up(all, r);
  }
  if (s.as_json()) {
    s.print(x.runs == 1 ? each.front() : json{{"runs", std::move(each)}});
  } else if (x.runs > 1) {
    s.print(std::to_string(x.runs) + " runs from " + sim::report_text(all));
  }
  if (!log_to.flush() && !x.log_file.empty())
    throw cli_error{exit_failed, "cannot write to " + x.log_file};
  return all.ok() ? exit_ok : exit_failed;
}

} // namespace

void add_sim(CLI::App& to, shell& s) {
  auto* verb = add_verb(
      to, "sim", "Simulate a fleet: many tasks, stubs for its agents, and faults, in virtual time",
      "troupe sim examples/customer-support --seed 7\n"
      "troupe sim . --seed 1 --runs 100 -o json\n"
      "troupe sim . --nodes 3 --seed 1 --runs 20\n"
      "troupe sim . --seed 12 --tasks tasks.yaml --without node_kills --log run.log");
  const auto x = std::make_shared<sim_settings>();
  verb->add_option("DIR", x->dir, "the fleet's folder")->capture_default_str();
  verb->add_option("--seed", x->seed, "decides everything: the same seed gives the same run")
      ->capture_default_str();
  verb->add_option("--runs", x->runs, "as many, with the seeds that follow")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  verb->add_option("--nodes", x->nodes,
                   "of a cluster with a network that loses, delays and is cut; 1: a node alone")
      ->check(CLI::Range(1u, sim::most_nodes))
      ->capture_default_str();
  verb->add_option("--count", x->tasks, "tasks in each run")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  verb->add_option("--span", x->span, "virtual time over which tasks and faults come")
      ->capture_default_str();
  verb->add_option("--tasks", x->tasks_file,
                   "a script whose tasks are sent instead of the fleet's own");
  verb->add_option("--answers", x->answers_file,
                   "a script whose answers are given instead of those in sim.yaml");
  verb->add_option("--without", x->without, "a kind of fault to leave out; may be given again")
      ->check(CLI::IsMember(all_kinds()))
      ->allow_extra_args(false);
  verb->add_flag("--calm", x->calm, "nothing goes wrong");
  verb->add_option("--log", x->log_file, "gets a line for everything that happened");
  verb->add_flag("--verbose", x->verbose, "show what the simulated nodes log, on stderr");
  add_output(*verb, s);
  verb->callback([&s, x] { s.run = [&s, x] { return run_sim(*x, s); }; });
}

} // namespace troupe::cli
