#include "src/text/connectors.hpp"
#include "src/text/evaluate.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>

// What the room reaches on published data. The data is not part of the house; where it does not lie
// beside it, these tests are skipped.

namespace troupe::text {
namespace {

std::filesystem::path data(const std::string& name) {
  return std::filesystem::path(TROUPE_SOURCE_DIR) / "../shared/data/intents" / name;
}

std::vector<labelled> in_scope_val(const std::vector<labelled>& rows) {
  std::vector<labelled> out;
  for (const auto& row : rows)
    if (row.split == "val" && row.intent != out_of_scope)
      out.push_back(row);
  return out;
}

// Two requests with a connector between them, over and over with other requests and connectors.
std::vector<compound_row> joined(const std::vector<labelled>& singles, std::size_t count) {
  static const std::string connectors[] = {" and ",        " and also ",   ". ", ", then ",
                                           " plus ",       " and then ",   "; ", ", also ",
                                           " as well as ", ". after that "};
  std::mt19937 dice(17);
  std::vector<compound_row> out;
  while (out.size() < count) {
    const auto &left = singles[dice() % singles.size()], &right = singles[dice() % singles.size()];
    if (left.intent != right.intent)
      out.push_back({left.text + connectors[out.size() % std::size(connectors)] + right.text,
                     {left.intent, right.intent}});
  }
  return out;
}

TEST(data, clinc150_reaches_its_bars) {
  if (!std::filesystem::exists(data("clinc150_train.tsv")))
    GTEST_SKIP() << "the CLINC150 rows are not here";
  auto rows = read_labelled(data("clinc150_train.tsv"));
  auto trained = train(rows);
  auto report = evaluate_classifier(trained, rows);
  RecordProperty("report", to_json(report).dump());
  EXPECT_GE(report.accuracy, 0.93);
  EXPECT_GE(report.kept, 0.90);
  EXPECT_GE(report.oos_recall, 0.84);

  auto singles = in_scope_val(rows);
  auto pairs = evaluate_decomposer(trained, joined(singles, 500));
  RecordProperty("pairs", to_json(pairs).dump());
  EXPECT_GE(pairs.count_right, 0.85);
  std::vector<compound_row> holding;
  for (const auto& row : singles)
    if (parts_of(row.text).size() > 1)
      holding.push_back({row.text, {row.intent}});
  auto whole = evaluate_decomposer(trained, holding);
  RecordProperty("whole", to_json(whole).dump());
  EXPECT_GE(whole.count_right, 0.95);
}

TEST(data, banking77_reaches_its_bar) {
  if (!std::filesystem::exists(data("banking77_train.tsv")))
    GTEST_SKIP() << "the BANKING77 rows are not here";
  auto rows = read_labelled(data("banking77_train.tsv"));
  std::map<std::string, std::size_t> met;
  for (auto& row : rows)
    if (met[row.intent]++ % 10 == 4)
      row.split = "test";
  auto report = evaluate_classifier(train(rows), rows);
  RecordProperty("report", to_json(report).dump());
  EXPECT_GE(report.accuracy, 0.92);
}

} // namespace
} // namespace troupe::text
