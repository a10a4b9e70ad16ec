#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace troupe::text {

/// What a reading of a text says about how far it can be trusted, on the scale of the classifier's
/// raw scores.
struct evidence {
  static constexpr std::size_t count = 4;
  float lead_over_none =
      0; ///< best label's score less that of "out of scope" (less 0 for a model without it)
  float lead_over_next = 0; ///< best label's score less the second's
  float best = 0;           ///< best label's score
  float known = 0;          ///< share of the text that training had seen

  std::array<double, count> values() const { return {lead_over_none, lead_over_next, best, known}; }
};

/// One held-back text: its evidence, and whether the best label was right and the text in scope.
struct outcome {
  evidence seen;
  bool right = false;
  bool in_scope = true;
};

/// Turns evidence into a chance, by a logistic curve over four numbers: few enough to be fitted on
/// a few hundred rows.
struct calibration {
  std::array<double, evidence::count> slopes{};
  double base = 0;
  double threshold = 0.5; ///< a chance below it is not accepted
  double sharpness = 1;   ///< factor on scores before shares are made of them

  double chance(const evidence& seen) const;

  /// Fits the curve, then puts the threshold where it keeps the share `keep` of the in-scope
  /// outcomes. With no outcome at all the curve stays flat at one half. `sharpness` is left alone.
  static calibration fit(std::span<const outcome> held_back, double keep);
};

/// One held-back in-scope text: the scores of all labels and the right one.
struct scored {
  std::vector<float> scores;
  std::size_t label = 0;
};

/// The factor on the scores for which the shares of the right labels are likeliest.
double fit_sharpness(std::span<const scored> held_back);

} // namespace troupe::text
