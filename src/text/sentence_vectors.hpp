#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

class classifier;

/// A text as a direction: its length is 1, or 0 for a text that shows nothing.
using sentence_vector = std::vector<float>;

/// The cosine of two of them; 0 when they are of different spaces.
[[nodiscard]] double likeness(const sentence_vector& a, const sentence_vector& b);

/// Gives texts that mean the same directions that are alike. Any thread.
class sentence_vectors {
 public:
  using done_fn = std::function<void(std::vector<sentence_vector>)>;

  virtual ~sentence_vectors() = default;
  /// Calls `done` exactly once, with a vector for each text in order, or with none at all when they
  /// cannot be had within `most`; before it returns, or later on a thread that must not be blocked.
  virtual void of(std::vector<std::string> texts, std::chrono::milliseconds most,
                  done_fn done) const = 0;
  /// Which space the vectors are in: only vectors of the same one can be compared.
  [[nodiscard]] virtual const std::string& space() const noexcept = 0;
  /// Whether something was learned of this word, in any of its forms; true where nobody can say.
  [[nodiscard]] virtual bool knows(std::string_view) const { return true; }
};

/// Vectors that are learned here and had at once, in some 20 us. What a text is written with
/// (words, stems, groups of letters, each weighed by how rare it is) makes one part of the
/// direction; what the text wants, when a classifier is sure of it, the other and larger one. So
/// two messages are alike from `same_wish` on when the classifier is sure that they want the same,
/// and share words; without a classifier, or when it is not sure, only when they are nearly in the
/// same words.
///
/// `wishes`: null: there is no classifier; `texts`: what is rare and what is not, if there is none.
[[nodiscard]] std::shared_ptr<const sentence_vectors>
learned_vectors(std::shared_ptr<const classifier> wishes, std::span<const std::string> texts);

/// The share of the cosine that the wish has.
inline constexpr double same_wish = 0.7;
/// How sure a classifier must be of what a text wants. Fitted on held-back messages: see
/// docs/decisions/sentence-vectors.md.
inline constexpr double sure_of_wish = 0.93;
inline constexpr std::size_t wording_dimensions = 256;

} // namespace troupe::text
