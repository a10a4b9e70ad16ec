#include "actors/call_messages.hpp"
#include "bench/bare_caf.hpp"
#include "bench/benches.hpp"
#include "bench/fleets.hpp"
#include "bench/floor.hpp"
#include "bench/memory.hpp"
#include "bench/routing.hpp"
#include "nodes/scheduler.hpp"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace troupe::bench {

namespace {

/// An actor system with the scheduler settings of the `troupe` program.
struct system_with_settings {
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> sys;
  system_with_settings() {
    tune_scheduler(config, 0);
    sys = std::make_unique<caf::actor_system>(config);
  }
};

struct series {
  std::vector<double> rate, p50, p99;
  void add(const run_result& r) {
    rate.push_back(r.per_second);
    p50.push_back(r.p50_us);
    p99.push_back(r.p99_us);
  }
};

/// Rounds of troupe, of bare CAF in a program of its own, and of bare CAF under troupe's scheduler
/// and allocator, in turn, so that a machine whose speed drifts treats all alike. The second is the
/// floor; the third is told besides, since it says what troupe's own work costs.
template <class Tuned, class Ours>
void compare(const std::string& name, const std::string& floor, std::uint64_t count,
             std::uint64_t window, Tuned tuned, Ours ours, const std::string& what) {
  series bare;
  series lean;
  series mine;
  tuned(count / 10 + window, window);
  ours(count / 10 + window, window);
  for (int i = 0; i < usual_rounds; ++i) {
    bare.add(bare_caf(floor, count, window));
    mine.add(ours(count, window));
    lean.add(tuned(count, window));
  }
  const auto note = what + ", in flight " + std::to_string(window) + ", " +
                    std::to_string(usual_rounds) + " x " + std::to_string(count) + " tasks";
  const auto at = name + "/" + std::to_string(window);
  report(at + "/throughput", median(mine.rate), "tasks/s", median(bare.rate), note);
  report(at + "/p50", median(mine.p50), "us", median(bare.p50), note);
  report(at + "/p99", median(mine.p99), "us", median(bare.p99), note);
  report(at + "/throughput_beside_tuned_caf", median(mine.rate), "tasks/s", median(lean.rate),
         note + "; the floor under the same scheduler and allocator");
}

std::string scratch(const char* name) {
  const char* base = std::getenv("TMPDIR");
  auto dir = std::filesystem::path{base ? base : "/tmp"} /
             ("troupe-bench-" + std::to_string(::getpid())) / name;
  std::filesystem::create_directories(dir);
  return dir.string();
}

/// Rows per second of bare SQLite group commit, two rows of 256 bytes per task, `batch` tasks per
/// commit.
double sqlite_floor(const std::string& dir, std::uint64_t tasks, std::uint64_t batch) {
  const auto path = dir + "/floor.db";
  for (const char* tail : {"", "-wal", "-shm"})
    std::filesystem::remove(path + tail);
  sqlite3* db = nullptr;
  sqlite3_open(path.c_str(), &db);
  sqlite3_exec(db,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
               "CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, v BLOB)",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO t(k, v) VALUES(?, ?)", -1, &insert, nullptr);
  const std::string body(256, 'x');
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t rows = 0;
  while (rows < 2 * tasks) {
    sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr);
    for (std::uint64_t i = 0; i < batch; ++i, ++rows) {
      const auto key = std::to_string(rows);
      sqlite3_bind_text(insert, 1, key.c_str(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
      sqlite3_bind_blob(insert, 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
      sqlite3_step(insert);
      sqlite3_reset(insert);
    }
    sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return static_cast<double>(rows) / seconds;
}

} // namespace

void route_local() {
  system_with_settings s;
  bench_node fleet{*s.sys, {}};
  for (std::uint64_t window : {1, 64, 512})
    compare(
        "route_local", "route", window == 1 ? 50'000 : 200'000, window,
        [&](auto n, auto w) { return floor_route(*s.sys, n, w); },
        [&](auto n, auto w) { return fleet.run(n, w, "noop"); },
        "router and one no-op native agent against request() and delegate() in bare CAF, "
        "durability none");
}

void compound_local() {
  system_with_settings s;
  bench_node::settings settings;
  settings.compound = true;
  bench_node fleet{*s.sys, settings};
  for (std::uint64_t window : {1, 64})
    compare(
        "compound_local", "compound", window == 1 ? 20'000 : 60'000, window,
        [&](auto n, auto w) { return floor_compound(*s.sys, n, w); },
        [&](auto n, auto w) { return fleet.run(n, w, ""); },
        "classify by a no-op classifier, two agents in parallel, join, durability none");
}

void durable_local() {
  for (auto keep : {durability::task, durability::step}) {
    const auto dir = scratch(keep == durability::task ? "task" : "step");
    system_with_settings s;
    bench_node::settings settings;
    settings.keep = keep;
    settings.data_dir = dir;
    bench_node fleet{*s.sys, settings};
    for (std::uint64_t window : {64, 512}) {
      const std::uint64_t count = window == 64 ? 15'000 : 50'000;
      std::vector<double> floor;
      std::vector<double> mine;
      fleet.run(count / 10, window, "noop", 160);
      for (int i = 0; i < usual_rounds; ++i) {
        floor.push_back(sqlite_floor(dir, count, window) / 2);
        mine.push_back(fleet.run(count, window, "noop", 160).per_second);
      }
      report("durable_local/" + std::string{to_string(keep)} + "/" + std::to_string(window) +
                 "/throughput",
             median(mine), "tasks/s", median(floor),
             "durability " + std::string{to_string(keep)} +
                 ", against bare SQLite group commit of two rows of 256 bytes a task, in flight = "
                 "rows per commit = " +
                 std::to_string(window) + ", synchronous=FULL, " + std::to_string(usual_rounds) +
                 " x " + std::to_string(count) + " tasks");
    }
  }
  std::filesystem::remove_all(std::filesystem::path{scratch("task")}.parent_path());
}

void agents_idle() {
  constexpr std::size_t many = 100'000;
  {
    system_with_settings s;
    const double floor = floor_idle_bytes(*s.sys, many);
    s.sys->await_all_actors_done();
    const auto before = resident_bytes();
    bench_node::settings settings;
    settings.agents = many;
    bench_node fleet{*s.sys, settings};
    const double mine = static_cast<double>(resident_bytes() - before) / many;
    report("agents_idle/bytes", mine, "bytes", floor,
           "per idle agent at 100000, seats, tables and supervisor included");
  }
  double ten = 0;
  for (std::size_t n : {std::size_t{10}, std::size_t{1000}, many}) {
    system_with_settings s;
    bench_node::settings settings;
    settings.agents = n;
    bench_node fleet{*s.sys, settings};
    const double ns = decision_ns(fleet, fleet.inner().parts()->fleet.domains.front());
    if (n == 10)
      ten = ns;
    report(
        "agents_idle/route/" + std::to_string(n), ns, "ns", ten,
        "one routing decision with its reasons among so many agents of one skill; floor: among 10");
  }
}

void crash_restart() {
  constexpr std::size_t crashes = 2000;
  system_with_settings s;
  const auto floor = floor_crash_restart(*s.sys, crashes);
  bench_node fleet{*s.sys, {}};
  auto place = fleet.inner().parts()->places->find({address_kind::agent, "d/fragile"});
  auto about = std::make_shared<task>();
  about->id = "bench";
  const auto call = [&](const char* text) {
    auto out = std::make_shared<agent_call>();
    out->about = about;
    out->text = text;
    return agent_call_ptr{std::move(out)};
  };
  std::vector<double> took;
  caf::scoped_actor me{*s.sys};
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < crashes; ++i) {
    const auto before = place->now();
    const auto began = std::chrono::steady_clock::now();
    me->send(before.handle, run_call{++number, call("crash")});
    // The replacement takes the seat; its first answer ends the clock.
    auto now = place->now();
    while (now.incarnation == before.incarnation || !now.handle)
      now = place->now();
    me->send(now.handle, run_call{++number, call("hello")});
    me->receive([](const call_ended&) {});
    took.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
            .count());
  }
  for (auto [name, q] : {std::pair{"p50", 0.5}, std::pair{"p99", 0.99}})
    report(std::string{"crash_restart/"} + name, quantile(took, q), "us", quantile(floor, q),
           "from the message that crashes an agent to its replacement's first answer, against "
           "monitor and spawn by hand in "
           "bare CAF, " +
               std::to_string(crashes) + " crashes");
}

} // namespace troupe::bench
