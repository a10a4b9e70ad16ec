#include "src/config/read_specs.hpp"

#include "src/config/section.hpp"

namespace troupe::config {

void read_models(const section& top, fleet_spec& out) {
  for (const auto* entry : top.entries("providers")) {
    const section from{entry};
    auto& provider = out.providers.emplace_back();
    provider.name = entry->key;
    from.get("api", provider.api);
    from.get("url", provider.url);
    from.get("key", provider.key);
    from.get("headers", provider.headers);
    from.get("connect_timeout", provider.connect_timeout);
    from.get("first_byte_timeout", provider.first_byte_timeout);
    from.get("timeout", provider.timeout);
    read_breaker(from.in("breaker"), provider.breaker);
  }
  for (const auto* entry : top.entries("models")) {
    const section from{entry};
    auto& model = out.models.emplace_back();
    model.name = entry->key;
    from.get("provider", model.provider);
    from.get("model", model.model);
    from.get("context", model.context_tokens);
    from.get("max_output", model.max_output);
    from.get("input_price", model.input_price);
    from.get("output_price", model.output_price);
    from.get("extra", model.extra);
  }
  const auto vectors = top.in("vectors");
  vectors.get("provider", out.vectors.provider);
  vectors.get("model", out.vectors.model);
}

} // namespace troupe::config
