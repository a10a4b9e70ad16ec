#include "nodes/sim/cluster.hpp"

#include <array>

namespace troupe::sim {

namespace {

struct counted_fault {
  std::string_view name;
  std::uint32_t cluster_faults::*what;
  std::uint32_t most;
};
constexpr std::array<counted_fault, 10> counted_faults{{
    {"node_kills", &cluster_faults::node_kills, 4},
    {"write_crashes", &cluster_faults::write_crashes, 3},
    {"actor_kills", &cluster_faults::actor_kills, 6},
    {"freezes", &cluster_faults::freezes, 3},
    {"partitions", &cluster_faults::partitions, 3},
    {"resets", &cluster_faults::resets, 6},
    {"slow_spells", &cluster_faults::slow_spells, 2},
    {"store_outages", &cluster_faults::store_outages, 3},
    {"stalls", &cluster_faults::stalls, 4},
    {"leaves", &cluster_faults::leaves, 2},
}};

} // namespace

cluster_faults cluster_faults::draw(dice_box& dice, milliseconds span) {
  cluster_faults out;
  out.span = span;
  for (const auto& f : counted_faults)
    if (const auto d = dice.draw(); d % 2 == 0)
      out.*f.what = 1 + static_cast<std::uint32_t>(scramble(d) % f.most);
  return out;
}

bool cluster_faults::without(std::string_view name) {
  for (const auto& f : counted_faults)
    if (f.name == name) {
      this->*f.what = 0;
      return true;
    }
  return false;
}

std::vector<std::string> cluster_faults::kinds() {
  std::vector<std::string> out;
  for (const auto& f : counted_faults)
    out.emplace_back(f.name);
  return out;
}

} // namespace troupe::sim
