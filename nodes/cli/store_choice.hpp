#pragma once

#include "nodes/cli/dev_node.hpp"
#include "src/store/postgres_store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace troupe::cli {

/// The server that a node is to keep its tasks in: what `--store` says, else the variable
/// TROUPE_STORE; nothing for the data folder, which is the default. Throws `cli_error` for an
/// address that is none; the text does not quote it.
[[nodiscard]] std::optional<postgres_settings> chosen_store(const dev_settings& x);

/// What has to be masked in everything that a node with this store writes.
[[nodiscard]] std::vector<std::string> secrets_of_store(const postgres_settings& s);

} // namespace troupe::cli
