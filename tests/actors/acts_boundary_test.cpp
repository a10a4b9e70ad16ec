// What is said of an act outside passes the same boundary as any answer, however it became known.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <tuple>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace acts_boundary_cases {

json gives_receipt() {
  return json::parse(R"({"required": ["data"], "properties": {"data": {
    "type": "object", "required": ["receipt"], "properties": {"receipt": {"type": "string"}}}}})");
}

domain_spec paying(agent_spec a) {
  auto d = a_domain("d", {std::move(a)});
  d.retry.max_retries = 0;
  d.retry.min_backoff = 0ms;
  return d;
}

TEST(acts_boundary, what_an_agent_says_of_its_act_when_asked_is_held_against_it_too) {
  const json good{{"receipt", "R-1"}};
  for (const auto& [result, confidence, why] :
       {std::tuple{json{{"receipt", 7}}, 1.0, reason::invalid_output},
        std::tuple{good, 0.2, reason::low_confidence},
        std::tuple{json{{"receipt", "R-1"}, {"account", "C-2"}}, 1.0, reason::contradiction}}) {
    SCOPED_TRACE(to_string(why));
    auto a = an_agent("pay");
    a.card.does = effects::queryable;
    a.gives = gives_receipt();
    a.min_confidence = 0.5;
    auto d = paying(a);
    d.human_queue = "desk";
    d.context["customer_id"].fact = true;
    d.context["customer_id"].said_as = {"/account"};
    stage s{d};
    int acts = 0;
    s.room.works["pay"] = [&, said = result, sure = confidence](const agent_call& x) {
      if (!x.query) {
        ++acts;
        return outcome::of({reason::timeout, "the line went dead", {}});
      }
      auto out = say("paid", {{"happened", true}, {"result", said}});
      out.confidence = static_cast<decltype(out.confidence)>(sure);
      return out;
    };
    auto r = wants("pay");
    r.who.id = "C-1";
    auto t = s->submit(r);
    s->advance(1s);
    ASSERT_EQ(t->finals(), 0u) << "what it said has passed";
    const auto open = s->questions("desk");
    ASSERT_EQ(open.size(), 1u);
    EXPECT_NE(open[0]->text.find(to_string(why)), std::string::npos) << open[0]->text;
    EXPECT_FALSE(open[0]->text.starts_with("Has this happened?")) << "that is known";
    const auto lines = s.around->disk->kept->effects({t->id(), {}, 10});
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].state, effect_state::committed);
    EXPECT_EQ(s->answer(open[0]->id, say("it was 5", good)), refusal::none);
    s->advance(1s);
    ASSERT_TRUE(t->done());
    EXPECT_TRUE(t->result().ok());
    EXPECT_EQ(acts, 1);
  }
}

TEST(acts_boundary, a_refused_word_of_an_act_is_no_success_when_the_task_runs_again) {
  auto a = an_agent("pay");
  a.card.does = effects::unsafe;
  auto d = paying(a);
  d.keep = durability::task;
  d.human_queue = "desk";
  d.context["customer_id"].fact = true;
  d.context["customer_id"].said_as = {"/account"};
  stage s{d};
  s.room.works["pay"] = [](const agent_call&) { return say("paid", {{"account", "C-2"}}); };
  auto r = wants("pay");
  r.who.id = "C-1";
  auto t = s->submit(r);
  s->advance(1s);
  ASSERT_EQ(s->questions("desk").size(), 1u);
  s.crash();
  s->advance(10s);
  const auto again = s->find(t->id());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->state, task_state::input_required);
  EXPECT_EQ(s.room.count("pay"), 1u) << "it has paid, whatever it said";
  const auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 1u);
  auto no = outcome::of({reason::policy_denied, "not this customer's", {}});
  EXPECT_EQ(s->answer(open[0]->id, no), refusal::none);
  s->advance(1s);
  EXPECT_EQ(s->find(t->id())->state, task_state::failed);
  EXPECT_EQ(s.room.count("pay"), 1u);
}

} // namespace acts_boundary_cases
