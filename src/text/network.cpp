#include "src/text/network.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace troupe::text {

namespace {

// SplitMix64: small, and the same everywhere, which the standard's distributions are not.
class dice {
 public:
  explicit dice(std::uint64_t seed)
      : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t value = state_ += 0x9e3779b97f4a7c15ULL;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
  }
  float unit() { return static_cast<float>(next() >> 40) * 0x1.0p-24F; }
  void shuffle(std::vector<std::uint32_t>& order) {
    for (std::size_t left = order.size(); left > 1; --left)
      std::swap(order[left - 1], order[next() % left]);
  }

 private:
  std::uint64_t state_;
};

constexpr float start_of_squares = 1e-6F; // keeps Adagrad's first division finite

// The state of one training run; `step` is one text's forward and backward pass.
class trainer {
 public:
  trainer(std::size_t label_count, std::size_t features, const network_options& options)
      : options_(options)
      , labels_(label_count)
      , hidden_(options.hidden)
      , dice_(options.seed)
      , feature_squares_(features, start_of_squares)
      , hidden_squares_(hidden_, start_of_squares)
      , output_squares_(hidden_ * labels_, start_of_squares)
      , bias_squares_(labels_, start_of_squares)
      , active_(hidden_)
      , blame_(hidden_)
      , shares_(labels_) {
    net_.embedding.resize(features * hidden_);
    for (auto& weight : net_.embedding)
      weight = (dice_.unit() * 2 - 1) * 0.02F;
    net_.hidden_bias.assign(hidden_, 0.0F);
    float spread = std::sqrt(6.0F / static_cast<float>(hidden_ + labels_));
    net_.output.resize(hidden_ * labels_);
    for (auto& weight : net_.output)
      weight = (dice_.unit() * 2 - 1) * spread;
    net_.output_bias.assign(labels_, 0.0F);
  }

  void step(const sparse_text& text, std::uint32_t label, float rate) {
    forward(text);
    auto labels = static_cast<float>(labels_);
    for (auto& share : shares_)
      share -= options_.smoothing / labels;
    shares_[label] -= 1 - options_.smoothing; // the shares are now the loss's gradient
    back_output(rate);
    back_hidden(rate);
  }

  dice& random() { return dice_; }
  network_weights take() { return std::move(net_); }

 private:
  void forward(const sparse_text& text) {
    seen_.clear();
    float keep = 1 - options_.drop_features;
    for (const auto& item : text.items)
      if (dice_.unit() < keep)
        seen_.push_back({item.index, item.value / keep});
    std::copy(net_.hidden_bias.begin(), net_.hidden_bias.end(), active_.begin());
    for (const auto& item : seen_) {
      const float* row = net_.embedding.data() + item.index * hidden_;
      for (std::size_t unit = 0; unit < hidden_; ++unit)
        active_[unit] += item.value * row[unit];
    }
    std::copy(net_.output_bias.begin(), net_.output_bias.end(), shares_.begin());
    float scale = 1 / (1 - options_.drop_hidden);
    for (std::size_t unit = 0; unit < hidden_; ++unit) {
      bool dropped = dice_.unit() < options_.drop_hidden;
      active_[unit] = dropped || active_[unit] <= 0 ? 0.0F : active_[unit] * scale;
      if (active_[unit] == 0)
        continue;
      const float* row = net_.output.data() + unit * labels_;
      for (std::size_t at = 0; at < labels_; ++at)
        shares_[at] += active_[unit] * row[at];
    }
    softmax(shares_);
  }

  void back_output(float rate) {
    float scale = 1 / (1 - options_.drop_hidden);
    for (std::size_t unit = 0; unit < hidden_; ++unit) {
      blame_[unit] = 0;
      float value = active_[unit];
      if (value == 0)
        continue;
      float* row = net_.output.data() + unit * labels_;
      float* squares = output_squares_.data() + unit * labels_;
      float sum = 0;
      for (std::size_t at = 0; at < labels_; ++at)
        sum += row[at] * shares_[at];
      for (std::size_t at = 0; at < labels_; ++at) {
        float slope = value * shares_[at];
        squares[at] += slope * slope;
        row[at] -= rate * slope / std::sqrt(squares[at]);
      }
      blame_[unit] = sum * scale;
    }
    for (std::size_t at = 0; at < labels_; ++at) {
      bias_squares_[at] += shares_[at] * shares_[at];
      net_.output_bias[at] -= rate * shares_[at] / std::sqrt(bias_squares_[at]);
    }
  }

  // A feature's row shares one Adagrad sum: one number for each of the many features is enough, and
  // memory is not free.
  void back_hidden(float rate) {
    float mean = 0;
    for (std::size_t unit = 0; unit < hidden_; ++unit) {
      float square = blame_[unit] * blame_[unit];
      mean += square;
      if (active_[unit] == 0)
        continue;
      hidden_squares_[unit] += square;
      net_.hidden_bias[unit] -= rate * blame_[unit] / std::sqrt(hidden_squares_[unit]);
    }
    mean /= static_cast<float>(hidden_);
    for (const auto& item : seen_) {
      float& squares = feature_squares_[item.index];
      squares += mean * item.value * item.value;
      float factor = rate * item.value / std::sqrt(squares);
      float* row = net_.embedding.data() + item.index * hidden_;
      for (std::size_t unit = 0; unit < hidden_; ++unit)
        row[unit] -= factor * blame_[unit];
    }
  }

  network_options options_;
  std::size_t labels_;
  std::size_t hidden_;
  dice dice_;
  network_weights net_;
  std::vector<float> feature_squares_, hidden_squares_, output_squares_, bias_squares_;
  std::vector<float> active_, blame_, shares_;
  std::vector<weighted> seen_;
};

} // namespace

void softmax(std::span<float> scores) {
  if (scores.empty())
    return;
  float largest = *std::max_element(scores.begin(), scores.end());
  float sum = 0;
  for (auto& score : scores)
    sum += score = std::exp(score - largest);
  for (auto& score : scores)
    score /= sum;
}

network_weights train_network(std::span<const sparse_text> texts,
                              std::span<const std::uint32_t> labels, std::size_t label_count,
                              std::size_t features, const network_options& options) {
  trainer run(label_count, features, options);
  std::vector<std::uint32_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0U);
  auto steps = static_cast<float>(order.size()) * static_cast<float>(options.epochs);
  float done = 0;
  for (std::uint32_t epoch = 0; epoch < options.epochs; ++epoch) {
    run.random().shuffle(order);
    for (auto at : order)
      run.step(texts[at], labels[at], options.rate * (1 - 0.95F * done++ / steps));
  }
  return run.take();
}

} // namespace troupe::text
