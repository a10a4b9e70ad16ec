#include "src/config/diagnostic.hpp"

#include "src/config/text.hpp"

namespace troupe::config {

std::string to_string(const diagnostic& d) {
  std::string out = printable(d.file);
  if (d.line > 0) {
    out += ':' + std::to_string(d.line);
    if (d.column > 0)
      out += ':' + std::to_string(d.column);
  }
  out += ": ";
  if (!d.key.empty())
    out += printable(d.key) + ": ";
  return out + printable(d.message);
}

} // namespace troupe::config
