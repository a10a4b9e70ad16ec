// The whole node under a seeded plan of faults: one seed decides everything.
#include "nodes/sim/report_text.hpp"
#include "tests/simulation/fleets.hpp"

#include <gtest/gtest.h>

#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>
#include <iostream>
#include <string>

using namespace troupe;
using namespace troupe::testing;

namespace {

/// A number from the environment: how `scripts/test --suite simulation` asks for other seeds.
std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string repeat(std::uint64_t seed) {
  return "\nrepeat it: scripts/test --suite simulation --seed " + std::to_string(seed);
}

sim::report run(std::uint64_t seed) {
  auto what = draw_scenario(seed);
  // For whoever looks into a seed: what the nodes said, and everything that happened.
  if (std::getenv("TROUPE_TEST_LOG") != nullptr)
    what.log =
        std::make_shared<spdlog::logger>("sim", std::make_shared<spdlog::sinks::stderr_sink_st>());
  auto out = sim::simulate(std::move(what));
  if (std::getenv("TROUPE_TEST_LOG") != nullptr)
    std::cerr << out.log;
  return out;
}

} // namespace

TEST(simulation, nothing_that_must_hold_is_broken) {
  const auto first = setting("TROUPE_SIM_SEED", 1);
  const auto count = setting("TROUPE_SIM_RUNS", 200);
  sim::report all;
  std::size_t broken = 0;
  for (auto seed = first; seed < first + count && broken < 10; ++seed) {
    const auto r = run(seed);
    EXPECT_TRUE(r.ok()) << sim::report_text(r) << repeat(seed);
    broken += r.ok() ? 0 : 1;
    sim::add_up(all, r);
  }
  if (count < 200 || broken > 0)
    return;
  // Runs in which nothing happens would break nothing.
  for (const auto* state : {"completed", "failed", "canceled"})
    EXPECT_GT(all.ends[state], 0u) << state;
  for (const auto& kind : sim::fault_plan::kinds())
    EXPECT_TRUE(kind == "late" || kind == "hangs" || all.mishaps[kind] > 0) << kind;
  EXPECT_GT(all.retries, 0u);
  EXPECT_GT(all.fallbacks, 0u);
  EXPECT_GT(all.escalations, 0u);
  EXPECT_GT(all.effects, 0u);
  EXPECT_GT(all.deadline_misses, 0u);
  EXPECT_GT(all.processes, count);
}

TEST(simulation, the_same_seed_gives_the_same_run_to_the_byte) {
  const auto first = setting("TROUPE_SIM_SEED", 1000);
  for (auto seed = first; seed < first + 20; ++seed) {
    const auto a = run(seed);
    const auto b = run(seed);
    ASSERT_EQ(a.log, b.log) << "seed " << seed << repeat(seed);
    EXPECT_EQ(sim::report_json(a), sim::report_json(b));
  }
}

TEST(simulation, a_disk_that_forgets_what_it_acknowledged_is_noticed) {
  std::size_t noticed = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto what = draw_scenario(seed);
    what.faults = sim::fault_plan::none();
    what.faults.node_kills = 3;
    what.lies = 5;
    noticed += sim::simulate(std::move(what)).ok() ? 0 : 1;
  }
  EXPECT_GT(noticed, 10u);
}

TEST(simulation, without_faults_everything_ends_well) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto what = draw_scenario(seed);
    what.faults = sim::fault_plan::none();
    const auto r = sim::simulate(std::move(what));
    EXPECT_TRUE(r.ok()) << sim::report_text(r);
    EXPECT_EQ(r.processes, 1u);
    EXPECT_EQ(r.lost, 0u);
    EXPECT_TRUE(r.mishaps.empty());
  }
}
