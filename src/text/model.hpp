#pragma once

#include "src/text/calibration.hpp"
#include "src/text/weights.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

/// One text read by a model.
struct reading {
  std::vector<float> scores; ///< one per label, without the one for "out of scope"
  std::size_t best = 0;
  evidence seen;
  bool empty = false; ///< the text holds nothing that training had seen
};

/// Everything a classifier needs, as it stands in a model file. Immutable once made; any thread may
/// read.
struct model {
  std::vector<std::string> labels; ///< sorted
  bool knows_none = false;         ///< the weights have one more column, for "out of scope"
  vocabulary features;
  feature_weights linear;
  std::vector<float> linear_bias;
  feature_weights embedding;
  std::vector<float> hidden_bias;
  std::vector<float> output; ///< hidden unit after hidden unit
  std::vector<float> output_bias;
  double network_weight = 0;
  calibration trust;

  std::size_t columns() const { return labels.size() + (knows_none ? 1 : 0); }

  /// Reads normalized text.
  reading read(std::string_view normalized_text) const;
  reading read(const sparse_text& text) const;
};

/// The bytes of a model file: see model_file.cpp for the form.
std::string to_bytes(const model& whole);

/// Throws std::runtime_error with what is wrong with the bytes, ready to follow a file's name.
model from_bytes(std::string_view bytes);

} // namespace troupe::text
