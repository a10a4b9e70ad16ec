#include "src/text/training.hpp"

#include "src/text/tsv.hpp"

#include <iterator>
#include <utility>

namespace troupe::text {

namespace {

/// What the rows say of an intent.
struct intent_rows {
  training_rows::place first_training, first_checked;
  std::size_t training = 0, checked = 0;
};

using rows_by_intent = std::map<std::string, intent_rows, std::less<>>;

void count_rows(const std::filesystem::path& file, const std::vector<labelled>& rows,
                rows_by_intent& to) {
  for (const auto& row : rows) {
    const bool trains = row.split.starts_with("train");
    if (row.intent == out_of_scope || (!trains && row.split != "val"))
      continue;
    auto& of = to[row.intent];
    auto& number = trains ? of.training : of.checked;
    if (number++ == 0)
      (trains ? of.first_training : of.first_checked) = {file, row.line};
  }
}

void look_at(const rows_by_intent& all, training_rows& out) {
  for (const auto& [intent, of] : all) {
    if (of.training == 0) {
      out.flaws.push_back({of.first_checked.file, of.first_checked.line,
                           "the intent '" + intent + "' has validation rows and no training rows"});
      continue;
    }
    out.intents.emplace(intent, of.first_training);
    if (of.training == 1)
      out.flaws.push_back({of.first_training.file, of.first_training.line,
                           "the intent '" + intent + "' has one training row; two are the least"});
  }
}

} // namespace

std::string to_string(const training_flaw& x) {
  return x.file.string() + (x.line == 0 ? "" : ":" + std::to_string(x.line)) + ": " + x.problem;
}

training_rows read_training(const std::vector<std::filesystem::path>& files) {
  training_rows out;
  rows_by_intent all;
  for (const auto& file : files) {
    try {
      auto rows = read_labelled(file);
      count_rows(file, rows, all);
      out.rows.insert(out.rows.end(), std::make_move_iterator(rows.begin()),
                      std::make_move_iterator(rows.end()));
    } catch (const row_error& wrong) {
      out.flaws.push_back({file, wrong.line(), wrong.problem()});
    }
  }
  if (!out.flaws.empty())
    return out;
  look_at(all, out);
  if (out.intents.size() < 2 && !files.empty())
    out.flaws.push_back(
        {files.front(), 0, "training needs rows of at least two intents in the split 'train'"});
  return out;
}

} // namespace troupe::text
