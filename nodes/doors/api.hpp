#pragma once

#include "nodes/client.hpp"
#include "nodes/doors/access.hpp"
#include "nodes/doors/router.hpp"

#include <troupe/clock.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe {

class push_desk;
class work_desk;

/// What the API needs beside the node itself.
struct api_settings {
  milliseconds wait_max{120000}; ///< the longest `?wait=`; longer ones are taken as this
  /// Reads the audit trail: records after a number, at most so many; the answer comes on another
  /// thread. False: it cannot be read now. Empty: there is none.
  std::function<bool(std::uint64_t, std::size_t, std::function<void(std::vector<audit_row>)>)>
      read_audit;
  std::shared_ptr<work_desk> work; ///< where programs get work; null: there is none
  std::shared_ptr<push_desk> push; ///< tells agents of others of their tasks; null: nobody does
  bool tls = false;       ///< the door speaks TLS: what is told of its address begins with https
  access_settings access; ///< without `keys` everybody may do everything
};

/// The HTTP API of a node: the routes that /openapi.json describes. `node` must outlive the server
/// that runs them.
[[nodiscard]] router make_api(client& node, api_settings settings = {});

/// The description of the API as it ships: docs/reference/openapi.json.
[[nodiscard]] const std::string& openapi_text();

} // namespace troupe
