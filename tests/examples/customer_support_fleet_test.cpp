#include "src/config/load_fleet.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace {

using namespace troupe;

const std::string folder = TROUPE_SOURCE_DIR "/examples/customer-support";

std::vector<std::vector<std::string>> rows_of(const std::string& name) {
  std::ifstream in{folder + "/support/" + name};
  std::vector<std::vector<std::string>> out;
  for (std::string line; std::getline(in, line);) {
    std::istringstream cells{line};
    auto& row = out.emplace_back();
    for (std::string cell; std::getline(cells, cell, '\t');)
      row.push_back(cell);
  }
  return out;
}

TEST(support_fleet, loads_without_a_word_of_complaint) {
  const auto got = config::load_fleet(folder, [](const std::string&) { return std::nullopt; });
  for (const auto& e : got.errors)
    ADD_FAILURE() << e.file << ':' << e.line << ": " << e.key << ": " << e.message;
  for (const auto& w : got.warnings)
    ADD_FAILURE() << w.file << ':' << w.line << ": " << w.key << ": " << w.message;
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.fleet->entry, "support");
  EXPECT_EQ(got.fleet->domains.size(), 3u);
}

TEST(support_fleet, every_intent_has_labelled_messages_and_the_other_way_round) {
  const auto got = config::load_fleet(folder, [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(got.ok());
  std::set<std::string> mapped;
  for (const auto& domain : got.fleet->domains)
    if (domain.path == "support")
      for (const auto& [intent, spec] : domain.understanding.intents)
        mapped.insert(intent);
  const auto rows = rows_of("examples.tsv");
  ASSERT_GT(rows.size(), 1u);
  EXPECT_EQ(rows.front(), (std::vector<std::string>{"split", "intent", "text"}));
  std::map<std::string, int> labelled;
  std::set<std::string> texts;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].size(), 3u) << "line " << i + 1;
    EXPECT_TRUE(rows[i][0] == "train" || rows[i][0] == "val") << "line " << i + 1;
    EXPECT_TRUE(texts.insert(rows[i][2]).second) << "line " << i + 1 << " repeats another";
    ++labelled[rows[i][1]];
  }
  EXPECT_GE(labelled["oos"], 60);
  for (const auto& [intent, count] : labelled) {
    EXPECT_GE(count, 25) << intent;
    EXPECT_TRUE(intent == "oos" || mapped.contains(intent)) << intent << " leads nowhere";
  }
  for (const auto& intent : mapped)
    EXPECT_TRUE(labelled.contains(intent)) << intent << " has no examples";
}

TEST(support_fleet, the_demo_s_messages_are_readable) {
  const auto rows = rows_of("messages.tsv");
  ASSERT_GT(rows.size(), 150u);
  EXPECT_EQ(rows.front(), (std::vector<std::string>{"customer", "text"}));
  for (std::size_t i = 1; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].size(), 2u) << "line " << i + 1;
    EXPECT_TRUE(rows[i][0].empty() || rows[i][0].starts_with("C-1")) << "line " << i + 1;
  }
}

} // namespace
