#include "src/text/evaluate.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace troupe::text {

namespace {

class stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double micros_each(double seconds, std::size_t count) {
  return count == 0 ? 0 : seconds * 1e6 / static_cast<double>(count);
}

} // namespace

train_summary train_file(const std::filesystem::path& rows, const std::filesystem::path& file,
                         const train_options& options) {
  stopwatch watch;
  auto read = read_labelled(rows);
  auto trained = train(read, options);
  trained.save(file);
  train_summary out;
  out.rows =
      static_cast<std::size_t>(std::count_if(read.begin(), read.end(), [](const labelled& row) {
        return row.split.starts_with("train");
      }));
  out.labels = trained.labels().size();
  out.threshold = trained.threshold();
  out.seconds = watch.seconds();
  out.model_bytes = static_cast<std::size_t>(std::filesystem::file_size(file));
  return out;
}

classifier_report evaluate_classifier(const classifier& by, std::span<const labelled> rows) {
  bool split = std::any_of(rows.begin(), rows.end(),
                           [](const labelled& row) { return !row.split.starts_with("train"); });
  classifier_report out;
  std::size_t right = 0, kept = 0, kept_right = 0, turned_away = 0;
  double seconds = 0;
  for (const auto& row : rows) {
    if (split && row.split.starts_with("train"))
      continue;
    stopwatch watch;
    auto found = by.classify(row.text);
    seconds += watch.seconds();
    if (row.intent == out_of_scope) {
      ++out.out_of_scope;
      turned_away += found.accepted ? 0 : 1;
      continue;
    }
    ++out.in_scope;
    bool hit = found.intent == row.intent;
    right += hit ? 1 : 0;
    kept += found.accepted ? 1 : 0;
    kept_right += hit && found.accepted ? 1 : 0;
  }
  out.accuracy = share(right, out.in_scope);
  out.kept = share(kept, out.in_scope);
  out.kept_accuracy = share(kept_right, kept);
  out.oos_recall = share(turned_away, out.out_of_scope);
  out.us_per_message = micros_each(seconds, out.in_scope + out.out_of_scope);
  return out;
}

decomposer_report evaluate_decomposer(const classifier& by, std::span<const compound_row> rows) {
  decomposer_report out;
  std::size_t count_right = 0, labels_right = 0;
  double seconds = 0;
  for (const auto& row : rows) {
    stopwatch watch;
    auto clauses = decompose(by, row.text);
    seconds += watch.seconds();
    std::multiset<std::string> wanted(row.intents.begin(), row.intents.end()), found;
    for (const auto& clause : clauses)
      if (!row.intents.empty() || clause.what.accepted)
        found.insert(clause.what.intent);
    count_right += clauses.size() == std::max<std::size_t>(row.intents.size(), 1) ? 1 : 0;
    labels_right += wanted == found ? 1 : 0;
  }
  out.rows = rows.size();
  out.count_right = share(count_right, rows.size());
  out.labels_right = share(labels_right, rows.size());
  out.us_per_message = micros_each(seconds, rows.size());
  return out;
}

nlohmann::json to_json(const train_summary& summary) {
  return {{"rows", summary.rows},
          {"labels", summary.labels},
          {"threshold", summary.threshold},
          {"seconds", summary.seconds},
          {"model_bytes", summary.model_bytes}};
}

nlohmann::json to_json(const classifier_report& report) {
  return {{"in_scope", report.in_scope},
          {"out_of_scope", report.out_of_scope},
          {"accuracy", report.accuracy},
          {"kept", report.kept},
          {"kept_accuracy", report.kept_accuracy},
          {"oos_recall", report.oos_recall},
          {"us_per_message", report.us_per_message}};
}

nlohmann::json to_json(const decomposer_report& report) {
  return {{"rows", report.rows},
          {"count_right", report.count_right},
          {"labels_right", report.labels_right},
          {"us_per_message", report.us_per_message}};
}

} // namespace troupe::text
