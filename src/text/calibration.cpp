#include "src/text/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe::text {

namespace {

constexpr std::size_t unknowns = evidence::count + 1; // the slopes and the base
using column = std::array<double, unknowns>;

constexpr double ridge =
    0.1; // keeps the slopes finite when the outcomes can be told apart without error
constexpr int rounds = 50;
constexpr double enough = 0.01; // of mean loss, that a sharper curve would have to win

column inputs_of(const evidence& seen) {
  column out{};
  auto values = seen.values();
  std::copy(values.begin(), values.end(), out.begin());
  out.back() = 1;
  return out;
}

double curve(double value) {
  return 1 / (1 + std::exp(-std::clamp(value, -40.0, 40.0)));
}

// Gauss with pivots; the ridge on the diagonal makes every matrix given here regular.
column solve(std::array<column, unknowns> matrix, column right) {
  for (std::size_t step = 0; step < unknowns; ++step) {
    auto pivot = step;
    for (auto row = step + 1; row < unknowns; ++row)
      if (std::abs(matrix[row][step]) > std::abs(matrix[pivot][step]))
        pivot = row;
    std::swap(matrix[step], matrix[pivot]);
    std::swap(right[step], right[pivot]);
    for (auto row = step + 1; row < unknowns; ++row) {
      double factor = matrix[row][step] / matrix[step][step];
      for (auto at = step; at < unknowns; ++at)
        matrix[row][at] -= factor * matrix[step][at];
      right[row] -= factor * right[step];
    }
  }
  for (auto step = unknowns; step-- > 0;) {
    for (auto at = step + 1; at < unknowns; ++at)
      right[step] -= matrix[step][at] * right[at];
    right[step] /= matrix[step][step];
  }
  return right;
}

// Newton's method on the penalised likelihood, which is concave. A step that is too long is cut.
column fit_curve(std::span<const outcome> held_back) {
  column guess{};
  for (int round = 0; round < rounds; ++round) {
    column slope{};
    std::array<column, unknowns> bend{};
    for (std::size_t at = 0; at < unknowns; ++at) {
      slope[at] = -ridge * guess[at];
      bend[at][at] = ridge;
    }
    for (const auto& one : held_back) {
      auto inputs = inputs_of(one.seen);
      double value = 0;
      for (std::size_t at = 0; at < unknowns; ++at)
        value += guess[at] * inputs[at];
      double share = curve(value);
      for (std::size_t at = 0; at < unknowns; ++at) {
        slope[at] += ((one.right ? 1.0 : 0.0) - share) * inputs[at];
        for (std::size_t other = 0; other < unknowns; ++other)
          bend[at][other] += share * (1 - share) * inputs[at] * inputs[other];
      }
    }
    auto step = solve(bend, slope);
    double length = 0;
    for (double part : step)
      length = std::max(length, std::abs(part));
    for (std::size_t at = 0; at < unknowns; ++at)
      guess[at] += step[at] * std::min(1.0, 4 / std::max(length, 1e-12));
    if (length < 1e-7)
      break;
  }
  return guess;
}

} // namespace

double calibration::chance(const evidence& seen) const {
  double value = base;
  auto values = seen.values();
  for (std::size_t at = 0; at < values.size(); ++at)
    value += slopes[at] * values[at];
  return curve(value);
}

calibration calibration::fit(std::span<const outcome> held_back, double keep) {
  calibration out;
  if (held_back.empty())
    return out;
  auto found = fit_curve(held_back);
  std::copy_n(found.begin(), evidence::count, out.slopes.begin());
  out.base = found.back();
  std::vector<double> chances;
  for (const auto& one : held_back)
    if (one.in_scope)
      chances.push_back(out.chance(one.seen));
  if (chances.empty())
    return out;
  std::sort(chances.begin(), chances.end());
  auto given_up = (1 - std::clamp(keep, 0.0, 1.0)) * static_cast<double>(chances.size());
  out.threshold = chances[std::min(static_cast<std::size_t>(given_up), chances.size() - 1)];
  return out;
}

double fit_sharpness(std::span<const scored> held_back) {
  std::vector<std::pair<double, double>> losses; // factor, mean loss
  for (double factor = 0.5; factor < 64; factor *= 1.1) {
    double loss = 0;
    for (const auto& one : held_back) {
      float largest = *std::max_element(one.scores.begin(), one.scores.end());
      double sum = 0;
      for (float score : one.scores)
        sum += std::exp(factor * static_cast<double>(score - largest));
      loss += std::log(sum) - factor * static_cast<double>(one.scores[one.label] - largest);
    }
    losses.emplace_back(factor,
                        loss / static_cast<double>(std::max<std::size_t>(held_back.size(), 1)));
  }
  double best = INFINITY;
  for (const auto& [factor, loss] : losses)
    best = std::min(best, loss);
  // Where every held-back text is right, ever larger factors look ever so little better; the first
  // good one is taken.
  for (const auto& [factor, loss] : losses)
    if (loss <= best + enough)
      return factor;
  return 1;
}

} // namespace troupe::text
