#pragma once

#include "nodes/doors/http_message.hpp"
#include "nodes/doors/problem.hpp"

#include <troupe/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// The errors of A2A 1.0, those of JSON-RPC beneath it, and what a door refuses besides.
enum class a2a_error : std::uint8_t {
  parse,
  invalid_request,
  method_not_found,
  invalid_params,
  internal,
  task_not_found,
  task_not_cancelable,
  push_not_supported,
  unsupported_operation,
  content_type,
  version,
  busy,
  unavailable,
  timeout,
  unauthenticated,
  denied,
};

struct a2a_fault {
  a2a_error what = a2a_error::internal;
  std::string detail;
  milliseconds retry_after{0};
};

/// As JSON-RPC tells it: {"code", "message", "data"}.
[[nodiscard]] json rpc_error_of(const a2a_fault& x);
/// As HTTP+JSON tells it, with its status.
[[nodiscard]] http_reply to_a2a_reply(const a2a_fault& x);

[[nodiscard]] a2a_fault fault_of(const problem& p);
[[nodiscard]] a2a_fault fault_of(const refused& why);

/// What the router refuses, in the words of each binding.
[[nodiscard]] http_reply to_a2a_problem(const problem& p, std::string_view path);
[[nodiscard]] http_reply to_rpc_problem(const problem& p, std::string_view path);

} // namespace troupe
