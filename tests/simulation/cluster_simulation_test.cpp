// Several whole nodes on a fake network under a seeded plan of faults: one seed decides everything.
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

std::uint64_t cluster_setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string repeat_cluster(std::uint64_t seed) {
  return "\nrepeat it: scripts/test --suite simulation --cluster-seed " + std::to_string(seed);
}

sim::report run_cluster(sim::cluster_scenario what) {
  const bool shown = std::getenv("TROUPE_TEST_LOG") != nullptr;
  // For whoever looks into a seed: what the nodes said, and everything that happened.
  if (shown)
    what.log =
        std::make_shared<spdlog::logger>("sim", std::make_shared<spdlog::sinks::stderr_sink_st>());
  auto out = sim::simulate_cluster(std::move(what));
  if (shown)
    std::cerr << out.log;
  return out;
}

} // namespace

TEST(cluster_simulation, nothing_that_must_hold_is_broken) {
  const auto first = cluster_setting("TROUPE_CLUSTER_SEED", 1);
  const auto count = cluster_setting("TROUPE_CLUSTER_RUNS", 40);
  sim::report all;
  std::size_t broken = 0;
  for (auto seed = first; seed < first + count && broken < 10; ++seed) {
    const auto r = run_cluster(draw_cluster_scenario(seed));
    EXPECT_TRUE(r.ok()) << sim::report_text(r) << repeat_cluster(seed);
    broken += r.ok() ? 0 : 1;
    sim::add_up(all, r);
  }
  if (count < 40 || broken > 0)
    return;
  // Runs in which nothing happens would break nothing.
  for (const auto* state : {"completed", "failed"})
    EXPECT_GT(all.ends[state], 0u) << state;
  for (const auto& kind : sim::cluster_faults::kinds())
    EXPECT_GT(all.mishaps[kind], 0u) << kind;
  EXPECT_GT(all.effects, 0u);
  EXPECT_GT(all.retries, 0u);
}

TEST(cluster_simulation, the_same_seed_gives_the_same_run_to_the_byte) {
  const auto first = cluster_setting("TROUPE_CLUSTER_SEED", 500);
  for (auto seed = first; seed < first + 4; ++seed) {
    const auto a = run_cluster(draw_cluster_scenario(seed));
    const auto b = run_cluster(draw_cluster_scenario(seed));
    ASSERT_EQ(a.log, b.log) << "seed " << seed << repeat_cluster(seed);
    EXPECT_EQ(sim::report_json(a), sim::report_json(b));
  }
}

TEST(cluster_simulation, without_faults_everything_ends_well) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto what = draw_cluster_scenario(seed);
    what.agents = sim::fault_plan::none();
    what.faults = sim::cluster_faults::none();
    const auto nodes = what.nodes;
    const auto r = run_cluster(std::move(what));
    EXPECT_TRUE(r.ok()) << sim::report_text(r);
    EXPECT_EQ(r.processes, nodes);
    EXPECT_EQ(r.lost, 0u);
    EXPECT_TRUE(r.mishaps.empty());
  }
}

TEST(cluster_simulation, a_store_that_does_not_compare_epochs_is_noticed) {
  std::size_t noticed = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    auto what = draw_cluster_scenario(seed);
    what.faults = sim::cluster_faults::none();
    what.faults.freezes = 12;
    what.faults.stalls = 12;
    what.unfenced = true;
    noticed += run_cluster(std::move(what)).ok() ? 0 : 1;
  }
  EXPECT_GT(noticed, 0u);
}
