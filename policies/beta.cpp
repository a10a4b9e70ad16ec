#include "policies/beta.hpp"

#include "policies/dice.hpp"

#include <cmath>
#include <numbers>

namespace troupe {

namespace {

/// Never 0, so that its logarithm is finite.
double open_unit(dice_box& dice) {
  return 1 - unit_interval(dice.draw());
}

/// Standard normal (Box, Muller, 1958).
double draw_normal(dice_box& dice) {
  const auto radius = std::sqrt(-2 * std::log(open_unit(dice)));
  return radius * std::cos(2 * std::numbers::pi * unit_interval(dice.draw()));
}

double draw_gamma(double shape, dice_box& dice) {
  if (shape < 1)
    return draw_gamma(shape + 1, dice) * std::pow(open_unit(dice), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  // Each round is taken with a probability above 0.95.
  for (int round = 0; round < 64; ++round) {
    const double x = draw_normal(dice);
    const double v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(open_unit(dice)) < 0.5 * x * x + d * (1 - v + std::log(v)))
      return d * v;
  }
  return shape;
}

} // namespace

double draw_beta(double alpha, double beta, std::uint64_t dice) {
  dice_box box{dice};
  const double a = draw_gamma(alpha, box);
  const double b = draw_gamma(beta, box);
  return a + b > 0 ? a / (a + b) : alpha / (alpha + beta);
}

} // namespace troupe
