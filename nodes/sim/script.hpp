#pragma once

#include "nodes/client.hpp"
#include "nodes/sim/stub_agents.hpp"
#include "src/config/diagnostic.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace troupe::sim {

/// One answer that a script gives for an agent.
struct scripted_answer {
  outcome what;
  std::uint32_t share = 1; ///< how often it is taken, compared with the agent's other answers
};

/// What a simulation is told about a fleet: a file `sim.yaml` in the fleet's folder, or any other
/// that is named. docs/guide/simulate.md describes it.
struct script {
  std::vector<task_request> tasks;
  /// By `domain/agent`, or by the name alone for the agents of that name in every domain.
  std::map<std::string, std::vector<scripted_answer>, std::less<>> agents;
};

/// Reads a script. Nothing of it counts when there are errors; they name file, line and key.
[[nodiscard]] script read_script(const std::filesystem::path& file,
                                 std::vector<config::diagnostic>& errors);

/// What of a script would be left out in silence, because the fleet has no such domain or agent, or
/// the agent answers for itself; empty: nothing.
[[nodiscard]] std::string left_out(const script& x, const fleet_spec& fleet);

/// Answers from the script where it has something for the agent, else plausibly.
[[nodiscard]] stub_answer answers_of(script from);

} // namespace troupe::sim
