#pragma once

#include "src/text/features.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

struct weighted {
  std::uint32_t index = 0;
  float value = 0;
};

/// A text as the models see it: the known features, by index, each view of unit length times its
/// weight.
struct sparse_text {
  std::vector<weighted> items; ///< sorted by index
  float known = 0; ///< share of its words and word groups that occurred in training, 0 to 1
};

/// Which features count, and how much. Immutable once made; any thread may call `read`.
class vocabulary {
 public:
  vocabulary() = default;

  /// From the features of every training text, those that occur in at least two of them: the rarer
  /// a feature, the more it weighs (square root of the inverse document frequency, which measured
  /// better than the usual form on short messages).
  static vocabulary fit(std::span<const std::vector<feature>> texts);

  /// From what `keys` and `weights` gave; `keys` must be strictly rising and as many as `weights`.
  vocabulary(std::vector<fingerprint> keys, std::vector<float> weights);

  sparse_text read(std::span<const feature> features) const;

  std::size_t size() const { return keys_.size(); }
  const std::vector<fingerprint>& keys() const { return keys_; }
  const std::vector<float>& weights() const { return weights_; }

 private:
  static constexpr std::uint32_t absent = 0xffffffff;
  std::uint32_t find(fingerprint key) const;

  std::vector<fingerprint> keys_;
  std::vector<float> weights_;
  std::vector<std::uint32_t>
      slots_; // open addressing over keys_, a power of two, at most half full
};

} // namespace troupe::text
