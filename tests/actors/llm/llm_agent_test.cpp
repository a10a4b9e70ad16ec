// Agents that think with models: whole nodes in virtual time, models and services by a script.
#include "policies/llm_talk.hpp"
#include "tests/actors/llm/scene.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace llm_agent_cases {

TEST(llm_agent, answers_with_what_the_model_says_and_what_it_cost) {
  scene x;
  x.small(says("In Leeds.", {{"place", "Leeds"}}, 0.8));
  const auto t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::completed);
  EXPECT_EQ(t->result().text, "In Leeds.");
  EXPECT_EQ(t->result().data["place"], "Leeds");
  EXPECT_EQ(t->result().confidence, 0.8);
  EXPECT_EQ(t->result().used.input_tokens, 100u);
  EXPECT_EQ(t->result().used.output_tokens, 10u);
  EXPECT_EQ(t->result().used.cost_micros, 150u);
  const auto& body = x.asked.at(0).second;
  EXPECT_EQ(body["model"], "small-1");
  EXPECT_EQ(body["messages"][0]["role"], "system");
  EXPECT_EQ(body["messages"][0]["content"].get<std::string>().find("You do the work."), 0u);
  EXPECT_EQ(json::parse(inside_data(body["messages"][1]["content"].get<std::string>()))["request"],
            "Where is order LF-10200?");
  EXPECT_TRUE(body.contains("response_format"));
}

TEST(llm_agent, uses_a_tool_and_answers_with_what_it_found) {
  scene x{[](agent_spec& a) { with_tool(a); }};
  json seen;
  x.tool = [&](const json& call) {
    seen = call;
    return found();
  };
  x.small(wants_tools({{"look", {{"order", "LF-10200"}}}}));
  x.small(says("It is in Leeds."));
  const auto t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "It is in Leeds.");
  EXPECT_EQ(seen["input"]["order"], "LF-10200");
  EXPECT_EQ(seen["skill"], "work");
  EXPECT_EQ(seen["idempotency_key"], "");
  EXPECT_EQ(t->result().used.input_tokens, 200u);
  ASSERT_EQ(x.asked.size(), 2u);
  EXPECT_EQ(x.asked[0].second["tools"][0]["function"]["name"], "look");
  EXPECT_EQ(json::parse(inside_data(x.last_words()))["data"]["place"], "Leeds");
}

TEST(llm_agent, what_a_tool_says_is_shortened_until_it_fits_into_the_context) {
  scene x{[](agent_spec& a) { with_tool(a); },
          {},
          [](fleet_spec& f) { f.models.front().context_tokens = 2000; }};
  x.tool = [](const json&) { return found("In Leeds. " + std::string(20000, 'x')); };
  x.small(wants_tools({{"look", {{"order", "LF-10200"}}}}));
  x.small(says("It is in Leeds."));
  const auto t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "It is in Leeds.");
  ASSERT_EQ(x.asked.size(), 2u);
  std::size_t bytes = 0;
  for (const auto& m : x.asked[1].second["messages"])
    bytes += m["content"].is_string() ? m["content"].get<std::string>().size() : 0;
  EXPECT_LE(bytes, static_cast<std::size_t>(0.65 * 4 * 2000));
  EXPECT_NE(x.last_words().find("In Leeds."), std::string::npos) << x.last_words();
  std::string notes;
  for (const auto& e : t->record().history)
    if (e.kind == event_kind::noted)
      if (const auto* text = e.get<std::string>())
        notes += *text + "\n";
  EXPECT_NE(notes.find("context shortened from"), std::string::npos) << notes;
}

std::string long_request(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes)
    out += "Where is my order? ";
  return out;
}

TEST(llm_agent, a_request_too_long_for_a_model_goes_whole_to_one_with_more_room) {
  scene x{{}, {}, [](fleet_spec& f) { f.models.front().context_tokens = 2000; }};
  x.large(says("It is in Leeds."));
  const auto t = x.s->ask(wants("work", long_request(20000)), 60s);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "It is in Leeds.");
  ASSERT_EQ(x.asked.size(), 1u);
  EXPECT_EQ(x.asked[0].first, "large");
  EXPECT_NE(x.last_words().find(long_request(20000)), std::string::npos);
  std::string notes;
  for (const auto& e : t->record().history)
    if (e.kind == event_kind::noted)
      if (const auto* text = e.get<std::string>())
        notes += *text + "\n";
  EXPECT_NE(notes.find("small: context_too_long"), std::string::npos) << notes;
  EXPECT_NE(notes.find("model large: 1 answer,"), std::string::npos) << notes;
}

