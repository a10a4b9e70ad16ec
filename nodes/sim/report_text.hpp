#pragma once

#include "nodes/sim/simulation.hpp"

#include <troupe/json.hpp>

#include <string>

namespace troupe::sim {

/// A run as a document. Nothing in it depends on the machine: the same seed gives the same bytes.
[[nodiscard]] json report_json(const report& x);
/// The same for people.
[[nodiscard]] std::string report_text(const report& x);

/// Counts of several runs, and the violations of all of them.
void add_up(report& to, const report& x);

} // namespace troupe::sim
