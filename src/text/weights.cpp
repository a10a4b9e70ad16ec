#include "src/text/weights.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::text {

feature_weights::feature_weights(std::span<const float> dense, std::size_t columns)
    : columns_(columns)
    , scales_(dense.size() / columns)
    , cells_(dense.size()) {
  for (std::size_t row = 0; row < scales_.size(); ++row) {
    auto from = dense.subspan(row * columns, columns);
    float largest = 0;
    for (float value : from)
      largest = std::max(largest, std::abs(value));
    scales_[row] = largest / 127.0F;
    for (std::size_t column = 0; column < columns && largest > 0; ++column)
      cells_[row * columns + column] =
          static_cast<std::int8_t>(std::lround(from[column] / scales_[row]));
  }
}

feature_weights::feature_weights(std::vector<float> scales, std::vector<std::int8_t> cells,
                                 std::size_t columns)
    : columns_(columns)
    , scales_(std::move(scales))
    , cells_(std::move(cells)) {}

void feature_weights::add(const sparse_text& text, std::span<float> sums) const {
  for (const auto& item : text.items) {
    const std::int8_t* row = cells_.data() + item.index * columns_;
    float factor = item.value * scales_[item.index];
    float* sum = sums.data();
    for (std::size_t column = 0; column < columns_; ++column)
      sum[column] += factor * static_cast<float>(row[column]);
  }
}

} // namespace troupe::text
