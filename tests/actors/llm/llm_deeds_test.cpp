// Under which keys tools of agents with models act: whoever asks for the same, in whatever attempt
// and order, finds it done; whoever asks for something else does not.
#include "actors/llm_deeds.hpp"
#include "tests/actors/llm/scene.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace llm_deeds_cases {

tool_card card_of(const std::string& name, effects does = effects::idempotent) {
  tool_card out;
  out.name = name;
  out.does = does;
  return out;
}

agent_call step_with(const std::string& key) {
  agent_call out;
  out.skill = "pay";
  out.idempotency_key = key;
  return out;
}

std::string key_of(const json& arguments, const deed_names& once_per = {},
                   const std::string& tool = "charge", const std::string& skill = "pay",
                   const std::string& step = "t/1/0") {
  return act_of(card_of(tool), skill, once_per, arguments, step_with(step)).key;
}

TEST(llm_act, follows_from_the_step_the_tool_and_what_is_asked) {
  const auto key = key_of({{"card", "C1"}, {"amount", 40}});
  EXPECT_TRUE(key.starts_with("t/1/0/charge/")) << key;
  EXPECT_EQ(key, key_of(json::parse(R"({"amount": 40.0, "card": "C1"})")));
  const std::set<std::string> others{
      key,
      key_of({{"card", "C1"}, {"amount", 40.5}}),
      key_of({{"card", "C1"}, {"amount", "40"}}),
      key_of({{"card", "C1"}, {"amount", {40}}}),
      key_of({{"card", "C1"}}),
      key_of(json::object()),
      key_of({{"card", "C1"}, {"amount", 40}}, {}, "refund"),
      key_of({{"card", "C1"}, {"amount", 40}}, {}, "charge", "pay", "t/2/0"),
  };
  EXPECT_EQ(others.size(), 8u);
  // A key is kept by those who get it: another version of this house must not make another one.
  EXPECT_EQ(key_of({{"card", "C1"}}), "t/1/0/charge/d636be792c5f38414aaf94ba133b707e");
}

TEST(llm_act, has_no_key_where_nothing_is_done) {
  EXPECT_EQ(act_of(card_of("look", effects::none), "pay", {}, {}, step_with("t/1/0")).key, "");
  // Without the step in it a key would be that of every task.
  EXPECT_EQ(key_of({{"card", "C1"}}, {}, "charge", "pay", ""), "");
}

TEST(llm_act, is_told_apart_by_the_arguments_that_are_named) {
  const std::vector<std::string> by_card{"card"};
  EXPECT_EQ(key_of({{"card", "C1"}, {"why", "late"}}, by_card),
            key_of({{"card", "C1"}, {"why", "too late"}}, by_card));
  EXPECT_NE(key_of({{"card", "C1"}}, by_card), key_of({{"card", "C2"}}, by_card));
  // One deed a step: the step's own if that is what the step asks for.
  const std::vector<std::string> by_step;
  EXPECT_EQ(key_of({{"card", "C1"}}, by_step), "t/1/0");
  EXPECT_EQ(key_of({{"card", "C2"}}, by_step), "t/1/0");
  EXPECT_EQ(key_of({{"card", "C1"}}, by_step, "charge", "write.letter"), "t/1/0/charge");
}

TEST(llm_deeds, count_repeats_and_try_again_under_the_same_key) {
  llm_deeds x;
  const auto tried = [&x](const std::string& act, reason why) {
    const llm_deeds::use use{0, "charge", effects::idempotent, act, x.key_for({act, false})};
    outcome came;
    if (why == reason::none)
      came.text = "done";
    else
      came = outcome::of({why, "", {}});
    x.note(use, std::make_shared<const outcome>(came), false);
    return use.key;
  };
  EXPECT_EQ(tried("a", reason::none), "a");
  EXPECT_EQ(tried("b", reason::timeout), "b");
  EXPECT_EQ(tried("a", reason::timeout), "a/2");
  // What failed leaves its key to the same deed and to no other.
  EXPECT_EQ(tried("c", reason::none), "c");
  EXPECT_EQ(tried("a", reason::none), "a/2");
  EXPECT_EQ(tried("b", reason::none), "b");
  EXPECT_EQ(tried("b", reason::none), "b/2");
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(x.key_for({"once", true}), "once");
  EXPECT_EQ(x.key_for({}), "");
}

using keys_by_order = std::map<std::string, std::vector<std::string>>;

/// Notes under which keys the tool is asked for which order.
void listen(scene& x, keys_by_order& keys) {
  x.tool = [&keys](const json& call) {
    keys[call["input"]["order"]].push_back(call["idempotency_key"]);
    return found();
  };
}

json of(const char* order) {
  return {{"order", order}};
}

TEST(llm_agent, asks_again_after_a_crash_in_another_order_and_does_nothing_twice) {
  scene x{[](agent_spec& a) { with_tool(a, effects::idempotent); },
          [](domain_spec& d) { d.retry.max_retries = 2; }};
  keys_by_order before;
  listen(x, before);
  x.small(wants_tools({{"look", of("LF-1")}, {"look", of("LF-2")}, {"look", of("LF-1")}}));
  const auto id = [&] {
    const auto t = x.s->submit(wants("work"));
    x.s->advance(1s);
    return t->id();
  }();
  ASSERT_EQ(before["LF-1"].size(), 2u);
  ASSERT_EQ(before["LF-2"].size(), 1u);
  EXPECT_NE(before["LF-1"][0], before["LF-1"][1]);

  x.small(wants_tools(
      {{"look", of("LF-3")}, {"look", of("LF-2")}, {"look", of("LF-1")}, {"look", of("LF-1")}}));
  x.small(says("Done."));
  keys_by_order after;
  listen(x, after);
  x.s.crash();
  x.s->advance(20s);
  const auto record = x.s->find(id);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, task_state::completed);
  EXPECT_EQ(after["LF-1"], before["LF-1"]);
  EXPECT_EQ(after["LF-2"], before["LF-2"]);
  ASSERT_EQ(after["LF-3"].size(), 1u);
  std::set<std::string> all;
  for (const auto& [order, keys] : after)
    all.insert(keys.begin(), keys.end());
  EXPECT_EQ(all.size(), 4u);
}

TEST(llm_agent, a_tool_that_does_what_the_step_asks_for_has_the_step_s_own_key) {
  scene x{[](agent_spec& a) {
    with_tool(a, effects::idempotent);
    a.settings["tools"]["look"]["once_per"] = json::array();
  }};
  keys_by_order keys;
  listen(x, keys);
  x.small(wants_tools({{"look", of("LF-1")}, {"look", of("LF-2")}}));
  x.small(says("Done."));
  const auto t = x.ask();
  ASSERT_TRUE(t->done());
  ASSERT_EQ(keys["LF-1"].size(), 1u);
  EXPECT_EQ(keys["LF-1"], keys["LF-2"]);
  EXPECT_TRUE(keys["LF-1"][0].starts_with(t->id() + "/")) << keys["LF-1"][0];
  EXPECT_EQ(keys["LF-1"][0].find("look"), std::string::npos) << keys["LF-1"][0];
}

} // namespace llm_deeds_cases
