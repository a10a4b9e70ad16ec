#pragma once

#include "src/text/vocabulary.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace troupe::text {

/// Weights as a solver gives them, still at full precision.
struct linear_weights {
  std::vector<float> dense; ///< feature after feature, one weight per label
  std::vector<float> bias;  ///< one per label
};

/// Crammer and Singer's multi-class support vector machine (liblinear): on short messages with many
/// labels it measured better than one machine per label. `labels` holds each text's label, below
/// `label_count`. Deterministic.
linear_weights train_linear(std::span<const sparse_text> texts,
                            std::span<const std::uint32_t> labels, std::size_t label_count,
                            std::size_t features, double cost);

} // namespace troupe::text
