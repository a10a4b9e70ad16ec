#pragma once

#include "actors/node_parts.hpp"

#include <troupe/model.hpp>

#include <string>

namespace troupe {

/// The share of a model's context that a request has filled, by the tokens that were counted.
[[nodiscard]] double context_share(const model_spec& model, const model_reply& reply) noexcept;

/// Counts a model's answer: how it ended, how long it took, its tokens, what they cost, and how
/// full its context was (docs/reference/metrics.md).
void report_model(const node_parts& parts, const model_spec& model, const model_reply& reply,
                  microseconds took);

/// Counts what an answer has used up for the customer and the tier that it is for. Any thread;
/// without `counters` or a task it does nothing.
void report_spent(metrics* counters, const task_ptr& about, const model_reply& reply);

} // namespace troupe
