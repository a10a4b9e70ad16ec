#include "src/text/sentence_vectors.hpp"

#include "src/text/classifier.hpp"
#include "src/text/features.hpp"
#include "src/text/lexicon.hpp"
#include "src/text/model.hpp"
#include "src/text/normalize.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_map>

namespace troupe::text {

namespace {

constexpr std::size_t cells_of_feature = 4;
/// How much words, groups of letters and pairs of words count.
constexpr std::array<float, view_count> view_weights{1.0F, 0.7F, 0.5F};

std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

void make_unit(std::span<float> x, float length = 1) {
  float sum = 0;
  for (const auto v : x)
    sum += v * v;
  if (sum <= 0)
    return;
  const auto by = length / std::sqrt(sum);
  for (auto& v : x)
    v *= by;
}

class learned final : public sentence_vectors {
 public:
  learned(std::shared_ptr<const classifier> wishes, std::span<const std::string> texts)
      : wishes_(std::move(wishes)) {
    if (wishes_)
      take_weights(wishes_->trained()->features);
    else
      count_weights(texts);
    std::uint64_t all = mixed(feature_version);
    for (const auto& [key, weight] : weights_)
      all ^= mixed(key + static_cast<std::uint64_t>(weight * 1000));
    if (wishes_)
      for (const auto& label : wishes_->labels())
        all = mixed(all + std::hash<std::string>{}(label));
    space_ = "learned " + std::to_string(all);
  }

  void of(std::vector<std::string> texts, std::chrono::milliseconds, done_fn done) const override {
    std::vector<sentence_vector> out;
    out.reserve(texts.size());
    for (const auto& x : texts)
      out.push_back(one(x));
    done(std::move(out));
  }

  const std::string& space() const noexcept override { return space_; }

  bool knows(std::string_view word) const override {
    return weights_.contains(stem_feature(stem_of(normalize(word).text)));
  }

 private:
  void take_weights(const vocabulary& from) {
    for (std::size_t i = 0; i < from.size(); ++i)
      note_weight(from.keys()[i], from.weights()[i]);
  }

  void count_weights(std::span<const std::string> texts) {
    std::unordered_map<fingerprint, std::uint32_t> seen;
    for (const auto& x : texts)
      for (const auto& f : features_of(normalize(x).text))
        ++seen[f.key];
    const auto all = static_cast<float>(texts.size() + 1);
    for (const auto& [key, count] : seen)
      if (count > 1)
        note_weight(key, std::sqrt(std::log(1 + all / static_cast<float>(count))));
    rarest_ = std::max(rarest_, std::sqrt(std::log(1 + all)));
  }

  void note_weight(fingerprint key, float weight) {
    weights_.emplace(key, weight);
    rarest_ = std::max(rarest_, weight);
  }

  sentence_vector one(const std::string& text) const {
    const auto wishes = wishes_ ? wishes_->labels().size() : 0;
    sentence_vector out(wording_dimensions + wishes, 0.0F);
    const std::span<float> wording{out.data(), wording_dimensions};
    auto normal = normalize(text).text;
    // Whether somebody ends a question with its mark says nothing.
    while (!normal.empty() &&
           std::string_view{"?.! "}.find(normal.back()) != std::string_view::npos)
      normal.pop_back();
    add_wording(normal, wording);
    if (wishes_)
      add_wish(text, out);
    return out;
  }

  void add_wording(std::string_view normal, std::span<float> to) const {
    std::array<std::array<float, wording_dimensions>, view_count> views{};
    for (const auto& f : features_of(normal)) {
      const auto known = weights_.find(f.key);
      const auto weight = f.count * (known == weights_.end() ? rarest_ : known->second);
      auto at = f.key;
      for (std::size_t i = 0; i < cells_of_feature; ++i) {
        at = mixed(at + i + 1);
        views[static_cast<std::size_t>(f.from)][(at >> 8) % wording_dimensions] +=
            (at & 1) != 0 ? weight : -weight;
      }
    }
    for (std::size_t v = 0; v < view_count; ++v) {
      make_unit(views[v], view_weights[v]);
      for (std::size_t i = 0; i < wording_dimensions; ++i)
        to[i] += views[v][i];
    }
    make_unit(to);
  }

  void add_wish(const std::string& text, sentence_vector& to) const {
    const auto found = wishes_->classify(text);
    if (found.confidence < sure_of_wish)
      return;
    const auto& labels = wishes_->labels();
    const auto at = std::lower_bound(labels.begin(), labels.end(), found.intent);
    if (at == labels.end() || *at != found.intent)
      return;
    make_unit({to.data(), wording_dimensions}, static_cast<float>(std::sqrt(1 - same_wish)));
    to[wording_dimensions + static_cast<std::size_t>(at - labels.begin())] =
        static_cast<float>(std::sqrt(same_wish));
  }

  std::shared_ptr<const classifier> wishes_;
  std::unordered_map<fingerprint, float> weights_;
  float rarest_ = 1;
  std::string space_;
};

} // namespace

double likeness(const sentence_vector& a, const sentence_vector& b) {
  if (a.size() != b.size())
    return 0;
  float sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += a[i] * b[i];
  return sum;
}

std::shared_ptr<const sentence_vectors> learned_vectors(std::shared_ptr<const classifier> wishes,
                                                        std::span<const std::string> texts) {
  return std::make_shared<const learned>(std::move(wishes), texts);
}

} // namespace troupe::text
