#pragma once

#include "src/text/vocabulary.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace troupe::text {

/// A matrix with one row per feature, eight bits a weight and one scale a row. A message touches
/// some two hundred rows, so what counts is how few bytes a row has; the rounding costs no accuracy
/// that can be measured.
class feature_weights {
 public:
  feature_weights() = default;

  /// Rounds `dense` (row after row). `columns` must be at least one and divide its size.
  feature_weights(std::span<const float> dense, std::size_t columns);

  /// From what `scales` and `cells` gave.
  feature_weights(std::vector<float> scales, std::vector<std::int8_t> cells, std::size_t columns);

  /// Adds the rows of `text`, each times its value, to `sums` (one per column).
  void add(const sparse_text& text, std::span<float> sums) const;

  std::size_t columns() const { return columns_; }
  const std::vector<float>& scales() const { return scales_; }
  const std::vector<std::int8_t>& cells() const { return cells_; }

 private:
  std::size_t columns_ = 0;
  std::vector<float> scales_;
  std::vector<std::int8_t> cells_;
};

} // namespace troupe::text
