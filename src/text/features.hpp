#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::text {

/// One thing seen in a text: a 64-bit fingerprint of the word, letter group or pair. Fingerprints
/// are the same on every machine, for they are stored in model files; change `feature_version` when
/// they change.
using fingerprint = std::uint64_t;

inline constexpr std::uint32_t feature_version = 1;

/// The views are weighed separately, so that a text's many letter groups do not drown its few
/// words.
enum class view : std::uint8_t { words, letters, pairs };
inline constexpr std::size_t view_count = 3;

struct feature {
  fingerprint key = 0;
  view from = view::words;
  float count = 0;
};

/// What a normalized text shows:
/// - words: the words, their stems and ideas, runs of two and three stems, and pairs with one stem
/// between them;
/// - letters: the groups of two to five bytes within each word, its ends marked;
/// - pairs: every unordered pair of the first 32 different stems (or their ideas), which is what
/// lets a linear model
///   tell "card ... arrive" from either alone.
/// Each key comes once. Bounded: at most 128 words count, and at most 40 bytes of a word. Any bytes
/// are fine.
std::vector<feature> features_of(std::string_view normalized_text);

/// The key that a word with this stem gives among them.
fingerprint stem_feature(std::string_view stem);

} // namespace troupe::text
