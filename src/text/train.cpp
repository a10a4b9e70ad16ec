#include "src/text/train.hpp"

#include "src/text/linear.hpp"
#include "src/text/model.hpp"
#include "src/text/network.hpp"
#include "src/text/normalize.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

namespace troupe::text {

namespace {

// A row ready for the solvers.
struct example {
  std::vector<feature> features;
  std::uint32_t label = 0; // its place in the sorted labels; their number for "out of scope"
};

struct parts {
  std::vector<example> training;
  std::vector<example> held_back;
};

std::vector<std::string> labels_in(std::span<const labelled> rows) {
  std::map<std::string, std::size_t> counts;
  for (const auto& row : rows)
    if (row.split.starts_with("train") && row.intent != out_of_scope)
      ++counts[row.intent];
  std::vector<std::string> labels;
  for (const auto& [label, count] : counts) {
    if (label.empty())
      throw std::invalid_argument("a training row has no intent");
    if (count < 2)
      throw std::invalid_argument("the intent '" + label +
                                  "' has one training row; two are the least");
    labels.push_back(label);
  }
  if (labels.size() < 2)
    throw std::invalid_argument("training needs rows of at least two intents in the split 'train'");
  return labels;
}

parts examples_of(std::span<const labelled> rows, const std::vector<std::string>& labels) {
  parts out;
  for (const auto& row : rows) {
    bool trains = row.split.starts_with("train");
    if (!trains && row.split != "val")
      continue;
    auto label = labels.size();
    if (row.intent != out_of_scope) {
      auto at = std::lower_bound(labels.begin(), labels.end(), row.intent);
      if (at == labels.end() || *at != row.intent)
        throw std::invalid_argument("the intent '" + row.intent +
                                    "' has validation rows and no training rows");
      label = static_cast<std::size_t>(at - labels.begin());
    }
    auto& to = trains ? out.training : out.held_back;
    to.push_back({features_of(normalize(row.text).text), static_cast<std::uint32_t>(label)});
  }
  return out;
}

// Holds back every n-th row of each label. Which rows those are is a matter of their order only, so
// it is the same in every run; a label keeps at least one row to train on.
parts cut(const std::vector<example>& all, std::size_t label_count, double share) {
  parts out;
  auto every = static_cast<std::size_t>(std::lround(1 / std::clamp(share, 0.02, 0.5)));
  std::vector<std::size_t> met(label_count + 1, 0);
  for (const auto& one : all)
    (++met[one.label] % every == 0 ? out.held_back : out.training).push_back(one);
  return out;
}

model fit_model(std::vector<std::string> labels, const std::vector<example>& examples,
                const train_options& options) {
  model out;
  out.knows_none = std::any_of(examples.begin(), examples.end(),
                               [&](const example& one) { return one.label == labels.size(); });
  out.labels = std::move(labels);
  std::vector<std::vector<feature>> features;
  features.reserve(examples.size());
  for (const auto& one : examples)
    features.push_back(one.features);
  out.features = vocabulary::fit(features);
  if (out.features.size() == 0)
    throw std::invalid_argument(
        "the training rows have no word in common; there is nothing to learn from");
  std::vector<sparse_text> texts;
  std::vector<std::uint32_t> targets;
  for (const auto& one : examples) {
    texts.push_back(out.features.read(one.features));
    targets.push_back(one.label);
  }
  auto columns = out.columns();
  auto linear = train_linear(texts, targets, columns, out.features.size(), options.svm_cost);
  out.linear = feature_weights(linear.dense, columns);
  out.linear_bias = std::move(linear.bias);
  network_options how;
  how.hidden = options.hidden;
  how.epochs = options.epochs;
  how.seed = options.seed;
  auto network = train_network(texts, targets, columns, out.features.size(), how);
  out.embedding = feature_weights(network.embedding, how.hidden);
  out.hidden_bias = std::move(network.hidden_bias);
  out.output = std::move(network.output);
  out.output_bias = std::move(network.output_bias);
  out.network_weight = options.network_weight;
  return out;
}

calibration fit_trust(const model& by, const std::vector<example>& held_back,
                      const train_options& options) {
  std::vector<outcome> outcomes;
  std::vector<scored> scores;
  bool warned = false; // of what is out of scope
  for (const auto& one : held_back) {
    auto found = by.read(by.features.read(one.features));
    bool in_scope = one.label < by.labels.size();
    warned = warned || !in_scope;
    outcomes.push_back({found.seen, in_scope && found.best == one.label, in_scope});
    if (in_scope)
      scores.push_back({std::move(found.scores), one.label});
  }
  auto out = calibration::fit(outcomes, warned ? options.keep : options.keep_blind);
  out.sharpness = scores.empty() ? 1 : fit_sharpness(scores);
  return out;
}

} // namespace

classifier train(std::span<const labelled> rows, const train_options& options) {
  if (options.hidden == 0 || options.hidden > 4096 || !(options.svm_cost > 0))
    throw std::invalid_argument("training needs 1 to 4096 hidden units and a positive cost");
  auto labels = labels_in(rows);
  auto examples = examples_of(rows, labels);
  if (!examples.held_back.empty()) {
    auto out = fit_model(labels, examples.training, options);
    out.trust = fit_trust(out, examples.held_back, options);
    return classifier(std::make_shared<const model>(std::move(out)));
  }
  // Without rows for it, trust is fitted on a model that has not seen a part of them; the one that
  // is kept has seen all.
  auto halves = cut(examples.training, labels.size(), options.held_back);
  auto trust = fit_trust(fit_model(labels, halves.training, options), halves.held_back, options);
  auto out = fit_model(labels, examples.training, options);
  out.trust = trust;
  return classifier(std::make_shared<const model>(std::move(out)));
}

} // namespace troupe::text
