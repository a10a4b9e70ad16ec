#pragma once

#include "src/text/vocabulary.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace troupe::text {

struct network_options {
  std::uint32_t hidden = 128;
  std::uint32_t epochs = 20;
  float rate = 0.04F;         ///< first step size; falls to nearly none at the end
  float drop_features = 0.5F; ///< share of a text's features hidden from each pass
  float drop_hidden = 0.5F;   ///< share of hidden units left out of each pass
  float smoothing = 0.1F;     ///< share of belief the target gives to all labels alike
  std::uint64_t seed = 1;
};

/// One hidden layer of rectified units over a text's features. It errs on other texts than the
/// linear machine does, which is what makes the two better together.
struct network_weights {
  std::vector<float> embedding;   ///< feature after feature, one weight per hidden unit
  std::vector<float> hidden_bias; ///< one per hidden unit
  std::vector<float> output;      ///< hidden unit after hidden unit, one weight per label
  std::vector<float> output_bias; ///< one per label
};

/// Trains with Adagrad, one text at a time. Deterministic for a seed. `labels` as for
/// `train_linear`.
network_weights train_network(std::span<const sparse_text> texts,
                              std::span<const std::uint32_t> labels, std::size_t label_count,
                              std::size_t features, const network_options& options);

/// Turns scores into shares that add up to one. Does nothing to an empty span.
void softmax(std::span<float> scores);

} // namespace troupe::text
