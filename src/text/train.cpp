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

// Labels left out of a rehearsal, so that their rows show what texts look like that no label fits:
// about one in ten.
bool left_out(std::size_t label, std::size_t label_count) {
  return label_count >= 5 && label < label_count &&
         label % 10 == std::min<std::size_t>(5, label_count / 2);
}

// The same rows for a model that does not know the left-out labels: gone from training, out of
// scope when held back.
parts rehearsal_of(const parts& whole, const std::vector<std::string>& labels,
                   std::vector<std::string>& fewer) {
  std::vector<std::uint32_t> place(labels.size() + 1);
  for (std::size_t at = 0; at < labels.size(); ++at)
    if (!left_out(at, labels.size())) {
      place[at] = static_cast<std::uint32_t>(fewer.size());
      fewer.push_back(labels[at]);
    }
  auto none = static_cast<std::uint32_t>(fewer.size());
  place.back() = none;
  parts out;
  for (const auto& one : whole.training)
    if (!left_out(one.label, labels.size()))
      out.training.push_back({one.features, place[one.label]});
  for (const auto& one : whole.held_back)
    out.held_back.push_back(
        {one.features, left_out(one.label, labels.size()) ? none : place[one.label]});
  return out;
}

calibration fit_trust(const model& by, const std::vector<example>& held_back, double keep) {
  std::vector<outcome> outcomes;
  std::vector<scored> scores;
  for (const auto& one : held_back) {
    auto found = by.read(by.features.read(one.features));
    bool in_scope = one.label < by.labels.size();
    outcomes.push_back({found.seen, in_scope && found.best == one.label, in_scope});
    if (in_scope)
      scores.push_back({std::move(found.scores), one.label});
  }
  auto out = calibration::fit(outcomes, keep);
  out.sharpness = scores.empty() ? 1 : fit_sharpness(scores);
  return out;
}

} // namespace

classifier train(std::span<const labelled> rows, const train_options& options) {
  if (options.hidden == 0 || options.hidden > 4096 || !(options.svm_cost > 0))
    throw std::invalid_argument("training needs 1 to 4096 hidden units and a positive cost");
  auto labels = labels_in(rows);
  auto examples = examples_of(rows, labels);
  auto divided = examples.held_back.empty()
                     ? cut(examples.training, labels.size(), options.held_back)
                     : examples;
  bool warned = std::any_of(divided.held_back.begin(), divided.held_back.end(),
                            [&](const example& one) { return one.label == labels.size(); });
  // The kept model trains on every training row. Where that is not what trust is fitted on, or
  // where no held-back row is out of scope, a rehearsal comes first.
  calibration trust;
  if (!warned) {
    std::vector<std::string> fewer;
    auto rehearsal = rehearsal_of(divided, labels, fewer);
    trust = fit_trust(fit_model(fewer, rehearsal.training, options), rehearsal.held_back,
                      options.keep_blind);
  } else if (examples.held_back.empty()) {
    trust =
        fit_trust(fit_model(labels, divided.training, options), divided.held_back, options.keep);
  }
  auto out = fit_model(labels, examples.training, options);
  out.trust = warned && !examples.held_back.empty()
                  ? fit_trust(out, divided.held_back, options.keep)
                  : trust;
  return classifier(std::make_shared<const model>(std::move(out)));
}

} // namespace troupe::text
