#include "src/text/evaluate.hpp"
#include "src/text/model.hpp"
#include "text_fixture.hpp"

#include <gmock/gmock.h>
#include <random>
#include <thread>

namespace troupe::text {
namespace {

using testing::desk;
using testing::fixture;

TEST(classifier, knows_its_own_requests) {
  auto found = desk().classify("I'd like to CANCEL my order, please!");
  EXPECT_EQ(found.intent, "cancel_order");
  EXPECT_TRUE(found.accepted);
  ASSERT_FALSE(found.alternatives.empty());
  EXPECT_EQ(found.alternatives.front().intent, found.intent);
  EXPECT_EQ(desk().classify("i forgot my password").intent, "reset_password");
}

TEST(classifier, shares_fall_and_stay_within_one) {
  auto found = desk().classify("send the bill to my new address");
  double sum = 0, before = 1;
  for (const auto& one : found.alternatives) {
    EXPECT_LE(one.confidence, before);
    before = one.confidence;
    sum += one.confidence;
  }
  EXPECT_LE(sum, 1.0001);
  EXPECT_LE(found.alternatives.size(), 5U);
}

TEST(classifier, turns_away_what_it_never_heard_of) {
  for (auto text : {"how far is the sun from the earth", "zzyzx qwrtp", "", "   ", "!!!"})
    EXPECT_FALSE(desk().classify(text).accepted) << text;
  EXPECT_EQ(desk().classify("").intent, "");
  EXPECT_EQ(desk().classify("").confidence, 0);
}

TEST(classifier, takes_any_bytes) {
  std::mt19937 dice(11);
  for (int round = 0; round < 500; ++round) {
    std::string bytes(dice() % 300, '\0');
    for (auto& byte : bytes)
      byte = static_cast<char>(dice());
    auto found = desk().classify(bytes);
    ASSERT_GE(found.confidence, 0);
    ASSERT_LE(found.confidence, 1);
  }
  EXPECT_NO_THROW(desk().classify(std::string(1 << 20, 'a')));
}

TEST(classifier, answers_the_same_from_many_threads) {
  auto rows = read_labelled(fixture("requests.tsv"));
  std::vector<std::string> expected;
  for (const auto& row : rows)
    expected.push_back(desk().classify(row.text).intent);
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t id = 0; id < wrong.size(); ++id)
    threads.emplace_back([&, id] {
      for (std::size_t at = 0; at < rows.size(); ++at)
        wrong[id] += desk().classify(rows[at].text).intent != expected[at];
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_THAT(wrong, ::testing::Each(0));
}

TEST(training, is_deterministic) {
  auto rows = read_labelled(fixture("requests.tsv"));
  auto again = train(rows);
  for (const auto& row : rows) {
    auto one = desk().classify(row.text), other = again.classify(row.text);
    EXPECT_EQ(one.intent, other.intent);
    EXPECT_EQ(one.confidence, other.confidence);
  }
  EXPECT_EQ(desk().threshold(), again.threshold());
}

TEST(training, cuts_its_own_held_back_rows_when_there_are_none) {
  auto rows = read_labelled(fixture("requests.tsv"));
  for (auto with_oos : {true, false}) {
    std::vector<labelled> training;
    for (const auto& row : rows)
      if (row.split == "train" && (with_oos || row.intent != out_of_scope))
        training.push_back(row);
    auto trained = train(training);
    EXPECT_EQ(trained.labels().size(), 8U);
    EXPECT_GT(trained.threshold(), 0);
    EXPECT_EQ(trained.classify("where is my parcel").intent, "track_parcel");
  }
}

TEST(training, refuses_what_cannot_be_learnt_from) {
  auto fails = [](std::vector<labelled> rows) { EXPECT_THROW(train(rows), std::invalid_argument); };
  fails({});
  fails({{"train", "a", "x y"}, {"train", "a", "x z"}});
  fails({{"train", "a", "x y"}, {"train", "a", "x z"}, {"train", "b", "x q"}});
  fails({{"train", "a", "x"},
         {"train", "a", "x"},
         {"train", "b", "y"},
         {"train", "b", "y"},
         {"val", "c", "z"}});
  fails({{"train", "a", "."}, {"train", "a", ""}, {"train", "b", ","}, {"train", "b", ";"}});
}

TEST(evaluate, measures_on_the_rows_that_did_not_train) {
  auto rows = read_labelled(fixture("requests.tsv"));
  auto report = evaluate_classifier(desk(), rows);
  EXPECT_EQ(report.in_scope, 24U);
  EXPECT_EQ(report.out_of_scope, 4U);
  EXPECT_GE(report.accuracy, 0.9);
  EXPECT_GE(report.kept, 0.9);
  EXPECT_GE(report.oos_recall, 0.75);
  EXPECT_EQ(to_json(report).at("in_scope"), 24);
  std::erase_if(rows, [](const labelled& row) { return row.split != "train"; });
  EXPECT_EQ(evaluate_classifier(desk(), rows).in_scope, 96U);
  EXPECT_EQ(evaluate_classifier(desk(), {}).accuracy, 0);
}

} // namespace
} // namespace troupe::text