TEST(llm_agent, a_request_too_long_for_all_models_is_sent_to_none) {
  // Longer than a context by itself, and only with all that is said besides.
  for (const std::size_t bytes : {20000, 7900}) {
    scene x{{}, {}, [](fleet_spec& f) {
              for (auto& m : f.models)
                m.context_tokens = 2000;
            }};
    const auto t = x.s->ask(wants("work", long_request(bytes)), 60s);
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->result().failed.why, reason::invalid_input);
    EXPECT_NE(t->result().failed.detail.find("context_too_long"), std::string::npos)
        << t->result().failed.detail;
    EXPECT_TRUE(x.asked.empty());
  }
}

TEST(llm_agent, tools_are_used_side_by_side_and_wrong_wishes_come_back_with_what_is_wrong) {
  scene x{[](agent_spec& a) { with_tool(a); }};
  int uses = 0;
  x.tool = [&](const json&) {
    ++uses;
    return found();
  };
  x.small(wants_tools({{"look", {{"order", "LF-1"}}},
                       {"lookup_everything", json::object()},
                       {"look", {{"order", "seven"}}},
                       {"look", {{"order", "LF-2"}}}}));
  x.small(says("Both are in Leeds."));
  const auto t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "Both are in Leeds.");
  EXPECT_EQ(uses, 2);
  const auto& messages = x.asked.at(1).second["messages"];
  ASSERT_EQ(messages.size(), 7u);
  EXPECT_NE(messages[4]["content"].get<std::string>().find("no such tool"), std::string::npos);
  EXPECT_NE(messages[5]["content"].get<std::string>().find("pattern"), std::string::npos);
  EXPECT_EQ(json::parse(inside_data(messages[6]["content"].get<std::string>()))["data"]["place"],
            "Leeds");
}

TEST(llm_agent, repairs_an_answer_once) {
  scene x{[](agent_spec& a) {
    a.gives = {{"type", "object"},
               {"properties", {{"data", {{"type", "object"}, {"required", {"place"}}}}}}};
  }};
  x.small(says("Somewhere."));
  x.small(says("In Leeds.", {{"place", "Leeds"}}));
  auto t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "In Leeds.");
  EXPECT_NE(x.last_words().find("/data"), std::string::npos);

  x.small("no answer at all");
  x.small(message({{"content", "Sure, my friend!"}}));
  x.small(message({{"content", "I said it already."}}));
  t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::invalid_output);
}

TEST(llm_agent, numbers_that_nobody_gave_are_not_believed) {
  scene x{[](agent_spec& a) { a.settings["grounded"] = true; }};
  x.small(says("Order LF-99999 is in Leeds."));
  x.small(says("Order LF-10200 is in Leeds."));
  auto t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "Order LF-10200 is in Leeds.");
}

TEST(llm_agent, waits_as_long_as_the_provider_says_and_goes_to_the_next_model_when_it_stays_down) {
  scene x;
  x.small("{}", 429, "1500");
  x.small(says("In Leeds."));
  auto t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "In Leeds.");
  EXPECT_EQ(x.asked.size(), 2u);
  EXPECT_GE(t->record().updated - t->record().what->created, 1500ms);

  x.small("{}", 401);
  x.large(says("In Leeds, says the large one."));
  t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "In Leeds, says the large one.");
}

TEST(llm_agent, a_provider_that_keeps_failing_is_left_alone_for_a_while) {
  scene x;
  for (int i = 0; i < 3; ++i)
    x.small("{}", 503);
  x.large(says("one"));
  ASSERT_TRUE(x.ask()->done());
  EXPECT_EQ(x.asked.size(), 4u);
  // Its breaker is open: the next call goes to the other one at once.
  x.large(says("two"));
  auto t = x.ask();
  EXPECT_EQ(t->result().text, "two");
  EXPECT_EQ(x.asked.size(), 5u);
  EXPECT_EQ(x.asked.back().first, "large");
  x.s->advance(21s);
  x.small(says("three"));
  t = x.ask();
  EXPECT_EQ(t->result().text, "three");
  EXPECT_EQ(x.asked.back().first, "small");
}

TEST(llm_agent, the_other_provider_and_the_cheaper_model_are_rungs_that_are_seen) {
  scene x{[](agent_spec& a) {
    a.settings["model"] = "large";
    a.settings["fallback_models"] = json::array({"small"});
  }};
  for (int i = 0; i < 3; ++i)
    x.large("{}", 503);
  x.small(says("cheap"));
  const auto t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().text, "cheap");
  EXPECT_EQ(t->result().used.cost_micros, 150u);
  EXPECT_EQ(x.asked.back().first, "small");
  std::string notes;
  for (const auto& e : t->record().history)
    if (e.kind == event_kind::noted)
      if (const auto* text = e.get<std::string>())
        notes += *text + "\n";
  EXPECT_NE(notes.find("large: overloaded"), std::string::npos) << notes;
  EXPECT_NE(notes.find("model small"), std::string::npos) << notes;
  EXPECT_NE(notes.find("% full"), std::string::npos) << notes;
}

