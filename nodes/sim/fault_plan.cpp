#include "nodes/sim/fault_plan.hpp"

#include <array>
#include <utility>

namespace troupe::sim {

namespace {

using chance = double fault_plan::*;
using count = std::uint32_t fault_plan::*;

constexpr std::array<std::pair<std::string_view, chance>, 7> chances{{
    {"throws", &fault_plan::throws},
    {"hangs", &fault_plan::hangs},
    {"late", &fault_plan::late},
    {"garbage", &fault_plan::garbage},
    {"unsure", &fault_plan::unsure},
    {"limited", &fault_plan::limited},
    {"unavailable", &fault_plan::unavailable},
}};

struct counted {
  std::string_view name;
  count what;
  std::uint32_t most;
};
constexpr std::array<counted, 6> counts{{
    {"actor_kills", &fault_plan::actor_kills, 6},
    {"node_kills", &fault_plan::node_kills, 3},
    {"write_crashes", &fault_plan::write_crashes, 3},
    {"store_outages", &fault_plan::store_outages, 3},
    {"stalls", &fault_plan::stalls, 4},
    {"clock_jumps", &fault_plan::clock_jumps, 2},
}};

} // namespace

fault_plan fault_plan::draw(dice_box& dice, milliseconds span) {
  fault_plan out;
  out.span = span;
  for (const auto& [name, member] : chances) {
    const auto d = dice.draw();
    if (d % 2 == 0)
      out.*member = 0.02 + 0.18 * unit_interval(scramble(d));
  }
  for (const auto& c : counts) {
    const auto d = dice.draw();
    if (d % 2 == 0)
      out.*c.what = 1 + static_cast<std::uint32_t>(scramble(d) % c.most);
  }
  return out;
}

bool fault_plan::without(std::string_view name) {
  for (const auto& [known, member] : chances)
    if (known == name) {
      this->*member = 0;
      return true;
    }
  for (const auto& c : counts)
    if (c.name == name) {
      this->*c.what = 0;
      return true;
    }
  return false;
}

std::vector<std::string> fault_plan::kinds() {
  auto out = kinds_of_calls();
  for (const auto& c : counts)
    out.emplace_back(c.name);
  return out;
}

std::vector<std::string> fault_plan::kinds_of_calls() {
  std::vector<std::string> out;
  for (const auto& [name, member] : chances)
    out.emplace_back(name);
  return out;
}

} // namespace troupe::sim
