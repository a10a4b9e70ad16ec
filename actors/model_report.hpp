#pragma once

#include "actors/node_parts.hpp"

#include <troupe/model.hpp>

#include <string>

namespace troupe {

/// Counts a model's answer: how it ended, how long it took, its tokens and what they cost
/// (docs/reference/metrics.md).
void report_model(const node_parts& parts, const std::string& model, const model_reply& reply,
                  microseconds took);

} // namespace troupe
