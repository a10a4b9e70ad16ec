#pragma once

#include "src/text/classifier.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace troupe::text {

/// One row of training data.
struct labelled {
  std::string split;  ///< "train..." trains, "val" fits the threshold, anything else is left alone
  std::string intent; ///< `out_of_scope` for a message that belongs to none
  std::string text;
  std::size_t line = 0; ///< of its file, from 1; 0: it comes from none
};

struct train_options {
  double keep =
      0.925; ///< share of in-scope held-back rows to keep when out-of-scope rows are known
  double keep_blind = 0.97;   ///< the same when the data has no out-of-scope rows, and intents left
                              ///< out of a rehearsal stand for them
  double held_back = 0.1;     ///< share of the training rows held back when there is no "val" split
  double svm_cost = 0.5;      ///< C of the linear part
  std::uint32_t hidden = 128; ///< width of the network's hidden layer
  std::uint32_t epochs = 20;  ///< passes of the network over the rows
  double network_weight =
      0.2;                ///< how much the network's log-probability counts beside the linear score
  std::uint64_t seed = 1; ///< the same rows, options and seed give the same model
};

/// Trains a classifier. Needs at least two intents with two training rows each; throws
/// std::invalid_argument with a sentence otherwise. Single-threaded; some 20 s for 15,000 short
/// rows with 150 intents. liblinear draws from the process-wide rand(), so calls are serialised
/// among themselves.
classifier train(std::span<const labelled> rows, const train_options& options = {});

} // namespace troupe::text
