#pragma once

#include "actors/key_ring.hpp"
#include "nodes/cli/dev_node.hpp"
#include "nodes/doors/access.hpp"
#include "nodes/doors/door_tls.hpp"
#include "nodes/node.hpp"
#include "src/store/postgres_store.hpp"

#include <memory>
#include <optional>
#include <string>

namespace troupe::cli {

/// Whether a door on `host` is reached from this machine only.
[[nodiscard]] bool is_loopback(const std::string& host);

/// Refuses, with a `cli_error` that says what is missing, a door beyond the loopback without TLS or
/// without a single key that is good. Reads the store for it before the node does.
void check_door(const dev_settings& x, const fleet_spec& fleet,
                const std::optional<postgres_settings>& server);

/// What the door of `n` does about keys.
[[nodiscard]] access_settings access_of(node& n, const std::string& host,
                                        const std::shared_ptr<key_ring>& keys);

/// The door's certificate, as it was asked for; what it has to say goes to the log.
[[nodiscard]] door_certificate certificate_of(const dev_settings& x,
                                              const std::shared_ptr<spdlog::logger>& log);

} // namespace troupe::cli
