#pragma once

#include "nodes/sim/report_text.hpp"

#include <gtest/gtest.h>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace troupe::testing {

/// A number from the environment: how `scripts/test --suite simulation` asks for other seeds.
inline std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Simulates the scenario. With TROUPE_TEST_LOG whoever looks into a seed sees what the nodes said,
/// and everything that happened.
template <class Scenario, class Simulate>
sim::report run_shown(Scenario what, const Simulate& simulate) {
  const bool shown = std::getenv("TROUPE_TEST_LOG") != nullptr;
  if (shown)
    what.log =
        std::make_shared<spdlog::logger>("sim", std::make_shared<spdlog::sinks::stderr_sink_st>());
  auto out = simulate(std::move(what));
  if (shown)
    std::cerr << out.log;
  return out;
}

/// Seeds of one kind of simulation: `run` makes the report of one, `option` of the suite repeats
/// it.
template <class Run>
class seeds {
 public:
  seeds(std::uint64_t first, std::uint64_t count, std::string option, Run run)
      : first_(first)
      , count_(count)
      , option_(std::move(option))
      , run_(std::move(run)) {}

  /// What must hold holds in each; after ten in which it does not, the rest says nothing new. The
  /// sum of all, and whether nothing was broken.
  std::pair<sim::report, bool> hold() const {
    sim::report all;
    std::size_t broken = 0;
    for (auto seed = first_; seed < first_ + count_ && broken < 10; ++seed) {
      const auto r = run_(seed);
      EXPECT_TRUE(r.ok()) << sim::report_text(r) << repeat(seed);
      broken += r.ok() ? 0 : 1;
      sim::add_up(all, r);
    }
    return {all, broken == 0};
  }
  /// Each gives the same run twice, to the byte.
  void are_all_there_is() const {
    for (auto seed = first_; seed < first_ + count_; ++seed) {
      const auto a = run_(seed);
      const auto b = run_(seed);
      ASSERT_EQ(a.log, b.log) << "seed " << seed << repeat(seed);
      EXPECT_EQ(sim::report_json(a), sim::report_json(b));
    }
  }

 private:
  [[nodiscard]] std::string repeat(std::uint64_t seed) const {
    return "\nrepeat it: scripts/test --suite simulation " + option_ + " " + std::to_string(seed);
  }

  std::uint64_t first_;
  std::uint64_t count_;
  std::string option_;
  Run run_;
};

} // namespace troupe::testing
