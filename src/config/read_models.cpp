#include "src/config/read_specs.hpp"

#include "src/config/section.hpp"

namespace troupe::config {

namespace {

void read_limits(const section& from, model_limits& out) {
  from.get("requests_per_minute", out.requests_per_minute);
  from.get("tokens_per_minute", out.tokens_per_minute);
  from.get("concurrent", out.concurrent);
}

} // namespace

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
    read_limits(from.in("limits"), provider.limits);
    from.get("queue_limit", provider.queue_limit);
    for (const auto* tier : from.entries("tiers"))
      if (const auto share = as_number(*tier))
        provider.tiers[tier->key] = *share;
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
    from.get("cached_input_price", model.cached_input_price);
    from.get("cache_write_price", model.cache_write_price);
    from.get("extra", model.extra);
    read_limits(from.in("limits"), model.limits);
  }
  const auto vectors = top.in("vectors");
  vectors.get("provider", out.vectors.provider);
  vectors.get("model", out.vectors.model);
}

} // namespace troupe::config
