#include "nodes/cli/chaos_load.hpp"
#include "nodes/cli/chaos_target.hpp"
#include "nodes/cli/chaos_verdict.hpp"
#include "nodes/cli/dev_cluster.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "src/config/load_fleet.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <ostream>
#include <thread>

namespace troupe::cli {

namespace {

using chaos_clock = std::chrono::steady_clock;

/// For tasks to come to their end when the last fault is over.
constexpr milliseconds settle_max{30000};

struct chaos_settings {
  std::string dir = ".", data, span = "30s", log, skill, domain;
  std::vector<std::string> text{"when are you open"};
  std::vector<std::string> kinds;
  std::uint64_t seed = 1;
  std::size_t sessions = 8;
  double most_failed = chaos_report{}.most_failed;
  foreign_nodes given;
};

std::unique_ptr<chaos_target> target_of(const chaos_settings& x) {
  if (!x.given.pids.empty()) {
    if (x.given.urls.size() != x.given.pids.size())
      throw cli_error{exit_usage, "each --pid needs its --url"};
    return process_target(x.given);
  }
  auto data = x.data;
  if (data.empty()) {
    const auto found = config::load_fleet(x.dir);
    if (!found.ok())
      throw cli_error{exit_failed, "the fleet in " + x.dir +
                                       " cannot be read; name the data folder with --data"};
    data = found.fleet->data_dir;
  }
  return local_target(cluster_data(data));
}

std::vector<fault> kinds_of(const chaos_settings& x, const chaos_target& target,
                            chaos_report& report) {
  std::vector<fault> out;
  for (std::size_t i = 0; i < enum_names<fault>::value.size(); ++i) {
    const auto what = static_cast<fault>(i);
    const auto name = std::string{to_string(what)};
    if (!x.kinds.empty() && std::find(x.kinds.begin(), x.kinds.end(), name) == x.kinds.end())
      continue;
    if (auto why = target.cannot(what); !why.empty())
      report.not_done.emplace_back(what, std::move(why));
    else
      out.push_back(what);
  }
  return out;
}

std::string words_of(const planned_fault& x, const std::vector<std::string>& nodes) {
  auto out = std::string{to_string(x.what)};
  if (x.what != fault::store)
    out += " " + nodes[x.node];
  for (std::size_t i = 0; i < x.from.size(); ++i)
    out += (i == 0 ? " from " : ", ") + nodes[x.from[i]];
  if (x.what == fault::slow)
    out += " by " + duration_words(static_cast<double>(x.delay.count()));
  return out + " for " + duration_words(static_cast<double>(x.lasts.count()));
}

/// Does what was planned, when it was planned.
void strike_all(const std::vector<planned_fault>& plan, std::uint64_t seed, chaos_target& target,
                chaos_clock::time_point began, chaos_report& report, std::ostream& err) {
  for (const auto& x : plan) {
    std::this_thread::sleep_until(began + x.at);
    const std::chrono::duration<double, std::milli> at = chaos_clock::now() - began;
    err << "at " << duration_words(at.count()) << ": " << words_of(x, report.nodes) << std::endl;
    if (const auto why = target.strike(x, seed); !why.empty()) {
      err << "  not done: " << why << std::endl;
      continue;
    }
    const auto known = std::find_if(report.done.begin(), report.done.end(),
                                    [&](const auto& d) { return d.first == x.what; });
    if (known == report.done.end())
      report.done.emplace_back(x.what, 1);
    else
      ++known->second;
  }
}

exit_code run_chaos(const shell& s, const chaos_settings& x) {
  const auto target = target_of(x);
  chaos_report report;
  report.seed = x.seed;
  report.duration = milliseconds{milliseconds_of(x.span, "--for")};
  report.nodes = target->nodes();
  report.sessions = x.sessions;
  report.most_failed = x.most_failed;
  fault_schedule_settings faults;
  faults.seed = x.seed;
  faults.duration = report.duration;
  faults.nodes = report.nodes.size();
  faults.kinds = kinds_of(x, *target, report);

  std::ofstream log;
  chaos_load_settings load;
  load.doors = [&target] { return target->doors(); };
  load.sessions = x.sessions;
  // Two runs on one store must not meet.
  load.run = "chaos-" + std::to_string(x.seed) + "-" +
             std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
  load.body = {{"text", joined(x.text)}};
  if (!x.skill.empty())
    load.body["skill"] = x.skill;
  if (!x.domain.empty())
    load.body["domain"] = x.domain;
  if (!x.log.empty()) {
    log.open(x.log);
    if (!log)
      throw cli_error{exit_failed, "cannot write to " + x.log};
    load.log = &log;
  }
  const auto run = load.run;
  const auto began = chaos_clock::now();
  {
    chaos_load clients{std::move(load)};
    strike_all(schedule_faults(faults), x.seed, *target, began, report, s.err);
    std::this_thread::sleep_until(began + report.duration);
    report.load = clients.stop();
  }
  if (!target->store().empty())
    report.books = read_books(target->store(), target->schema(), run, settle_max);
  if (s.as_json())
    s.print(document_of(report));
  else
    s.print(text_of(report));
  return report.good() ? exit_ok : exit_failed;
}

} // namespace

void add_chaos(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "chaos",
                        "Break a running cluster of this machine on purpose, under load, and say "
                        "what was lost",
                        "troupe chaos --for 60s --seed 7 --skill hours.tell when are you open\n"
                        "troupe chaos --fleet my-fleet --only kill --only cut\n"
                        "troupe chaos --pid 4711 --url http://127.0.0.1:7420");
  const auto x = std::make_shared<chaos_settings>();
  verb->add_option("TEXT", x->text, "what every message says")->capture_default_str();
  verb->add_option("--fleet", x->dir, "the fleet's folder")->capture_default_str();
  verb->add_option("--data", x->data, "the folder that `troupe up` was given, else the fleet's");
  verb->add_option("--for", x->span, "how long")->capture_default_str();
  verb->add_option("--seed", x->seed, "decides which faults come, and when")->capture_default_str();
  verb->add_option("--sessions", x->sessions, "clients that send one message after the other")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  verb->add_option("--only", x->kinds, "a kind of fault; may be given again")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"kill", "freeze", "cut", "slow", "garbage", "store"}));
  verb->add_option("--skill", x->skill, "that every message asks for");
  verb->add_option("--domain", x->domain, "that every message is for");
  verb->add_option("--most-failed", x->most_failed,
                   "the share of the answered tasks that may end otherwise than completed, or wait "
                   "for a person")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb->add_option("--log", x->log, "gets a line of JSON for every attempt of a client");
  verb->add_option("--pid", x->given.pids,
                   "a node that `troupe up` has not started; may be given again")
      ->allow_extra_args(false);
  verb->add_option("--url", x->given.urls, "the door of that node")->allow_extra_args(false);
  verb->add_option("--store", x->given.store, "where those nodes store, for the verdict")
      ->envname("TROUPE_STORE");
  x->given.schema = "troupe";
  verb->add_option("--store-schema", x->given.schema, "the schema there")->capture_default_str();
  add_output(*verb, s);
  verb->callback([&s, x] { s.run = [&s, x] { return run_chaos(s, *x); }; });
}

} // namespace troupe::cli
