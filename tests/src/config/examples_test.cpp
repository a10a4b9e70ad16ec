// What a triage agent learns from is checked like the rest of the fleet: a fleet that is found to
// be right starts, and understands what it says it does.
#include "tests/src/config/fleet_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace troupe::config {
namespace examples_cases {

using test::fleet_folder;
using test::lines;

constexpr std::string_view taught =
    "intent\ttext\nbill\tthe bill\nbill\ta bill please\npay\ti pay\npay\tlet me pay\noos\thello\n";

/// The small fleet, which understands two intents.
void write_understanding(fleet_folder& f, std::string_view rows = taught) {
  test::write_small(f);
  f.write("support/domain.yaml",
          "domain: support\nhuman_queue: desk\ncontext: {tier: string}\nunderstand:\n"
          "  agent: triage\n  unclear: talk\n  intents:\n"
          "    bill: {skill: bill}\n    pay: {skill: pay}\n")
      .write("support/e.tsv", rows);
}

void triage_with(fleet_folder& f, const std::string& settings) {
  f.write("support/agents/triage.yaml",
          "agent: triage\nkind: triage\ntriage:\n  model: m\n" + settings);
}

TEST(examples, that_teach_every_intent_are_not_mentioned) {
  fleet_folder f;
  write_understanding(f);
  const auto got = f.load();
  EXPECT_EQ(lines(got.errors) + lines(got.warnings), "");
  EXPECT_THAT(got.files, testing::Contains("support/e.tsv"));
}

TEST(examples, from_which_nothing_can_be_trained_are_an_error_at_their_line) {
  fleet_folder f;
  write_understanding(f, "intent\ttext\nfoo\tbar\n");
  EXPECT_EQ(lines(f.load().errors),
            "support/e.tsv: training needs rows of at least two intents in the split 'train'\n"
            "support/e.tsv:2: the intent 'foo' has one training row; two are the least\n");
  f.write("support/e.tsv", "bill\tthe bill\n");
  EXPECT_EQ(lines(f.load().errors), "support/e.tsv:1: the header has no column 'intent'\n");
  f.write("support/e.tsv", "intent\ttext\nbill\tx\nbill\n");
  EXPECT_EQ(lines(f.load().errors), "support/e.tsv:3: the line has 1 fields, the header 2\n");
}

TEST(examples, that_are_not_there_are_an_error_at_their_key) {
  fleet_folder f;
  write_understanding(f);
  f.remove("support/e.tsv");
  EXPECT_EQ(lines(f.load().errors),
            "support/agents/triage.yaml:3:20: triage.examples: there is no file \"e.tsv\" to train "
            "the model from\n");
  triage_with(f, "");
  EXPECT_EQ(lines(f.load().errors),
            "support/agents/triage.yaml:4:3: triage.model: there is neither the model nor a file "
            "of examples to train it from\n");
}

TEST(examples, are_left_alone_where_the_model_is_there) {
  fleet_folder f;
  write_understanding(f, "nonsense");
  f.write("support/m", "a model");
  const auto got = f.load();
  EXPECT_EQ(lines(got.errors) + lines(got.warnings), "");
  f.remove("support/e.tsv");
  EXPECT_EQ(lines(f.load().errors), "");
}

TEST(examples, further_ones_count_if_they_are_there) {
  fleet_folder f;
  write_understanding(f, "intent\ttext\nbill\tthe bill\nbill\ta bill please\npay\ti pay\n");
  triage_with(f, "  examples: e.tsv\n  extra_examples: [more.tsv, none.tsv]\n");
  EXPECT_EQ(lines(f.load().errors),
            "support/e.tsv:4: the intent 'pay' has one training row; two are the least\n");
  f.write("support/more.tsv", "intent\ttext\npay\tlet me pay\n");
  EXPECT_EQ(lines(f.load().errors), "");
  f.write("support/more.tsv", "intent\ttext\npay\n");
  EXPECT_EQ(lines(f.load().errors), "support/more.tsv:2: the line has 1 fields, the header 2\n");
}

TEST(examples, whose_name_is_a_secret_are_called_as_they_are_written) {
  fleet_folder f;
  write_understanding(f);
  triage_with(f, "  examples: e.tsv\n  extra_examples: [\"${env:MORE:-none.tsv}\"]\n");
  f.write("support/hidden.tsv", "intent\ttext\npay\n");
  const auto got = f.load({{"MORE", "hidden.tsv"}});
  EXPECT_EQ(lines(got.errors),
            "support/${env:MORE:-none.tsv}:2: the line has 1 fields, the header 2\n");
  EXPECT_THAT(got.files, testing::Not(testing::Contains("support/hidden.tsv")));
}

TEST(examples, that_leave_an_intent_out_or_lead_nowhere_are_warned_of) {
  fleet_folder f;
  write_understanding(f, "intent\ttext\nbill\tthe bill\nbill\ta bill please\npays\ti pay\n"
                         "pays\tlet me pay\noos\thello\n");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_EQ(lines(got.warnings),
            "support/domain.yaml:9:5: understand.intents.pay: no example of agent \"triage\" has "
            "this intent: no message will be found to want it; did you mean \"pays\"?\n"
            "support/e.tsv:4: the intent \"pays\" is none of domain \"support\": a message that is "
            "found to want it stays unclear\n");
}

TEST(examples, need_not_teach_what_a_language_model_is_asked_for) {
  fleet_folder f;
  write_understanding(f, "intent\ttext\nbill\tthe bill\nbill\ta bill please\nchat\thi\n"
                         "chat\thello\n");
  f.write("fleet.yaml", std::string{test::small_fleet} +
                            "providers:\n  main: {api: openai, url: 'http://127.0.0.1:1/v1'}\n"
                            "models:\n  small: {provider: main, model: s, context: 32000, "
                            "max_output: 1000}\n");
  triage_with(f, "  examples: e.tsv\n  ask_model: {model: small}\n");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_EQ(lines(got.warnings),
            "support/e.tsv:4: the intent \"chat\" is none of domain \"support\": a message that is "
            "found to want it stays unclear\n");
}

} // namespace examples_cases
} // namespace troupe::config
