// What a record tells of an attempt, and under which name an act is known.
#include "actors/act_name.hpp"
#include "actors/attempt_record.hpp"
#include "policies/planner.hpp"
#include "tests/fixtures/little_fleet.hpp"
#include "tests/fixtures/plan_parts.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace troupe;
using namespace troupe::testing;

namespace attempt_record_cases {

/// A task whose only step is a call of `a`.
struct little_task {
  explicit little_task(const std::string& text = "please") {
    auto request = std::make_shared<task>();
    request->id = "t";
    request->text = text;
    request->deadline = timestamp{milliseconds{60000}};
    t.what = request;
    t.run.emplace(lay_out(step("a"), a_domain("d", {an_agent("a")})), *t.what);
    std::vector<plan_action> todo;
    t.run->start(timestamp{}, todo);
  }
  void given(std::uint32_t attempt, const std::string& agent, bool triage = false) {
    auto way = std::make_shared<route>();
    way->agent = agent;
    event e;
    e.kind = event_kind::assigned;
    e.step = 0;
    e.attempt = attempt;
    e.triage = triage;
    e.body = route_ptr{std::move(way)};
    t.history.push_back(std::move(e));
  }
  void failed(std::uint32_t attempt, std::vector<flaw> errors) {
    failure why{reason::invalid_output, "no", {}};
    why.errors = std::move(errors);
    event e;
    e.kind = event_kind::step_failed;
    e.step = 0;
    e.attempt = attempt;
    e.body = std::make_shared<const failure>(std::move(why));
    t.history.push_back(std::move(e));
  }

  live_task t;
};

plan_action attempt(std::uint32_t number) {
  return {plan_action::kind::call, 0, number, false};
}

TEST(attempt_record, the_last_one_who_was_given_an_attempt_has_it) {
  little_task x;
  EXPECT_EQ(given_to(x.t, 0, 1), nullptr);
  x.given(1, "d/a");
  x.given(1, "d/b");
  x.given(2, "d/c");
  x.given(1, "d/t", true);
  ASSERT_NE(given_to(x.t, 0, 1), nullptr);
  EXPECT_EQ(given_to(x.t, 0, 1)->agent, "d/b");
  EXPECT_EQ(given_to(x.t, 0, 2)->agent, "d/c");
  EXPECT_EQ(given_to(x.t, 1, 1), nullptr);
  EXPECT_EQ(handed_out(x.t, attempt(1)), 2u) << "the understanding of the task is another thing";
  x.t.triage = true;
  EXPECT_EQ(given_to(x.t, 0, 1)->agent, "d/t");
}

TEST(attempt_record, an_attempt_is_handed_out_so_often_and_no_more) {
  little_task x;
  for (std::uint32_t i = 0; i < plan_run::most_interruptions; ++i) {
    EXPECT_FALSE(too_often(x.t, attempt(1))) << i;
    x.given(1, "d/a");
  }
  EXPECT_TRUE(too_often(x.t, attempt(1)));
  EXPECT_FALSE(too_often(x.t, attempt(2)));
}

TEST(attempt_record, only_what_may_be_done_twice_is_handed_out_again) {
  plan_run::step_state s;
  s.repeatable = true;
  s.does = effects::none;
  EXPECT_TRUE(harmless_again(s));
  s.does = effects::idempotent;
  EXPECT_TRUE(harmless_again(s));
  s.does = effects::unsafe;
  EXPECT_FALSE(harmless_again(s));
  s.does = effects::none;
  s.repeatable = false;
  EXPECT_FALSE(harmless_again(s));
}

TEST(attempt_record, an_attempt_hears_what_was_wrong_with_the_one_before_it) {
  little_task x;
  EXPECT_TRUE(errors_of_last_attempt(x.t, 0).is_null());
  flaw wrong;
  wrong.pointer = "/data/price";
  x.failed(1, {wrong});
  const auto errors = errors_of_last_attempt(x.t, 0);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors.dump().find("/data/price"), std::string::npos);
  EXPECT_TRUE(errors_of_last_attempt(x.t, 1).is_null());
  x.failed(2, {});
  EXPECT_TRUE(errors_of_last_attempt(x.t, 0).is_null()) << "that one had other troubles";
}

TEST(act_name, every_attempt_at_the_same_request_goes_by_one_name) {
  little_task x;
  auto spec = std::make_shared<agent_spec>(an_agent("a"));
  spec->card.does = effects::unsafe;
  const seat who{{address_kind::agent, "d/a"}, spec};
  EXPECT_TRUE(acts(x.t, who));
  x.t.triage = true;
  EXPECT_FALSE(acts(x.t, who)) << "understanding a message changes nothing";
  x.t.triage = false;
  EXPECT_EQ(act_key("t", 0, call_index(x.t, 0)), "t/0/0");
  EXPECT_EQ(fingerprint_of(x.t, 0), fingerprint_of(little_task{}.t, 0));
  EXPECT_NE(fingerprint_of(x.t, 0), fingerprint_of(little_task{"something else"}.t, 0));
  auto known = acting_call_of(x.t, 0, 3, who, true);
  EXPECT_EQ(known.attempt, 3u);
  EXPECT_TRUE(known.query);
  EXPECT_EQ(known.does, effects::unsafe);
  EXPECT_EQ(known.agent, "d/a");
  EXPECT_TRUE(known.fingerprint.empty()) << "nothing of it is in the ledger";
  ledger_line line;
  line.fingerprint = fingerprint_of(x.t, 0);
  x.t.ledger.add(line);
  EXPECT_EQ(acting_call_of(x.t, 0, 3, who, true).fingerprint, line.fingerprint);
}

} // namespace attempt_record_cases
