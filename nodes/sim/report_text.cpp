#include "nodes/sim/report_text.hpp"

#include "policies/dice.hpp"

#include <cstdio>

namespace troupe::sim {

namespace {

std::string digits(std::uint64_t x) {
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(x));
  return out;
}

template <class Counts>
std::string listed(const Counts& counts) {
  std::string out;
  for (const auto& [name, n] : counts)
    out += (out.empty() ? "" : ", ") + std::to_string(n) + " " + name;
  return out.empty() ? "nothing" : out;
}

std::string seconds(microseconds x) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f s", static_cast<double>(x.count()) / 1e6);
  return out;
}

std::string line(const char* name, const std::string& what) {
  std::string out = "  ";
  out += name;
  out.resize(14, ' ');
  return out + what + "\n";
}

} // namespace

json report_json(const report& x) {
  return {{"seed", x.seed},
          {"tasks", x.orders},
          {"accepted", x.accepted},
          {"refused", x.refused},
          {"conflicts", x.conflicts},
          {"lost", x.lost},
          {"ends", x.ends},
          {"failures", x.failures},
          {"deadline_misses", x.deadline_misses},
          {"steps", x.steps},
          {"items", x.items},
          {"rounds", x.rounds},
          {"undone", x.undone},
          {"retries", x.retries},
          {"fallbacks", x.fallbacks},
          {"escalations", x.escalations},
          {"effects", x.effects},
          {"calls", x.calls},
          {"faults", x.mishaps},
          {"messages", x.messages},
          {"processes", x.processes},
          {"virtual_ms", x.took.count() / 1000},
          {"violations", x.violations},
          {"log", digits(stable_hash(x.log))}};
}

std::string report_text(const report& x) {
  std::string out = "seed " + std::to_string(x.seed) + ": " + std::to_string(x.orders) +
                    " tasks in " + seconds(x.took) + " of virtual time\n";
  out += line("ended", listed(x.ends));
  if (!x.failures.empty())
    out += line("failed by", listed(x.failures));
  out += line("not taken", std::to_string(x.refused) + " refused, " + std::to_string(x.lost) +
                               " kept in memory only and lost");
  out +=
      line("work", std::to_string(x.calls) + " calls for " + std::to_string(x.steps) + " steps; " +
                       std::to_string(x.retries) + " retries, " + std::to_string(x.fallbacks) +
                       " fallbacks, " + std::to_string(x.escalations) + " questions to people, " +
                       std::to_string(x.effects) + " effects");
  if (x.items + x.rounds + x.undone > 0)
    out +=
        line("patterns", std::to_string(x.items) + " items of lists, " + std::to_string(x.rounds) +
                             " further rounds, " + std::to_string(x.undone) + " steps taken back");
  out += line("deadlines", std::to_string(x.deadline_misses) + " missed");
  out += line("went wrong", listed(x.mishaps));
  out += line("processes", std::to_string(x.processes));
  if (x.ok()) {
    out += line("held", "everything that must");
  } else {
    out += line("broken", std::to_string(x.violations.size()));
    for (const auto& v : x.violations)
      out += "    " + v + "\n";
  }
  out += line("log", digits(stable_hash(x.log)));
  return out;
}

void add_up(report& to, const report& x) {
  to.orders += x.orders;
  to.accepted += x.accepted;
  to.refused += x.refused;
  to.conflicts += x.conflicts;
  to.lost += x.lost;
  for (const auto& [name, n] : x.ends)
    to.ends[name] += n;
  for (const auto& [name, n] : x.failures)
    to.failures[name] += n;
  for (const auto& [name, n] : x.mishaps)
    to.mishaps[name] += n;
  to.deadline_misses += x.deadline_misses;
  to.steps += x.steps;
  to.items += x.items;
  to.rounds += x.rounds;
  to.undone += x.undone;
  to.retries += x.retries;
  to.fallbacks += x.fallbacks;
  to.escalations += x.escalations;
  to.effects += x.effects;
  to.calls += x.calls;
  to.messages += x.messages;
  to.processes += x.processes;
  to.took += x.took;
  for (const auto& v : x.violations)
    to.violations.push_back("seed " + std::to_string(x.seed) + ": " + v);
  to.log += digits(stable_hash(x.log));
}

} // namespace troupe::sim
