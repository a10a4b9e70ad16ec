#pragma once

#include "src/config/draft.hpp"
#include "src/config/report.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace troupe::config {

/// Reads the documents of a domain's collections as far as their digests need it, gives each agent
/// the digest of what it may see, and fills in what it says of its cache. Reports documents that
/// lie outside of the fleet's folder, that are not there, and that are left out. Their names are
/// added to `files`. After the domain and its agents have been read.
void read_documents(const std::filesystem::path& dir, const fleet_draft& fleet,
                    domain_draft& domain, std::vector<std::string>& files, report& problems);

} // namespace troupe::config
