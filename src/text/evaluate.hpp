#pragma once

#include "src/text/decompose.hpp"
#include "src/text/tsv.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <span>

namespace troupe::text {

struct train_summary {
  std::size_t rows = 0; ///< rows that trained, out-of-scope ones included
  std::size_t labels = 0;
  double threshold = 0;
  double seconds = 0;
  std::size_t model_bytes = 0;
};

/// Reads `rows`, trains, and saves the model. Throws what reading, training and saving throw.
train_summary train_file(const std::filesystem::path& rows, const std::filesystem::path& model,
                         const train_options& options = {});

/// Shares are 0 to 1 and 0 where there was no row to measure on.
struct classifier_report {
  std::size_t in_scope = 0;
  std::size_t out_of_scope = 0;
  double accuracy =
      0;           ///< of the in-scope rows, the share with the right label, threshold not applied
  double kept = 0; ///< of the in-scope rows, the share that was accepted
  double kept_accuracy = 0; ///< of the accepted in-scope rows, the share with the right label
  double oos_recall = 0;    ///< of the out-of-scope rows, the share that was not accepted
  double us_per_message = 0;
};

/// Measures on the rows whose split does not begin with "train"; if there are none, on all.
classifier_report evaluate_classifier(const classifier& by, std::span<const labelled> rows);

struct decomposer_report {
  std::size_t rows = 0;
  double count_right = 0; ///< share of rows split into as many clauses as they have intents
  double labels_right =
      0; ///< share of rows whose clauses carry exactly the row's intents, in any order
  double us_per_message = 0;
};

/// A row without intents is expected to come back as one clause that is not accepted.
decomposer_report evaluate_decomposer(const classifier& by, std::span<const compound_row> rows);

nlohmann::json to_json(const train_summary& summary);
nlohmann::json to_json(const classifier_report& report);
nlohmann::json to_json(const decomposer_report& report);

} // namespace troupe::text
