// What the audit trail says of acts that become known otherwise than by the answer to their call.
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

#include <utility>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace effect_trail_cases {

domain_spec paying_as(effects does, const std::string& function = "quick") {
  auto a = an_agent("pay", function);
  a.card.does = does;
  a.timeout = 60s;
  auto d = a_domain("d", {std::move(a)});
  d.human_queue = "desk";
  return d;
}

/// The records about effects, in order.
std::vector<json> effects_on_record(stage& s) {
  s->run();
  std::vector<json> out;
  for (const auto& row : s.around->disk->kept->audit(0, 1000)) {
    auto record = json::parse(row.body);
    if (record["what"].get<std::string>().starts_with("effect."))
      out.push_back(std::move(record));
  }
  return out;
}

void expect_settled(const json& record, const std::string& task, const char* state,
                    const char* by) {
  EXPECT_EQ(record["what"], "effect.settled");
  EXPECT_EQ(record["task"], task);
  EXPECT_EQ(record["key"], task + "/0/0");
  EXPECT_EQ(record["state"], state);
  EXPECT_EQ(record["by"], by);
}

TEST(effect_trail, says_what_an_agent_has_said_when_it_was_asked) {
  for (const bool happened : {true, false}) {
    stage s{paying_as(effects::queryable)};
    bool first = true;
    s.room.works["pay"] = [&](const agent_call& x) {
      if (x.query)
        return say("", {{"happened", happened}});
      if (std::exchange(first, false))
        return outcome::of({reason::timeout, "the line went dead", {}});
      return say("paid");
    };
    auto t = s->ask(wants("pay"));
    ASSERT_TRUE(t->done());
    EXPECT_TRUE(t->result().ok());
    const auto trail = effects_on_record(s);
    ASSERT_EQ(trail.size(), happened ? 3u : 5u);
    EXPECT_EQ(trail[1]["what"], "effect.ended");
    EXPECT_EQ(trail[1]["ok"], false);
    expect_settled(trail[2], t->id(), happened ? "committed" : "not_done", "query");
    if (!happened) {
      EXPECT_EQ(trail[4]["what"], "effect.ended");
      EXPECT_EQ(trail[4]["ok"], true);
    }
  }
}

TEST(effect_trail, says_what_a_person_has_said) {
  for (const bool happened : {true, false}) {
    stage s{paying_as(effects::unsafe)};
    bool first = true;
    s.room.works["pay"] = [&](const agent_call&) {
      if (std::exchange(first, false))
        return outcome::of({reason::timeout, "the line went dead", {}});
      return say("paid");
    };
    auto t = s->submit(wants("pay"));
    s->advance(1s);
    const auto open = s->questions("desk");
    ASSERT_EQ(open.size(), 1u);
    auto said = happened ? say("it stands in the books")
                         : outcome::of({reason::policy_denied, "no trace of it", {}});
    EXPECT_EQ(s->answer(open[0]->id, said), refusal::none);
    s->advance(5s);
    ASSERT_TRUE(t->done());
    const auto trail = effects_on_record(s);
    ASSERT_EQ(trail.size(), happened ? 3u : 5u);
    EXPECT_EQ(trail[1]["ok"], false);
    expect_settled(trail[2], t->id(), happened ? "committed" : "not_done", "person");
  }
}

TEST(effect_trail, says_what_comes_of_an_act_when_its_task_is_over) {
  stage s{paying_as(effects::unsafe, "script")};
  s.around->pool->held = true;
  auto t = s->submit(wants("pay"));
  s->run();
  EXPECT_EQ(s->cancel(t->id()), refusal::none);
  s->run();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().acted, deeds::possible);
  ASSERT_EQ(effects_on_record(s).size(), 1u) << "nobody knows yet";
  s.around->pool->held = false;
  s->advance(1s);
  ASSERT_EQ(s.room.count("pay"), 1u);
  const auto trail = effects_on_record(s);
  ASSERT_EQ(trail.size(), 2u);
  EXPECT_EQ(trail[0]["what"], "effect.begun");
  expect_settled(trail[1], t->id(), "committed", "late answer");
}

TEST(effect_trail, says_it_once_when_the_answer_to_the_call_says_it) {
  stage s{paying_as(effects::unsafe)};
  auto t = s->ask(wants("pay"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().acted, deeds::done);
  EXPECT_EQ(effects_on_record(s).size(), 2u);
}

} // namespace effect_trail_cases
