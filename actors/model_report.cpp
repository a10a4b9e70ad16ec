#include "actors/model_report.hpp"

#include "src/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include <map>

namespace troupe {

double context_share(const model_spec& model, const model_reply& reply) noexcept {
  return model.context_tokens == 0 ? 0
                                   : static_cast<double>(reply.used.input_tokens) /
                                         static_cast<double>(model.context_tokens);
}

void report_model(const node_parts& parts, const model_spec& model, const model_reply& reply,
                  microseconds took) {
  if (!parts.counters)
    return;
  auto& registry = parts.counters->registry();
  const std::map<std::string, std::string> whose{{"region", parts.fleet.region},
                                                 {"model", model.name}};
  const auto with = [&](const char* key, std::string_view value) {
    auto out = whose;
    out[key] = std::string{value};
    return out;
  };
  if (reply.cached != cache_hit::none || reply.could_be_cached)
    prometheus::BuildCounter()
        .Name("troupe_model_cache_total")
        .Help("Requests to language models that could be answered from the cache, by what became "
              "of them.")
        .Register(registry)
        .Add(with("result", reply.cached == cache_hit::none ? "miss" : to_string(reply.cached)))
        .Increment();
  if (reply.cached != cache_hit::none) {
    prometheus::BuildCounter()
        .Name("troupe_model_cache_saved_cost_total")
        .Help("What answers that were given again had cost, in the fleet's currency.")
        .Register(registry)
        .Add(whose)
        .Increment(static_cast<double>(reply.spared.cost_micros) / 1e6);
    return;
  }
  prometheus::BuildCounter()
      .Name("troupe_model_calls_total")
      .Help("Answers of language models, by how they ended.")
      .Register(registry)
      .Add(with("result", reply.ok() ? "ok" : to_string(reply.error)))
      .Increment();
  auto& tokens = prometheus::BuildCounter()
                     .Name("troupe_model_tokens_total")
                     .Help("Tokens that language models read and wrote.")
                     .Register(registry);
  tokens.Add(with("direction", "input")).Increment(static_cast<double>(reply.used.input_tokens));
  tokens.Add(with("direction", "output")).Increment(static_cast<double>(reply.used.output_tokens));
  prometheus::BuildCounter()
      .Name("troupe_model_cost_total")
      .Help("What language models have cost, in the fleet's currency.")
      .Register(registry)
      .Add(whose)
      .Increment(static_cast<double>(reply.used.cost_micros) / 1e6);
  prometheus::BuildHistogram()
      .Name("troupe_model_duration_seconds")
      .Help("From sending a request to a language model to the end of its answer.")
      .Register(registry)
      .Add(whose, prometheus::Histogram::BucketBoundaries{0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30,
                                                          60, 120})
      .Observe(static_cast<double>(took.count()) / 1e6);
  if (reply.used.input_tokens > 0)
    prometheus::BuildHistogram()
        .Name("troupe_model_context_share")
        .Help("Share of a language model's context that a request has filled.")
        .Register(registry)
        .Add(whose, prometheus::Histogram::BucketBoundaries{0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5,
                                                            0.65, 0.8, 1})
        .Observe(context_share(model, reply));
}

void report_spent(metrics* counters, const task_ptr& about, const model_reply& reply) {
  if (counters && about && reply.cached == cache_hit::none)
    counters->groups_of(about->who, [&](task_counters& of) { of.spent(reply.used); });
}

} // namespace troupe
