#pragma once

#include <string>

namespace troupe::bench {

/// What the no-op agents on both sides answer: about 200 bytes of JSON text, built anew for every
/// call.
inline std::string answer_to(const std::string& body) {
  std::string out = "{\"agent\":\"noop\",\"status\":\"ok\",\"confidence\":0.93,\"text\":\"";
  out.append(body, 0, 64);
  out.append(80, 'x');
  out += "\",\"next\":null}";
  return out;
}

} // namespace troupe::bench
