#include "nodes/doors/a2a_voice.hpp"

namespace troupe {

json a2a_voice::wrapped(const char* member, json x) const {
  json out{{"jsonrpc", "2.0"}, {"id", id_}};
  out[member] = std::move(x);
  return out;
}

http_reply a2a_voice::result(json x) const {
  http_reply out;
  if (!rpc_)
    out.type = "application/a2a+json";
  out.body = as_text(rpc_ ? wrapped("result", std::move(x)) : x);
  return out;
}

http_reply a2a_voice::fault(const a2a_fault& x) const {
  if (!rpc_)
    return to_a2a_reply(x);
  http_reply out;
  out.body = as_text(wrapped("error", rpc_error_of(x)));
  return out;
}

std::string a2a_voice::event(json x) const {
  return "data: " + as_text(rpc_ ? wrapped("result", std::move(x)) : x) + "\n\n";
}

std::string a2a_voice::fault_event(const a2a_fault& x) const {
  if (rpc_)
    return "event: error\ndata: " + as_text(wrapped("error", rpc_error_of(x))) + "\n\n";
  return "event: error\ndata: " + to_a2a_reply(x).body + "\n\n";
}

} // namespace troupe
