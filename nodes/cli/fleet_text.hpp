#pragma once

#include <troupe/clock.hpp>
#include <troupe/json.hpp>

#include <string>

namespace troupe::cli {

// What runs, in words: the API's answers as trees and tables. Pure functions.

/// The nodes that have said nothing, a line each; empty if all have.
[[nodiscard]] std::string missing_text(const json& document);
[[nodiscard]] std::string tree_text(const json& tree);
[[nodiscard]] std::string agents_text(const json& agents);
/// With the end of certificates that is near at `now`.
[[nodiscard]] std::string nodes_text(const json& nodes, timestamp now);
[[nodiscard]] std::string domains_text(const json& domains);

} // namespace troupe::cli