TEST(llm_agent, when_all_models_fail_the_ladder_goes_on_below_it) {
  scene x{[](agent_spec& a) { a.fallback = {"human:desk"}; }};
  for (int i = 0; i < 3; ++i) {
    x.small("{}", 500);
    x.large("{}", 500);
  }
  const auto t = x.s->submit(wants("work"));
  x.s->advance(30s);
  ASSERT_EQ(x.s->questions("desk").size(), 1u);
}

TEST(llm_agent, what_a_tool_has_done_is_told_even_when_no_model_can) {
  scene x{[](agent_spec& a) { with_tool(a, effects::idempotent); }};
  std::vector<std::string> keys;
  x.tool = [&](const json& call) {
    keys.push_back(call["idempotency_key"]);
    return found("Order LF-10200 is cancelled.");
  };
  x.small(wants_tools({{"look", {{"order", "LF-10200"}}}}));
  for (int i = 0; i < 3; ++i) {
    x.small("{}", 500);
    x.large("{}", 500);
  }
  const auto t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::completed);
  EXPECT_EQ(t->result().text, "Order LF-10200 is cancelled.");
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_FALSE(keys[0].empty());
}

TEST(llm_agent, what_may_have_been_done_is_tried_again_under_the_same_key) {
  scene x{[](agent_spec& a) { with_tool(a, effects::idempotent); }};
  std::vector<std::string> keys;
  x.tool = [&](const json& call) -> std::optional<tools::http_response> {
    keys.push_back(call["idempotency_key"]);
    return keys.size() == 1 ? reply_with(500, "") : found();
  };
  for (int i = 0; i < 3; ++i)
    x.small(wants_tools({{"look", {{"order", "LF-10200"}}}}));
  x.small(says("Done."));
  const auto t = x.ask();
  ASSERT_TRUE(t->done());
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[0], keys[1]);
  // Once it was done, another wish for it is another deed.
  EXPECT_NE(keys[1], keys[2]);
}

TEST(llm_agent, a_deed_that_nobody_may_repeat_goes_to_a_person_when_it_is_uncertain) {
  scene x{[](agent_spec& a) { with_tool(a, effects::unsafe); },
          [](domain_spec& d) { d.human_queue = "desk"; }};
  x.tool = [](const json&) { return reply_with(500, ""); };
  x.small(wants_tools({{"look", {{"order", "LF-10200"}}}}));
  x.s->submit(wants("work", "Where is order LF-10200?"));
  x.s->advance(10s);
  EXPECT_EQ(x.s->questions("desk").size(), 1u);
  EXPECT_EQ(x.asked.size(), 1u);
}

TEST(llm_agent, a_model_that_only_asks_for_tools_is_stopped) {
  scene x{[](agent_spec& a) {
    with_tool(a);
    a.settings["max_steps"] = 2;
  }};
  x.tool = [](const json&) { return found(); };
  for (int i = 0; i < 3; ++i)
    x.small(wants_tools({{"look", {{"order", "LF-10200"}}}}));
  const auto t = x.ask();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::loop);
  // The last time it was given nothing to use.
  EXPECT_FALSE(x.asked.back().second.contains("tools"));
}

TEST(llm_agent, a_task_that_is_cancelled_ends_its_requests) {
  scene x;
  const auto t = x.s->submit(wants("work"));
  x.s->advance(1s);
  ASSERT_EQ(x.s.around->http->open.size(), 1u);
  EXPECT_EQ(x.s->cancel(t->id()), refusal::none);
  x.s->advance(1s);
  EXPECT_TRUE(x.s.around->http->open.empty());
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::canceled);
}

TEST(llm_agent, a_silent_model_ends_with_its_deadline) {
  scene x{{}, [](domain_spec& d) { d.step_timeout = 5s; }};
  const auto t = x.ask(20s);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->result().failed.why, reason::timeout);
  EXPECT_TRUE(x.s.around->http->open.empty());
}

TEST(llm_agent, a_task_that_is_cancelled_while_a_tool_works_asks_nobody_any_more) {
  scene x{[](agent_spec& a) {
    a.settings["tools"]["look"] = {{"native", {{"function", "script"}}}};
  }};
  x.small(wants_tools({{"look", json::object()}}));
  x.small(says("In Leeds."));
  x.s.around->pool->held = true;
  const auto t = x.s->submit(wants("work"));
  x.s->advance(1s);
  ASSERT_EQ(x.s.around->pool->waiting(), 1u);
  EXPECT_EQ(x.s->cancel(t->id()), refusal::none);
  x.s->advance(1s);
  // A function that does not look at its token is waited for.
  x.s.around->pool->held = false;
  x.s->advance(1s);
  EXPECT_EQ(x.s.around->pool->waiting(), 0u);
  EXPECT_EQ(x.asked.size(), 1u);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::canceled);
}

} // namespace llm_agent_cases
