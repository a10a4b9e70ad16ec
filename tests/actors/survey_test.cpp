// What any node asks all nodes of itself.
#include "actors/respondent.hpp"
#include "actors/survey.hpp"
#include "tests/fixtures/post_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace survey_cases {

using namespace troupe::testing;

/// Some posts, each with a respondent.
struct survey_stage {
  ~survey_stage() {
    for (auto& [node, who] : respondents)
      caf::anon_send_exit(who, caf::exit_reason::kill);
  }
  void add(const std::string& node, node_subjects subjects) {
    auto& m = stage.add(node, [](post_config& c) { c.exposed = {"respondent"}; });
    const auto who = stage.system().spawn(respondent, m.parts, std::move(subjects));
    m.places().claim({address_kind::node, node + "/respondent"})->take(who);
    respondents.emplace(node, who);
    stage.advance(milliseconds{500});
  }
  /// What came of it once `wait` has passed.
  survey_answers ask(const std::string& from, survey_question what,
                     milliseconds wait = milliseconds{100}) {
    answers = 0;
    survey(stage.system(), stage.at(from).parts, std::move(what),
           [this](survey_answers x, const refused& y) {
             ++answers;
             said = std::move(x);
             why = y;
           });
    stage.advance(wait);
    return said;
  }
  static survey_question about(const std::string& subject, json query = json::object()) {
    survey_question out;
    out.subject = subject;
    out.query = std::move(query);
    return out;
  }

  post_stage stage;
  std::map<std::string, caf::actor> respondents;
  survey_answers said;
  refused why;
  int answers = 0;
};

/// Says what it was asked.
node_subjects echo(const std::string& node) {
  return {{"echo", [node](const json& query, const node_reply& then) {
             then({{"node", node}, {"query", query}}, {});
           }}};
}

TEST(survey, all_nodes_answer_in_the_order_of_their_names) {
  survey_stage s;
  for (const auto* node : {"C", "A", "B"})
    s.add(node, echo(node));
  for (const auto* from : {"A", "B", "C"}) {
    const auto said = s.ask(from, survey_stage::about("echo", {{"x", 7}}));
    ASSERT_EQ(said.size(), 3u) << from;
    EXPECT_EQ(s.answers, 1);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(said[i].node, std::string(1, static_cast<char>('A' + i)));
      EXPECT_EQ(said[i].answer["node"], said[i].node);
      EXPECT_EQ(said[i].answer["query"]["x"], 7);
    }
  }
  auto one = survey_stage::about("echo");
  one.only = "B";
  EXPECT_EQ(s.ask("A", one).size(), 1u);
  one.only = "Z";
  s.ask("A", one);
  EXPECT_EQ(s.why.why, refusal::unknown_node);
}

TEST(survey, who_does_not_answer_in_time_is_named_and_nobody_waits_for_him_longer) {
  survey_stage s;
  s.add("A", echo("A"));
  s.add("B", {{"echo", [](const json&, const node_reply&) {}}});
  s.add("C", {});
  s.add("D", {{"echo", [](const json&, const node_reply&) { throw std::runtime_error{"oh"}; }}});
  auto what = survey_stage::about("echo");
  what.within = milliseconds{300};
  s.ask("A", what, milliseconds{250});
  EXPECT_EQ(s.answers, 0);
  s.stage.advance(milliseconds{100});
  ASSERT_EQ(s.answers, 1);
  ASSERT_EQ(s.said.size(), 4u);
  EXPECT_EQ(s.said[0].missing.why, refusal::none);
  EXPECT_EQ(s.said[1].missing.why, refusal::timeout);
  EXPECT_EQ(s.said[2].missing.why, refusal::invalid_request);
  EXPECT_EQ(s.said[3].missing.why, refusal::internal);
}

TEST(survey, a_node_that_is_lost_meanwhile_is_named) {
  survey_stage s;
  s.add("A", echo("A"));
  s.add("B", {{"echo", [](const json&, const node_reply&) {}}});
  s.ask("A", survey_stage::about("echo"), milliseconds{50});
  EXPECT_EQ(s.answers, 0);
  caf::anon_send_exit(s.respondents.at("B"), caf::exit_reason::kill);
  s.stage.advance(milliseconds{300});
  ASSERT_EQ(s.answers, 1);
  EXPECT_EQ(s.said[1].missing.why, refusal::stopping);
}

