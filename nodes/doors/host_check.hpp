#pragma once

#include <string_view>

namespace troupe {

/// Whether a Host header names this machine's loopback address, with or without a port. A page of
/// another origin whose name was made to resolve to the loopback address sends its own name here:
/// that is DNS rebinding.
[[nodiscard]] constexpr bool names_this_machine(std::string_view host) noexcept {
  const auto is = [](std::string_view a, std::string_view b) {
    if (a.size() != b.size())
      return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] + 32) : a[i];
      if (c != b[i])
        return false;
    }
    return true;
  };
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const auto port = host.substr(colon + 1);
    if (port.size() > 5)
      return false;
    for (const char c : port)
      if (c < '0' || c > '9')
        return false;
    host = host.substr(0, colon);
  }
  return is(host, "localhost") || host == "127.0.0.1" || host == "[::1]";
}

} // namespace troupe
