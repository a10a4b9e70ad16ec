// What a person is told who has to say, or to put right, what an agent has done.
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace effect_questions_cases {

TEST(questions_of_effects, about_a_request_without_words_say_what_was_asked_for) {
  auto refund = an_agent("refund", "script");
  refund.card.does = effects::unsafe;
  auto d = a_domain("d", {refund});
  d.human_queue = "desk";
  stage s{d};
  s.room.works["refund"] = [](const agent_call&) {
    return outcome::of({reason::crash, "gone", {}});
  };
  auto r = wants("refund", "");
  r.data = {{"amount", 5}};
  auto t = s->submit(r);
  s->advance(20s);
  const auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_NE(open[0]->text.find(R"(refund of {"amount":5})"), std::string::npos) << open[0]->text;
}

TEST(questions_of_effects, to_who_takes_back_by_hand_say_what_was_done) {
  auto refund = an_agent("refund", "script");
  refund.card.does = effects::idempotent;
  auto d = a_domain("d", {refund, an_agent("ship", "script"), an_agent("undo", "script")});
  d.human_queue = "desk";
  d.plans["all"] = around(plan_op::compensate, "all", {undoable("refund", "undo"), step("ship")});
  stage s{d};
  s.room.works["refund"] = [](const agent_call&) { return say("", {{"payment", "p-4"}}); };
  const auto fails = [](const agent_call&) {
    return outcome::of({reason::invalid_input, "no", {}});
  };
  s.room.works["ship"] = s.room.works["undo"] = fails;
  auto t = s->submit(wants("all", ""));
  s->advance(20s);
  const auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_NE(open[0]->text.find(R"("payment":"p-4")"), std::string::npos) << open[0]->text;
}

} // namespace effect_questions_cases
