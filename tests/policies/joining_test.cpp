#include "policies/aggregate.hpp"
#include "policies/gate.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace joining_cases {

outcome said(std::string text, json data = json::object(), double confidence = 1) {
  outcome x;
  x.text = std::move(text);
  x.data = std::move(data);
  x.confidence = confidence;
  x.used.calls = 1;
  return x;
}

outcome failed(reason why) {
  return outcome::of({why, "detail", {}});
}

TEST(aggregate, one_part_is_passed_on_as_it_is) {
  const auto a = said("a", {{"k", 1}}, 0.5);
  const auto x = aggregate(join::merge, std::vector<contribution>{{"a", priority::low, &a}});
  EXPECT_EQ(x.text, "a");
  EXPECT_EQ(x.data, (json{{"k", 1}}));
  const auto f = failed(reason::crash);
  EXPECT_EQ(
      aggregate(join::merge, std::vector<contribution>{{"f", priority::low, &f}}).failed.detail,
      "detail");
}

TEST(aggregate, concatenation_puts_the_urgent_first_and_keeps_data_apart) {
  const auto a = said("a", {{"k", 1}}, 0.9), b = said("", {{"k", 2}}, 0.5), c = said("c", nullptr);
  const auto x =
      aggregate(join::concatenate, std::vector<contribution>{{"a", priority::medium, &a},
                                                             {"b", priority::medium, &b},
                                                             {"c", priority::urgent, &c}});
  EXPECT_EQ(x.text, "c\n\na");
  EXPECT_EQ(x.data, (json{{"a", {{"k", 1}}}, {"b", {{"k", 2}}}, {"c", nullptr}}));
  EXPECT_DOUBLE_EQ(x.confidence, 0.5);
  EXPECT_EQ(x.used.calls, 3u);
  EXPECT_FALSE(x.partial);
}

TEST(aggregate, concatenation_says_once_what_several_say) {
  const auto a = said("who are you?", {{"k", 1}}), b = said("b"),
             c = said("who are you?", {{"k", 2}});
  const auto x =
      aggregate(join::concatenate, std::vector<contribution>{{"a", priority::medium, &a},
                                                             {"b", priority::medium, &b},
                                                             {"c", priority::medium, &c}});
  EXPECT_EQ(x.text, "who are you?\n\nb");
  EXPECT_EQ(x.data["a"]["k"], 1);
  EXPECT_EQ(x.data["c"]["k"], 2) << "what each has found is kept";
}

TEST(aggregate, what_failed_is_named_and_the_rest_is_partial) {
  const auto a = said("a"), f = failed(reason::timeout);
  for (auto how : {join::concatenate, join::merge}) {
    const auto x = aggregate(
        how, std::vector<contribution>{{"f", priority::urgent, &f}, {"a", priority::low, &a}});
    EXPECT_TRUE(x.ok());
    EXPECT_TRUE(x.partial);
    EXPECT_EQ(x.data["missing"],
              (json::array({{{"step", "f"}, {"reason", "timeout"}, {"detail", "detail"}}})));
  }
}

TEST(aggregate, when_everything_fails_the_most_urgent_failure_speaks) {
  const auto f = failed(reason::timeout), g = failed(reason::crash);
  const auto x = aggregate(join::concatenate, std::vector<contribution>{{"f", priority::low, &f},
                                                                        {"g", priority::high, &g}});
  EXPECT_EQ(x.failed.why, reason::crash);
  EXPECT_EQ(x.failed.detail, "every branch failed; first g: detail");
  EXPECT_FALSE(x.partial);
  EXPECT_EQ(x.confidence, 0);
  EXPECT_EQ(x.data["missing"].size(), 2u);
}