TEST(survey, a_question_that_is_open_is_answered_when_its_respondent_ends_or_has_waited_enough) {
  survey_stage s;
  std::vector<node_reply> kept;
  s.add("A", {{"hold", [&](const json&, const node_reply& then) { kept.push_back(then); }}});
  std::vector<refused> said;
  const auto me = s.stage.spawn(std::make_shared<diary>());
  const auto ask = [&] {
    s.stage.make(me, [&](caf::event_based_actor* self) {
      self->request(s.respondents.at("A"), std::chrono::seconds{60}, ask_node{"hold", "{}", 0, 0})
          .then([&](const node_answered& x) { said.push_back(x.why); },
                [&](const caf::error&) {
                  said.push_back({refusal::internal, "it was not answered", {}});
                });
    });
    s.stage.advance(milliseconds{100});
  };
  ask();
  ASSERT_EQ(kept.size(), 1u);
  s.stage.advance(respondent_state::keep_for);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].why, refusal::timeout);
  ask();
  EXPECT_EQ(said.size(), 1u);
  caf::anon_send_exit(s.respondents.at("A"), caf::exit_reason::kill);
  s.stage.advance(milliseconds{100});
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[1].why, refusal::stopping) << said[1].detail;
}

TEST(survey, long_answers_cross_in_parts_and_too_long_ones_not_at_all) {
  survey_stage s;
  s.add("A", echo("A"));
  s.add("B", {{"long", [](const json& query, const node_reply& then) {
                 then(std::string(query["bytes"].get<std::size_t>(), 'x'), {});
               }}});
  auto what = survey_stage::about("long", {{"bytes", 3000000}});
  what.only = "B";
  auto said = s.ask("A", what, milliseconds{1000});
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].missing.why, refusal::none) << said[0].missing.detail;
  EXPECT_EQ(said[0].answer.get<std::string>().size(), 3000000u);
  what.query["bytes"] = 5000000;
  said = s.ask("A", what, milliseconds{1000});
  EXPECT_EQ(said[0].missing.why, refusal::too_large);
}

TEST(survey, a_respondent_keeps_no_more_open_than_it_says) {
  survey_stage s;
  std::vector<node_reply> waiting;
  s.add("A", echo("A"));
  s.add("B", {{"hold", [&](const json&, const node_reply& then) { waiting.push_back(then); }}});
  std::size_t refused_ = 0;
  auto what = survey_stage::about("hold");
  what.only = "B";
  what.within = std::chrono::seconds{60};
  // From both sides, because one node has no more surveys of its own at once.
  for (std::size_t i = 0; i < 40; ++i)
    for (const auto* from : {"A", "B"})
      survey(s.stage.system(), s.stage.at(from).parts, what,
             [&](const survey_answers& x, const refused&) {
               refused_ += x.at(0).missing.why == refusal::busy ? 1 : 0;
             });
  s.stage.advance(milliseconds{200});
  EXPECT_EQ(waiting.size(), respondent_state::most_open);
  EXPECT_EQ(refused_, 80 - respondent_state::most_open);
  for (const auto& then : waiting)
    then({}, {});
  waiting.clear();
  s.stage.advance(milliseconds{200});
}

TEST(survey, no_more_run_at_once_than_a_node_may_have) {
  survey_stage s;
  std::vector<node_reply> waiting;
  s.add("A", {{"hold", [&](const json&, const node_reply& then) { waiting.push_back(then); }}});
  std::size_t busy = 0, ended = 0;
  for (int i = 0; i < 70; ++i)
    survey(s.stage.system(), s.stage.at("A").parts, survey_stage::about("hold"),
           [&](const survey_answers&, const refused& why) {
             ++ended;
             busy += why.why == refusal::busy ? 1 : 0;
           });
  EXPECT_EQ(busy, 6u);
  s.stage.advance(std::chrono::seconds{5});
  EXPECT_EQ(ended, 70u);
  EXPECT_EQ(s.stage.at("A").parts->surveys->load(), 0u);
}

} // namespace survey_cases
} // namespace troupe
