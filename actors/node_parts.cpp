#include "actors/node_parts.hpp"

#include "src/telemetry/log.hpp"

namespace troupe {

std::string mask_secrets(const std::shared_ptr<const redactor>& secrets, std::string text) {
  if (secrets)
    secrets->apply(text);
  return text;
}

std::string node_parts::without_secrets(std::string text) const {
  return mask_secrets(secrets, std::move(text));
}

} // namespace troupe
