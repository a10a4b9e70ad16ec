#include "src/config/find_cycle.hpp"

#include <algorithm>

namespace troupe::config {

namespace {

enum class color : std::uint8_t { white, grey, black };

struct visit {
  const std::string* name;
  const std::vector<arrow>* out;
  std::size_t next = 0;
  const arrow* by = nullptr; ///< the arrow that led here
};

} // namespace

std::vector<std::vector<arrow>> find_cycles(const digraph& graph) {
  static const std::vector<arrow> none;
  std::map<std::string_view, color> colors;
  std::vector<std::vector<arrow>> cycles;
  for (const auto& [start, arrows] : graph) {
    if (colors[start] != color::white)
      continue;
    std::vector<visit> path{{&start, &arrows}};
    colors[start] = color::grey;
    while (!path.empty()) {
      auto& top = path.back();
      if (top.next == top.out->size()) {
        colors[*top.name] = color::black;
        path.pop_back();
        continue;
      }
      const auto& step = (*top.out)[top.next++];
      auto& met = colors[step.to];
      if (met == color::white) {
        met = color::grey;
        const auto i = graph.find(step.to);
        path.push_back({&step.to, i == graph.end() ? &none : &i->second, 0, &step});
      } else if (met == color::grey) {
        auto from = std::find_if(path.begin(), path.end(),
                                 [&](const visit& v) { return *v.name == step.to; });
        auto& cycle = cycles.emplace_back();
        for (++from; from != path.end(); ++from)
          cycle.push_back(*from->by);
        cycle.push_back(step);
      }
    }
  }
  return cycles;
}

void report_cycles(const digraph& graph, std::string_view what, report& problems) {
  constexpr std::size_t most = 20; // of a long cycle, the ends are enough to find the rest
  for (const auto& cycle : find_cycles(graph)) {
    auto text = std::string{what} + ": " + problems.quoted(cycle.back().to);
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      if (cycle.size() > most && i == most / 2) {
        text += " -> ...";
        i = cycle.size() - most / 2;
      }
      text += " -> " + problems.quoted(cycle[i].to);
    }
    problems.error(*cycle.back().because, text);
  }
}

} // namespace troupe::config
