#include "actors/node_parts.hpp"

#include "src/telemetry/log.hpp"

namespace troupe {

std::string node_parts::without_secrets(std::string text) const {
  if (secrets)
    secrets->apply(text);
  return text;
}

} // namespace troupe
