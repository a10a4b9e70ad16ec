#include "nodes/sim_llm/brain.hpp"
#include "nodes/sim_llm/rate_limit.hpp"
#include "policies/dice.hpp"

#include <re2/re2.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

using namespace troupe;
using namespace troupe::sim_llm;
using namespace std::chrono_literals;

namespace {

chat about(const std::string& text) {
  chat out;
  out.model = "m";
  out.messages = {{chat_role::system, "You help.", {}, {}}, {chat_role::user, text, {}, {}}};
  out.tools = {{"track_parcel",
                "Where a parcel of an order is",
                {{"type", "object"},
                 {"properties", {{"order_id", {{"type", "string"}, {"pattern", "LF-[0-9]+"}}}}},
                 {"required", {"order_id"}}},
                effects::none},
               {"refund", "Pays money back", {{"type", "object"}}, effects::idempotent}};
  out.schema = {{"type", "object"},
                {"properties",
                 {{"text", {{"type", "string"}}},
                  {"data", {{"type", "object"}}},
                  {"confidence", {{"type", "number"}}}}},
                {"required", {"text", "confidence"}}};
  return out;
}

void has_said(chat& to, const spoken& x, const std::string& result) {
  to.messages.push_back({chat_role::assistant, x.text, x.calls, {}});
  to.messages.push_back({chat_role::tool, result, {}, x.calls.at(0).id});
}

} // namespace

TEST(sim_llm, uses_the_tool_that_the_words_speak_of_and_answers_with_what_it_says) {
  const settings plain;
  auto asked = about("Where is the parcel of my order LF-10200?");
  const auto first = answer_to(asked, plain, 7);
  ASSERT_EQ(first.calls.size(), 1u);
  EXPECT_EQ(first.calls[0].name, "track_parcel");
  EXPECT_EQ(first.calls[0].arguments["order_id"], "LF-10200");
  has_said(asked, first, R"({"text": "It is in Leeds.", "data": {"place": "Leeds"}})");
  const auto last = answer_to(asked, plain, 7);
  EXPECT_TRUE(last.calls.empty());
  const auto said = json::parse(last.text);
  EXPECT_EQ(said["text"], "It is in Leeds.");
  EXPECT_EQ(said["data"]["place"], "Leeds");
  EXPECT_GT(last.input_tokens, 0u);
  // Somebody who is told to do it again says the same.
  asked.messages.push_back({chat_role::assistant, "nonsense", {}, {}});
  asked.messages.push_back({chat_role::user, "That is no JSON. Again.", {}, {}});
  EXPECT_EQ(json::parse(answer_to(asked, plain, 9).text)["text"], "It is in Leeds.");
}

TEST(sim_llm, says_what_the_passages_say_that_it_is_shown_and_names_their_source) {
  auto asked =
      about(R"({"request":"how long","knowledge":[{"source":"a.md#How","text":"Thirty days."}]})");
  asked.tools.clear();
  asked.schema = {{"type", "object"},
                  {"properties",
                   {{"text", {{"type", "string"}}},
                    {"data", {{"type", "object"}}},
                    {"confidence", {{"type", "number"}}}}}};
  const auto said = json::parse(answer_to(asked, {}, 1).text);
  EXPECT_EQ(said["text"], "Thirty days.");
  EXPECT_EQ(said["data"]["sources"], json::array({"a.md#How"}));
  asked.messages[1].text = R"({"request":"how long","knowledge":[]})";
  EXPECT_LT(json::parse(answer_to(asked, {}, 1).text)["confidence"], 0.3);
}

TEST(sim_llm, wishes_once_more_for_what_has_failed) {
  auto asked = about("Where is the parcel of my order LF-10200?");
  has_said(asked, answer_to(asked, {}, 7), R"({"error": {"reason": "timeout"}})");
  const auto again = answer_to(asked, {}, 8);
  ASSERT_EQ(again.calls.size(), 1u);
  EXPECT_EQ(again.calls[0].name, "track_parcel");
}

TEST(sim_llm, says_what_the_script_says_where_it_fits) {
  settings with;
  scripted_answer call;
  call.match = std::make_shared<const re2::RE2>("order (LF-\\d+)");
  call.calls = {{"refund", {{"order", "${1}"}}}, {"track_parcel", json::object()}};
  scripted_answer then;
  then.after = "refund";
  then.text = "Done: ${result}";
  then.data = {{"ok", true}};
  then.confidence = 0.8;
  with.answers = {call, then};
  auto asked = about("Pay order LF-7 back");
  const auto first = answer_to(asked, with, 1);
  ASSERT_EQ(first.calls.size(), 2u);
  EXPECT_EQ(first.calls[0].arguments["order"], "LF-7");
  has_said(asked, first, "paid");
  const auto said = json::parse(answer_to(asked, with, 1).text);
  EXPECT_EQ(said["text"], "Done: paid");
  EXPECT_EQ(said["data"]["ok"], true);
  EXPECT_EQ(said["confidence"], 0.8);
}

TEST(sim_llm, what_goes_wrong_goes_wrong_as_often_as_it_should) {
  const auto shares = worst();
  std::array<int, 11> seen{};
  for (std::uint64_t i = 0; i < 20000; ++i)
    ++seen[static_cast<std::size_t>(draw_mishap(shares, scramble(i)))];
  for (std::size_t i = 1; i < shares.size(); ++i)
    EXPECT_NEAR(seen[i] / 20000.0, shares[i], 0.01) << enum_names<mishap>::value[i];
}

TEST(sim_llm, spoilt_answers_differ_from_good_ones) {
  auto asked = about("hello");
  asked.tools.clear();
  spoken good;
  good.text = R"({"confidence":0.9,"data":{"order":"LF-10200"},"text":"Order LF-10200 is fine."})";
  std::set<std::string> malformed;
  for (std::uint64_t i = 0; i < 20; ++i) {
    EXPECT_NE(spoilt(good, asked, mishap::hallucinated, i).text, good.text);
    malformed.insert(spoilt(good, asked, mishap::malformed, i).text);
  }
  EXPECT_EQ(malformed.size(), 4u);
  EXPECT_TRUE(spoilt(good, asked, mishap::refused, 1).refused);
  EXPECT_TRUE(spoilt(good, asked, mishap::truncated, 1).cut_off);
  EXPECT_EQ(spoilt(good, asked, mishap::none, 1).text, good.text);
}

TEST(sim_llm, first_tokens_come_along_the_curve) {
  const latency_curve curve{200ms, 2000ms, 0ms};
  std::vector<milliseconds> all;
  for (std::uint64_t i = 0; i < 20001; ++i)
    all.push_back(first_token(curve, scramble(i)));
  std::sort(all.begin(), all.end());
  EXPECT_NEAR(all[10000].count(), 200, 12);
  EXPECT_NEAR(all[19800].count(), 2000, 250);
  EXPECT_EQ(first_token({}, 5), 0ms);
}

TEST(sim_llm, limits_a_key_in_any_minute) {
  rate_limit limit{3};
  const auto start = rate_limit::steady::now();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(limit.enter("a", 1, start + i * 10s).count(), 0);
  EXPECT_EQ(limit.enter("a", 1, start + 30s), 30001ms);
  EXPECT_EQ(limit.enter("b", 1, start + 30s).count(), 0);
  EXPECT_EQ(limit.enter("a", 1, start + 60s).count(), 0);
  EXPECT_GT(limit.enter("a", 1, start + 61s).count(), 0);
}
