#include "bench/benches.hpp"
#include "bench/report.hpp"
#include "nodes/node.hpp"
#include "nodes/scheduler.hpp"
#include "policies/dice.hpp"
#include "src/telemetry/log.hpp"
#include "src/wire/codec.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <unistd.h>

namespace troupe::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t tasks = 10'000;
constexpr std::uint32_t shards = 2;
constexpr int starts = 3;

double since(clock::time_point t) {
  return std::chrono::duration<double, std::milli>(clock::now() - t).count();
}

std::vector<store_write> rows_of(std::size_t i, timestamp now, const plan_ptr& how,
                                 const route_ptr& way) {
  const auto shard = static_cast<std::uint32_t>(i % shards);
  auto t = std::make_shared<task>();
  t->id = make_task_id(now, scramble(i), shard);
  t->domain = "d";
  t->skill = "work";
  t->text = "a request of some sixty bytes, as the other benchmarks have it";
  t->created = now;
  t->deadline = now + std::chrono::hours{1};
  store_write open;
  open.id = t->id;
  open.domain = "d";
  open.shard = shard;
  open.at = now;
  open.body = encode(*t);
  event planned;
  planned.kind = event_kind::planned;
  planned.at = now;
  planned.body = how;
  event assigned;
  assigned.kind = event_kind::assigned;
  assigned.step = 0;
  assigned.attempt = 1;
  assigned.at = now;
  assigned.body = way;
  std::vector<store_write> out{open};
  for (const auto& e : {planned, assigned}) {
    store_write w = open;
    w.what = store_write::kind::append;
    w.state = task_state::working;
    w.n = static_cast<std::uint32_t>(out.size());
    w.body = encode(e);
    out.push_back(std::move(w));
  }
  return out;
}

/// What a node leaves behind that is killed while ten thousand tasks are at their agents.
void leave_behind(const std::string& file) {
  plan_node root;
  root.name = root.skill = "work";
  const auto how = plan::of(root);
  auto way = std::make_shared<route>();
  way->skill = "work";
  way->agent = "d/worker";
  way->of = 1;
  way->seen.push_back({"d/worker", verdict::chosen, 0, 64, 0, 1, 1});
  const auto now = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
  auto where = open_sqlite_store(file);
  std::vector<store_write> all;
  for (std::size_t i = 0; i < tasks; ++i)
    for (auto& w : rows_of(i, now + microseconds{static_cast<std::int64_t>(i)}, how, way))
      all.push_back(std::move(w));
  where->apply(all);
}

/// The store alone: what is open is read, and two events per task are written, in one batch per
/// shard.
double floor_ms(const std::string& file) {
  const auto began = clock::now();
  auto where = open_sqlite_store(file);
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    std::vector<store_write> all;
    for (const auto& t : where->open_tasks("d", shard))
      for (const auto& body : t.events) {
        store_write w;
        w.what = store_write::kind::append;
        w.id = t.id;
        w.state = task_state::working;
        w.at = t.updated;
        w.n = static_cast<std::uint32_t>(10 + all.size() % 2);
        w.body = body;
        all.push_back(std::move(w));
      }
    where->apply(all);
  }
  return since(began);
}

double resume_ms(const std::string& dir) {
  std::atomic<std::size_t> running{0};
  std::promise<double> all;
  auto result = all.get_future();
  clock::time_point began;
  auto natives = std::make_shared<native_agents>();
  natives->add(
      "work",
      [&](const agent_spec&) -> native_function {
        return [&](const agent_call&, std::stop_token) {
          if (running.fetch_add(1) + 1 == tasks)
            all.set_value(since(began));
          outcome x;
          x.text = "done";
          return x;
        };
      },
      true);
  domain_spec d;
  d.path = "d";
  agent_spec a;
  a.card.name = "worker";
  a.card.domain = "d";
  a.card.skills = {"work"};
  a.slots = 64;
  a.queue_limit = tasks;
  a.settings = {{"function", "work"}};
  d.agents.push_back(std::move(a));
  fleet_spec fleet;
  fleet.name = "bench";
  fleet.entry = "d";
  fleet.shards = shards;
  fleet.data_dir = dir;
  fleet.domains.push_back(std::move(d));
  caf::actor_system_config config;
  tune_scheduler(config, 0);
  caf::actor_system sys{config};
  node_options options;
  log_settings quiet;
  quiet.level = log_level::critical;
  options.log = make_logger(quiet);
  options.natives = natives;
  began = clock::now();
  node n{sys, std::move(fleet), std::move(options)};
  n.start();
  if (result.wait_for(std::chrono::minutes{2}) != std::future_status::ready) {
    std::fprintf(stderr, "only %zu of %zu tasks are running again\n", running.load(), tasks);
    std::_Exit(1);
  }
  const auto out = result.get();
  n.stop();
  return out;
}

} // namespace

void resume() {
  const char* base = std::getenv("TMPDIR");
  const auto dir = std::filesystem::path{base ? base : "/tmp"} /
                   ("troupe-bench-resume-" + std::to_string(getpid()));
  std::vector<double> ours;
  std::vector<double> floors;
  for (int i = 0; i < starts; ++i)
    for (const bool mine : {false, true}) {
      std::filesystem::remove_all(dir);
      std::filesystem::create_directories(dir);
      const auto file = (dir / "journal.db").string();
      leave_behind(file);
      (mine ? ours : floors).push_back(mine ? resume_ms(dir.string()) : floor_ms(file));
    }
  std::filesystem::remove_all(dir);
  report("resume/10000", median(ours), "ms", median(floors),
         "start to 10000 interrupted tasks at their agent again, durability step; floor: the store "
         "alone reads and writes the same rows; " +
             std::to_string(starts) + " starts");
}

} // namespace troupe::bench
