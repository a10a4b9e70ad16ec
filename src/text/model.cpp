#include "src/text/model.hpp"

#include "src/text/network.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::text {

namespace {

// A label the network rules out counts as this share, so that its certainty cannot drown the linear
// score.
constexpr float smallest_share = 1e-4F;

std::vector<float> network_shares(const model& by, const sparse_text& text) {
  auto hidden = by.hidden_bias;
  by.embedding.add(text, hidden);
  auto shares = by.output_bias;
  for (std::size_t unit = 0; unit < hidden.size(); ++unit) {
    if (hidden[unit] <= 0)
      continue;
    const float* row = by.output.data() + unit * shares.size();
    for (std::size_t at = 0; at < shares.size(); ++at)
      shares[at] += hidden[unit] * row[at];
  }
  softmax(shares);
  return shares;
}

} // namespace

reading model::read(const sparse_text& text) const {
  reading out;
  out.empty = text.items.empty();
  out.scores = linear_bias;
  linear.add(text, out.scores);
  auto shares = network_shares(*this, text);
  auto weight = static_cast<float>(network_weight);
  for (std::size_t at = 0; at < out.scores.size(); ++at)
    out.scores[at] += weight * std::log(shares[at] + smallest_share);
  float none = 0;
  if (knows_none) {
    none = out.scores.back();
    out.scores.pop_back();
  }
  auto best = std::max_element(out.scores.begin(), out.scores.end());
  out.best = static_cast<std::size_t>(best - out.scores.begin());
  float next = -INFINITY;
  for (std::size_t at = 0; at < out.scores.size(); ++at)
    if (at != out.best)
      next = std::max(next, out.scores[at]);
  out.seen = {*best - none, std::isfinite(next) ? *best - next : 0.0F, *best, text.known};
  return out;
}

reading model::read(std::string_view normalized_text) const {
  return read(features.read(features_of(normalized_text)));
}

} // namespace troupe::text
