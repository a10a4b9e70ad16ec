#include "src/text/connectors.hpp"
#include "src/text/evaluate.hpp"
#include "text_fixture.hpp"

#include <gmock/gmock.h>
#include <random>

namespace troupe::text {
namespace {

using testing::desk;
using ::testing::ElementsAre;
using testing::fixture;

std::vector<std::string> intents(std::string_view message) {
  std::vector<std::string> out;
  for (const auto& one : decompose(desk(), message))
    out.push_back(one.what.intent);
  return out;
}

std::vector<std::string> pieces(std::string_view message) {
  std::vector<std::string> out;
  for (const auto& one : parts_of(message))
    out.emplace_back(message.substr(one.begin, one.end - one.begin));
  return out;
}

TEST(connectors, cut_at_words_and_marks) {
  EXPECT_THAT(pieces("pay it, and then mail me. Also call"),
              ElementsAre("pay it", "mail me", "call"));
  EXPECT_THAT(pieces("where is it? plus the bill & more"),
              ElementsAre("where is it?", "the bill", "more"));
  EXPECT_THAT(pieces("pay 3.50 to dr. no at a.b.com now"),
              ElementsAre("pay 3.50 to dr. no at a.b.com now"));
  EXPECT_THAT(pieces("the next flight"), ElementsAre("the next flight"));
  EXPECT_TRUE(parts_of(" ., and then ... ").empty());
}

TEST(connectors, know_openings_and_manners) {
  EXPECT_EQ(opening_of("Can you please stop"), std::string("can you please").size());
  EXPECT_EQ(opening_of("the order"), 0U);
  EXPECT_EQ(manner_of("where is it"), manner::request);
  EXPECT_EQ(manner_of("I want it"), manner::request);
  EXPECT_EQ(manner_of("I waited"), manner::statement);
  EXPECT_EQ(manner_of("because it broke"), manner::statement);
  EXPECT_EQ(manner_of("upgrade the plan"), manner::request);
  EXPECT_EQ(manner_of("upgrade it"), manner::unclear);
}

TEST(decompose, splits_two_requests) {
  EXPECT_THAT(intents("cancel my order and send me a copy of my invoice"),
              ElementsAre("cancel_order", "invoice_copy"));
  EXPECT_THAT(intents("Where is my parcel? Also, I forgot my password."),
              ElementsAre("track_parcel", "reset_password"));
}

TEST(decompose, leaves_single_requests_whole) {
  for (auto message : {"i ordered by mistake and want it cancelled", "where is my parcel",
                       "the item was faulty and i want a refund", "please, change my address"}) {
    auto out = decompose(desk(), message);
    ASSERT_EQ(out.size(), 1U) << message;
    EXPECT_EQ(out[0].text, message);
    EXPECT_EQ(out[0].begin, 0U);
    EXPECT_EQ(out[0].end, std::string_view(message).size());
  }
}

TEST(decompose, splits_a_request_and_another_matter_in_either_order) {
  EXPECT_THAT(intents("i forgot my password and i want to upgrade my plan"),
              ElementsAre("reset_password", "upgrade_plan"));
  EXPECT_THAT(intents("i want to upgrade my plan and i forgot my password"),
              ElementsAre("upgrade_plan", "reset_password"));
  auto out = decompose(desk(), "i want to upgrade my plan, i forgot my password!!!");
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[1].text, "i forgot my password!!!") << "a statement shares no opening";
}

TEST(decompose, finds_three_requests) {
  EXPECT_THAT(intents("reset my password, send me a copy of my invoice, and upgrade my plan"),
              ElementsAre("reset_password", "invoice_copy", "upgrade_plan"));
  EXPECT_THAT(intents("where is my parcel, i forgot my password, and upgrade my plan"),
              ElementsAre("track_parcel", "reset_password", "upgrade_plan"));
}

TEST(decompose, splits_behind_another_sentence_what_it_splits_alone) {
  for (std::string both :
       {"i want to upgrade my plan and reset my password", "send me my invoice and upgrade my plan",
        "change my address and reset my password"}) {
    const auto alone = intents(both);
    ASSERT_EQ(alone.size(), 2U) << both;
    EXPECT_THAT(intents("where is my parcel. " + both),
                ElementsAre("track_parcel", alone[0], alone[1]))
        << both;
  }
  // A clause that is whole alone stays whole there.
  EXPECT_THAT(intents("upgrade my plan. i ordered by mistake and want it cancelled"),
              ElementsAre("upgrade_plan", "cancel_order"));
}

TEST(decompose, does_not_look_closer_than_it_may) {
  decompose_options two;
  two.max_clauses = 2;
  EXPECT_EQ(
      decompose(desk(), "where is my parcel. send me my invoice and upgrade my plan", two).size(),
      2U);
}

TEST(decompose, reports_the_order_that_words_ask_for) {
  auto out = decompose(desk(), "upgrade my plan, then reset my password");
  ASSERT_EQ(out.size(), 2U);
  EXPECT_FALSE(out[0].after_previous);
  EXPECT_TRUE(out[1].after_previous);
  out = decompose(desk(), "cancel my order and reset my password");
  ASSERT_EQ(out.size(), 2U);
  EXPECT_FALSE(out[1].after_previous);
}

TEST(decompose, after_turns_the_order_round) {
  auto out = decompose(desk(), "send me my invoice after you reset my password");
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].what.intent, "reset_password");
  EXPECT_EQ(out[1].what.intent, "invoice_copy");
  EXPECT_FALSE(out[0].after_previous);
  EXPECT_TRUE(out[1].after_previous);
}

TEST(decompose, carries_a_shared_opening_over) {
  std::string message = "I want to cancel my order and reset my password";
  auto out = decompose(desk(), message);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_THAT(out[1].text, ::testing::EndsWith("reset my password"));
  EXPECT_EQ(message.substr(out[1].begin, out[1].end - out[1].begin), "reset my password");
}

TEST(decompose, respects_its_options) {
  decompose_options never;
  never.max_clauses = 1;
  EXPECT_EQ(decompose(desk(), "cancel my order. reset my password", never).size(), 1U);
  decompose_options sure;
  sure.least_confidence = 1.1;
  EXPECT_EQ(decompose(desk(), "cancel my order. reset my password", sure).size(), 1U);
}

TEST(decompose, takes_anything) {
  EXPECT_EQ(decompose(desk(), "").size(), 1U);
  EXPECT_EQ(decompose(desk(), " and then ").size(), 1U);
  std::string many;
  for (int at = 0; at < 3000; ++at)
    many += "a, ";
  EXPECT_GE(decompose(desk(), many).size(), 1U);
  std::mt19937 dice(8);
  const std::string words[] = {"and ", "then ",  "cancel my order ",    ". ",
                               ", ",   "after ", "where is my parcel ", "\xFF",
                               "? "};
  for (int round = 0; round < 300; ++round) {
    std::string message;
    for (auto left = dice() % 20; left > 0; --left)
      message += words[dice() % std::size(words)];
    auto out = decompose(desk(), message);
    ASSERT_GE(out.size(), 1U);
    ASSERT_LE(out.size(), decompose_options{}.max_clauses);
    for (const auto& one : out)
      ASSERT_LE(one.end, message.size());
  }
}

TEST(evaluate, counts_clauses_and_labels) {
  auto report = evaluate_decomposer(desk(), read_compound(fixture("compound.tsv")));
  EXPECT_EQ(report.rows, 16U);
  EXPECT_EQ(report.count_right, 1);
  EXPECT_EQ(report.labels_right, 1);
  EXPECT_EQ(to_json(report).at("rows"), 16);
}

} // namespace
} // namespace troupe::text
