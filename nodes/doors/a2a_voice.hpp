#pragma once

#include "nodes/doors/a2a_fault.hpp"
#include "nodes/doors/http_message.hpp"

#include <troupe/json.hpp>

#include <string>

namespace troupe {

/// One binding of A2A as it answers one request: JSON-RPC with the request's id, or HTTP+JSON.
class a2a_voice {
 public:
  [[nodiscard]] static a2a_voice rpc(json id) { return a2a_voice{true, std::move(id)}; }
  [[nodiscard]] static a2a_voice http() { return a2a_voice{false, nullptr}; }

  [[nodiscard]] http_reply result(json x) const;
  [[nodiscard]] http_reply fault(const a2a_fault& x) const;
  /// As server-sent events.
  [[nodiscard]] std::string event(json x) const;
  [[nodiscard]] std::string fault_event(const a2a_fault& x) const;

 private:
  a2a_voice(bool by_rpc, json id)
      : rpc_(by_rpc)
      , id_(std::move(id)) {}
  [[nodiscard]] json wrapped(const char* member, json x) const;
  bool rpc_;
  json id_;
};

} // namespace troupe
