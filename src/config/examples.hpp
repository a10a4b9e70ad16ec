#pragma once

#include "src/config/draft.hpp"
#include "src/config/report.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace troupe::config {

/// The files that the model of a triage agent is trained from: its examples, there or not, and the
/// further ones that are there. `folder`: of its domain.
[[nodiscard]] std::vector<std::filesystem::path> example_files(const agent_spec& agent,
                                                               const std::filesystem::path& folder);

/// Reads what the models of the domain's triage agents are to be trained from, as far as no trained
/// model lies in the folder, and notes which intents they will know. Reports what a node could not
/// train from: it would refuse to start. The names of the files are added to `files`. After the
/// agents have been read.
void read_examples(const std::filesystem::path& dir, domain_draft& domain,
                   std::vector<std::string>& files, report& problems);

/// Intents that nothing teaches, and intents that are taught and lead nowhere.
void warn_about_examples(const domain_draft& domain, const agent_draft& agent, report& problems);

} // namespace troupe::config
