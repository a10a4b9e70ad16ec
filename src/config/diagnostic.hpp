#pragma once

#include <cstdint>
#include <string>

namespace troupe::config {

/// Something a person should correct in a fleet's folder, and where. Holds no value that came from
/// the environment, so that it may be logged and shown to anybody.
struct diagnostic {
  std::string file;       ///< relative to the fleet's folder, with '/' on every system
  std::uint32_t line = 0; ///< counted from 1; 0: the file as a whole
  std::uint32_t column =
      0; ///< counted from 1, in characters as the YAML reader counts them; 0: the line as a whole
  std::string key;     ///< dotted path of the value within the file; empty: the document itself
  std::string message; ///< what is wrong, without a full stop

  friend bool operator==(const diagnostic&, const diagnostic&) = default;
};

/// One line of text: `support/domain.yaml:12:3: routing.strategy: "fastest" is not one of static,
/// least_loaded`. Parts that are not known are left out. Control characters are escaped, so that
/// the text is one line whatever a file holds.
[[nodiscard]] std::string to_string(const diagnostic&);

} // namespace troupe::config
