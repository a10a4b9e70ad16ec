#include "nodes/doors/a2a_fault.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

struct fault_row {
  a2a_error what;
  int code;
  std::string_view reason;
  unsigned status;
  std::string_view name; ///< of google.rpc.Code
};

constexpr std::array<fault_row, 16> faults{{
    {a2a_error::parse, -32700, "PARSE_ERROR", 400, "INVALID_ARGUMENT"},
    {a2a_error::invalid_request, -32600, "INVALID_REQUEST", 400, "INVALID_ARGUMENT"},
    {a2a_error::method_not_found, -32601, "METHOD_NOT_FOUND", 404, "NOT_FOUND"},
    {a2a_error::invalid_params, -32602, "INVALID_PARAMS", 400, "INVALID_ARGUMENT"},
    {a2a_error::internal, -32603, "INTERNAL_ERROR", 500, "INTERNAL"},
    {a2a_error::task_not_found, -32001, "TASK_NOT_FOUND", 404, "NOT_FOUND"},
    {a2a_error::task_not_cancelable, -32002, "TASK_NOT_CANCELABLE", 400, "FAILED_PRECONDITION"},
    {a2a_error::push_not_supported, -32003, "PUSH_NOTIFICATION_NOT_SUPPORTED", 400,
     "FAILED_PRECONDITION"},
    {a2a_error::unsupported_operation, -32004, "UNSUPPORTED_OPERATION", 400, "FAILED_PRECONDITION"},
    {a2a_error::content_type, -32005, "CONTENT_TYPE_NOT_SUPPORTED", 400, "INVALID_ARGUMENT"},
    {a2a_error::version, -32009, "VERSION_NOT_SUPPORTED", 400, "FAILED_PRECONDITION"},
    {a2a_error::busy, -32000, "BUSY", 429, "RESOURCE_EXHAUSTED"},
    {a2a_error::unavailable, -32000, "UNAVAILABLE", 503, "UNAVAILABLE"},
    {a2a_error::timeout, -32000, "TIMEOUT", 504, "DEADLINE_EXCEEDED"},
    {a2a_error::unauthenticated, -32000, "UNAUTHENTICATED", 401, "UNAUTHENTICATED"},
    {a2a_error::denied, -32000, "PERMISSION_DENIED", 403, "PERMISSION_DENIED"},
}};

const fault_row& row_of(a2a_error what) noexcept {
  for (const auto& row : faults)
    if (row.what == what)
      return row;
  return faults[4];
}

json info_of(const fault_row& row) {
  return json::array({{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                       {"reason", row.reason},
                       {"domain", "a2a-protocol.org"}}});
}

void add_retry(http_reply& to, unsigned status, milliseconds wait) {
  if (wait.count() > 0 || status == 429 || status == 503)
    to.add("Retry-After", std::to_string(std::max<long long>(1, (wait.count() + 999) / 1000)));
}

} // namespace

json rpc_error_of(const a2a_fault& x) {
  const auto& row = row_of(x.what);
  return {{"code", row.code}, {"message", x.detail}, {"data", info_of(row)}};
}

http_reply to_a2a_reply(const a2a_fault& x) {
  const auto& row = row_of(x.what);
  http_reply out;
  out.status = row.status;
  out.body = as_text(json{{"error",
                           {{"code", row.status},
                            {"status", row.name},
                            {"message", x.detail},
                            {"details", info_of(row)}}}});
  add_retry(out, row.status, x.retry_after);
  return out;
}

a2a_fault fault_of(const problem& p) {
  a2a_fault out;
  out.detail = p.detail;
  for (const auto& e : p.errors)
    out.detail += "; " + e.pointer + " " + e.detail;
  out.retry_after = p.retry_after;
  switch (p.status) {
  case 400:
    out.what = p.word == "malformed_json" ? a2a_error::parse : a2a_error::invalid_params;
    break;
  case 401:
    out.what = a2a_error::unauthenticated;
    break;
  case 403:
    out.what = a2a_error::denied;
    break;
  case 404:
    out.what = p.word == "unknown_task" ? a2a_error::task_not_found : a2a_error::invalid_params;
    break;
  case 406:
  case 415:
    out.what = a2a_error::content_type;
    break;
  case 409:
    out.what = a2a_error::unsupported_operation;
    break;
  case 413:
  case 414:
  case 422:
    out.what = a2a_error::invalid_params;
    break;
  case 429:
    out.what = a2a_error::busy;
    break;
  case 503:
    out.what = a2a_error::unavailable;
    break;
  case 504:
    out.what = a2a_error::timeout;
    break;
  default:
    out.what = a2a_error::internal;
  }
  return out;
}

a2a_fault fault_of(const refused& why) {
  return fault_of(problem_of(why));
}

http_reply to_a2a_problem(const problem& p, std::string_view) {
  auto out = to_a2a_reply(fault_of(p));
  out.status = p.status;
  return out;
}

http_reply to_rpc_problem(const problem& p, std::string_view) {
  http_reply out;
  out.status = p.status;
  out.body =
      as_text(json{{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", rpc_error_of(fault_of(p))}});
  add_retry(out, p.status, p.retry_after);
  return out;
}

} // namespace troupe
