#pragma once

#include "actors/key_ring.hpp"
#include "nodes/cli/shell.hpp"
#include "src/store/store.hpp"

#include <troupe/access.hpp>

#include <memory>
#include <string>
#include <vector>

namespace troupe::cli {

/// Where keys are looked after without a node: the folder of one that does not run, or the server
/// that a cluster's nodes share.
struct key_place {
  std::string data;
  std::string server;
  std::string schema = "troupe";
  [[nodiscard]] bool given() const noexcept { return !data.empty() || !server.empty(); }
};

/// Opens it. Throws `cli_error`.
[[nodiscard]] std::unique_ptr<store> open_key_store(const key_place& at);

/// Makes `wanted` and puts it on record. Returns what its bearer shows. Throws `cli_error`.
[[nodiscard]] std::string make_key_in(store& where, api_key& wanted);
/// Revokes the key and puts that on record. Throws `cli_error` when there is none.
void revoke_key_in(store& where, const std::string& id, timestamp now);
/// All keys, by id.
[[nodiscard]] std::vector<api_key> keys_in(store& where);

} // namespace troupe::cli
