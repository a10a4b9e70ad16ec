#pragma once

#include "src/config/draft.hpp"
#include "src/config/report.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace troupe::config {

/// Reads the JSON Schemas of an agent, `takes` and `gives`, into `out`: as they stand in its file,
/// or from a file (JSON or YAML) beside it. Reports what cannot be read or compiled: unknown
/// keywords, patterns without end, references that lead nowhere. `folder` is the folder of the
/// agent's file, `dir` the fleet's, which no path may leave.
void read_schemas(const yaml_node& root, const std::filesystem::path& dir,
                  const std::filesystem::path& folder, agent_spec& out, report& problems);

/// The same for what the tools of an agent with a model take, and reads the files with its
/// instructions, which are relative to `folder`, the domain's. Their names are added to `files`.
void read_llm(const yaml_node& root, const std::filesystem::path& dir,
              const std::filesystem::path& folder, agent_spec& out, std::vector<std::string>& files,
              report& problems);

} // namespace troupe::config