TEST(aggregate, merging_shows_contradictions_and_settles_none) {
  const struct {
    std::vector<json> said;
    json merged;
    json contradictions;
  } table[] = {
      {{{{"a", 1}}, {{"b", 2}}}, {{"a", 1}, {"b", 2}}, nullptr},
      {{{{"a", 1}}, {{"a", 1}}}, {{"a", 1}}, nullptr},
      {{{{"a", 1}, {"b", 1}}, {{"a", 2}}}, {{"b", 1}}, {{"a", {{"s0", 1}, {"s1", 2}}}}},
      {{{{"a", 1}}, {{"a", 2}}, {{"a", 1}}},
       json::object(),
       {{"a", {{"s0", 1}, {"s1", 2}, {"s2", 1}}}}},
      {{{{"o", {{"x", 1}}}}, {{"o", {{"y", 2}}}}}, {{"o", {{"x", 1}, {"y", 2}}}}, nullptr},
      // The third to speak does not settle what the first two disagree on, one level down either.
      {{{{"o", {{"x", 1}}}}, {{"o", {{"x", 2}}}}, {{"o", {{"x", 3}}}}},
       {{"o", json::object()}},
       {{"o.x", {{"s0", 1}, {"s1", 2}, {"s2", 3}}}}},
      // Whoever said it is named, not whoever spoke of the object first.
      {{{{"o", {{"x", 1}}}}, {{"o", {{"y", 1}}}}, {{"o", {{"y", 2}}}}},
       {{"o", {{"x", 1}}}},
       {{"o.y", {{"s1", 1}, {"s2", 2}}}}},
      {{{{"o", {{"x", 1}}}}, {{"o", 5}}}, json::object(), {{"o", {{"s0", {{"x", 1}}}, {"s1", 5}}}}},
      // Contradictions within a part are kept.
      {{{{"contradictions", {{"k", {{"p", 1}, {"q", 2}}}}}}, {{"b", 1}}},
       {{"b", 1}},
       {{"k", {{"p", 1}, {"q", 2}}}}},
  };
  for (const auto& row : table) {
    std::vector<outcome> outcomes;
    for (const auto& data : row.said)
      outcomes.push_back(said("", data));
    const std::string names[] = {"s0", "s1", "s2"};
    std::vector<contribution> parts;
    for (std::size_t i = 0; i < outcomes.size(); ++i)
      parts.push_back({names[i], priority::medium, &outcomes[i]});
    auto x = aggregate(join::merge, parts);
    auto expected = row.merged;
    if (!row.contradictions.is_null())
      expected["contradictions"] = row.contradictions;
    EXPECT_EQ(x.data, expected);
    EXPECT_EQ(x.partial, !row.contradictions.is_null());
    EXPECT_TRUE(x.ok());
  }
}

TEST(aggregate, what_is_missing_within_a_part_stays_missing_after_merging) {
  auto a = said("a", {{"missing", json::array({{{"step", "inner"}}})}, {"k", 1}});
  a.partial = true;
  const auto f = failed(reason::crash), b = said("b");
  const auto x = aggregate(join::merge,
                           std::vector<contribution>{{"a", {}, &a}, {"b", {}, &b}, {"f", {}, &f}});
  ASSERT_EQ(x.data["missing"].size(), 2u);
  EXPECT_EQ(x.data["missing"][0]["step"], "inner");
  EXPECT_TRUE(x.partial);
}

TEST(gate, every_test_on_what_is_there_and_what_is_not) {
  const json document{
      {"text", "hello"},
      {"data",
       {{"amount", 100}, {"rate", 0.5}, {"none", nullptr}, {"tier", "gold"}, {"list", {1, 2}}}},
      {"confidence", 0.7}};
  using enum gate_test;
  const struct {
    const char* pointer;
    gate_test test;
    json value;
    bool holds;
  } table[] = {
      {"/text", exists, nullptr, true},
      {"/data/none", exists, nullptr, false},
      {"/data/nothing", exists, nullptr, false},
      {"", exists, nullptr, true},
      {"/data/amount", equals, 100, true},
      {"/data/amount", equals, 100.0, true},
      {"/data/amount", equals, "100", false},
      {"/data/none", equals, nullptr, true},
      {"/data/nothing", equals, nullptr, false},
      {"/data/amount", at_least, 100, true},
      {"/data/amount", at_least, 100.5, false},
      {"/data/amount", at_most, 100, true},
      {"/data/amount", at_most, 99, false},
      {"/data/rate", at_most, 1, true},
      {"/data/tier", at_least, 1, false},
      {"/data/amount", at_least, "1", false},
      {"/data/nothing", at_most, 5, false},
      {"/data/tier", one_of, json{"gold", "silver"}, true},
      {"/data/tier", one_of, json{"free"}, false},
      {"/data/tier", one_of, "gold", false},
      {"/data/list/1", equals, 2, true},
      {"/data/list/7", exists, nullptr, false},
      {"/data/list/-", exists, nullptr, false},
      {"/data/list/99999999999999999999999", exists, nullptr, false},
      {"data", exists, nullptr, false},
      {"/a~9", exists, nullptr, false},
  };
  for (const auto& row : table) {
    const condition rule{row.pointer, row.test, row.value};
    EXPECT_EQ(holds(rule, document), row.holds)
        << row.pointer << " " << to_string(row.test) << " " << row.value;
    EXPECT_NE(explain(rule, document).find(row.pointer), std::string::npos);
  }
  EXPECT_EQ(explain({"/data/amount", at_most, 50}, document),
            "needs /data/amount at_most 50, found 100");
  EXPECT_EQ(explain({"/data/x", exists, {}}, document), "needs /data/x exists, found nothing");
}

TEST(gate, text_that_is_no_unicode_can_be_explained) {
  EXPECT_NO_THROW((void)explain({"/text", gate_test::equals, "\xff"}, as_document(said("\xfe"))));
}

} // namespace joining_cases
} // namespace troupe
