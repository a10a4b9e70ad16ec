// Sessions: their order, their memory, their context.
#include "tests/fixtures/stage.hpp"
#include "tests/fixtures/turns.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace sessions_cases {

domain_spec talk(when_busy busy, const std::string& function = "script") {
  auto d = a_domain("d", {an_agent("chat", function)});
  d.sessions.busy = busy;
  d.sessions.queue_limit = 2;
  d.context = {{"name", {}}, {"secret", {}}, {"count", {}}};
  d.context["count"].type = "integer";
  d.agents[0].reads = {"name", "count"};
  d.agents[0].writes = {"name", "count"};
  return d;
}

TEST(sessions, keep_their_context_over_turns_and_restarts) {
  stage s{talk(when_busy::queue, "quick")};
  s.room.works["chat"] = [](const agent_call& x) {
    json context = {{"count", shown(x, "count", 0) + 1}};
    if (x.text.rfind("I am ", 0) == 0)
      context["name"] = x.text.substr(5);
    return say("hello " + shown<std::string>(x, "name", "stranger"), {{"context", context}});
  };
  EXPECT_EQ(s->ask(turn_of("s1", "I am Ann"))->result().text, "hello stranger");
  EXPECT_EQ(s->ask(turn_of("s1", "who am I?"))->result().text, "hello Ann");
  EXPECT_EQ(s->ask(turn_of("s2", "who am I?"))->result().text, "hello stranger");
  s.restart();
  EXPECT_EQ(s->ask(turn_of("s1", "and now?"))->result().text, "hello Ann");
  auto found = s->session("s1");
  ASSERT_TRUE(found.what);
  EXPECT_EQ(found.what->context, (json{{"name", "Ann"}, {"count", 3}}));
  ASSERT_EQ(found.what->turns.size(), 3u);
  EXPECT_EQ(found.what->turns[2].answer, "hello Ann");
  EXPECT_TRUE(found.working_on.empty());
}

// As after a move: a message has come before the store has said what is known of its session.
TEST(sessions, one_that_is_still_looked_up_is_not_shown_without_what_it_has) {
  stage s{talk(when_busy::queue, "quick")};
  s->ask(turn_of("s1", "first"));
  ASSERT_EQ(s->session("s1").what->turns.size(), 1u);
  s.restart();
  s.around->disk->no_task = store_error::kind::busy;
  const auto t = s->submit(turn_of("s1", "second"));
  s->run();
  EXPECT_EQ(t->finals(), 0u);
  const auto meanwhile = s->session("s1");
  EXPECT_TRUE(!meanwhile.what || meanwhile.what->turns.size() == 1u) << "an empty one is shown";
  s.around->disk->no_task.reset();
  s->advance(5s);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(s->session("s1").what->turns.size(), 2u);
}

TEST(sessions, an_interrupted_turn_goes_on_in_the_session_as_it_was) {
  stage s{talk(when_busy::queue)};
  s.room.works["chat"] = [](const agent_call& x) {
    return say("hello " + shown<std::string>(x, "name", "stranger"),
               {{"context", {{"name", "Ann"}}}});
  };
  s->ask(turn_of("s1", "first"));
  s.around->pool->held = true;
  auto t = s->submit(turn_of("s1", "second"));
  s->run();
  const auto id = t->id();
  s.around->pool->held = false;
  s.crash();
  auto u = s->watch(id);
  s->advance(1s);
  ASSERT_TRUE(u->done());
  EXPECT_EQ(u->result().text, "hello Ann");
  auto found = s->session("s1");
  ASSERT_TRUE(found.what);
  ASSERT_EQ(found.what->turns.size(), 2u);
  EXPECT_EQ(found.what->turns[0].text, "first");
  EXPECT_EQ(found.what->turns[1].answer, "hello Ann");
}

TEST(sessions, messages_wait_for_each_other_in_order_and_not_for_ever_many) {
  stage s{talk(when_busy::queue)};
  s.around->pool->held = true;
  std::vector<heard_ptr> t;
  for (int i = 0; i < 4; ++i) {
    t.push_back(s->submit(turn_of("s1", std::to_string(i))));
    s->run();
  }
  EXPECT_EQ(s.around->pool->waiting(), 1u);
  ASSERT_EQ(t[3]->refusals.size(), 1u);
  EXPECT_EQ(t[3]->refusals[0].why, refusal::busy);
  EXPECT_EQ(s->session("s1").waiting, 2u);
  s.around->pool->held = false;
  s->run();
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(t[static_cast<std::size_t>(i)]->done()) << i;
  ASSERT_EQ(s.room.calls.size(), 3u);
  EXPECT_EQ(s.room.calls[0].second.text + s.room.calls[1].second.text + s.room.calls[2].second.text,
            "012");
}

TEST(sessions, a_message_does_not_wait_for_its_turn_beyond_its_deadline) {
  stage s{talk(when_busy::queue)};
  s.around->pool->held = true;
  auto first = s->submit(turn_of("s1", "first"));
  s->run();
  auto hurried = turn_of("s1", "hurried");
  hurried.timeout = 500ms;
  auto late = s->submit(hurried);
  auto patient = s->submit(turn_of("s1", "patient"));
  s->advance(400ms);
  EXPECT_TRUE(late->refusals.empty());
  EXPECT_EQ(s->session("s1").waiting, 2u);
  s->advance(200ms);
  ASSERT_EQ(late->refusals.size(), 1u);
  EXPECT_EQ(late->refusals[0].why, refusal::timeout);
  EXPECT_EQ(s->session("s1").waiting, 1u);
  s.around->pool->held = false;
  s->run();
  EXPECT_TRUE(first->done());
  ASSERT_TRUE(patient->done());
  EXPECT_EQ(s.room.calls.size(), 2u);
}

TEST(sessions, a_busy_session_may_refuse) {
  stage s{talk(when_busy::reject)};
  s.around->pool->held = true;
  auto t = s->submit(turn_of("s1", "first"));
  s->run();
  auto u = s->submit(turn_of("s1", "second"));
  s->run();
  ASSERT_EQ(u->refusals.size(), 1u);
  EXPECT_EQ(u->refusals[0].why, refusal::conflict);
  s.around->pool->held = false;
  s->run();
  EXPECT_TRUE(t->done());
}

TEST(sessions, a_newer_message_may_interrupt) {
  stage s{talk(when_busy::interrupt)};
  s.around->pool->held = true;
  auto t = s->submit(turn_of("s1", "first"));
  s->run();
  auto u = s->submit(turn_of("s1", "second"));
  s->run();
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::canceled);
  s.around->pool->held = false;
  s->run();
  ASSERT_TRUE(u->done());
  EXPECT_EQ(u->record().state, task_state::completed);
}

TEST(sessions, count_turns_that_went_badly_once_each) {
  auto d = talk(when_busy::queue, "quick");
  d.retry.max_retries = 0;
  stage s{d};
  s.room.works["chat"] = [](const agent_call&) {
    return outcome::of({reason::invalid_input, "no", {}});
  };
  s->ask(turn_of("s1", "a"));
  EXPECT_EQ(s->session("s1").what->failures, 1u);
  s->ask(turn_of("s1", "b"));
  EXPECT_EQ(s->session("s1").what->failures, 2u);
  s.room.works.clear();
  s->ask(turn_of("s1", "c"));
  EXPECT_EQ(s->session("s1").what->failures, 0u);
}

TEST(sessions, an_agent_sets_only_what_it_may_and_what_is_declared) {
  stage s{talk(when_busy::queue, "quick")};
  s.room.works["chat"] = [](const agent_call&) {
    return say("x", {{"context",
                      {{"secret", "s"}, {"unknown", 1}, {"count", "no number"}, {"name", "Ann"}}}});
  };
  s->ask(turn_of("s1", "a"));
  EXPECT_EQ(s->session("s1").what->context, (json{{"name", "Ann"}}));
}

TEST(keys, the_same_key_gives_the_same_task_before_and_after_its_end_and_a_restart) {
  stage s{talk(when_busy::queue)};
  auto r = wants("chat");
  r.idempotency_key = "k";
  s.around->pool->held = true;
  auto first = s->submit(r, true);
  auto at_once = s->submit(r, true);
  s->run();
  auto later = s->submit(r);
  s->run();
  ASSERT_EQ(at_once->accepted.size(), 1u);
  EXPECT_FALSE(first->accepted.at(0).known);
  EXPECT_TRUE(at_once->accepted[0].known);
  EXPECT_EQ(at_once->id(), first->id());
  s.around->pool->held = false;
  s->run();
  for (const auto& t : {first, at_once, later}) {
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->record().what->id, first->id());
  }
  // Nobody hears of an event twice, however many ask for the same task.
  EXPECT_EQ(first->progress.size(), at_once->progress.size());
  for (std::size_t i = 1; i < first->progress.size(); ++i)
    EXPECT_EQ(first->progress[i]->before,
              first->progress[i - 1]->before + first->progress[i - 1]->history.size());
  EXPECT_EQ(s->ask(r)->record().what->id, first->id());
  s.restart();
  auto after = s->ask(r);
  ASSERT_TRUE(after->done());
  EXPECT_EQ(after->record().what->id, first->id());
  EXPECT_EQ(s.room.count("chat"), 1u);
}

TEST(keys, a_key_that_waits_in_a_session_does_not_become_two_tasks) {
  stage s{talk(when_busy::queue)};
  s.around->pool->held = true;
  s->submit(turn_of("s1", "first"));
  s->run();
  auto r = turn_of("s1", "second");
  r.idempotency_key = "k";
  auto t = s->submit(r);
  s->run();
  auto u = s->submit(r);
  s->run();
  EXPECT_EQ(u->finals(), 0u);
  s.around->pool->held = false;
  s->run();
  ASSERT_TRUE(t->done() && u->done());
  EXPECT_EQ(u->id(), t->id());
  EXPECT_EQ(u->record().what->id, t->id());
  EXPECT_EQ(s.room.count("chat"), 2u);
}

/// Whether another request was refused because the key is not its own.
bool is_conflict(const heard_ptr& x) {
  return x->refusals.size() == 1 && x->refusals[0].why == refusal::conflict;
}

TEST(keys, a_key_that_waits_in_a_session_is_not_given_to_another_request) {
  for (const bool stored : {true, false})
    for (const bool at_once : {true, false}) {
      SCOPED_TRACE(std::string{stored ? "stored" : "in memory"} + (at_once ? ", at once" : ""));
      stage s;
      s.around->stores = stored;
      auto d = talk(when_busy::queue);
      d.sessions.queue_limit = 4;
      s.up(a_fleet(d));
      s.around->pool->held = true;
      s->submit(turn_of("s1", "first"));
      s->run();
      auto r = turn_of("s1", "second");
      r.idempotency_key = "k";
      auto elsewhere = r;
      elsewhere.context_id = "s2";
      auto otherwise = r;
      otherwise.text = "third";
      const auto t = s->submit(r);
      if (!at_once)
        s->run();
      const auto u = s->submit(elsewhere);
      const auto v = s->submit(otherwise);
      const auto again = s->submit(r);
      s->run();
      EXPECT_TRUE(is_conflict(u));
      EXPECT_TRUE(is_conflict(v));
      s.around->pool->held = false;
      s->run();
      EXPECT_TRUE(is_conflict(s->ask(elsewhere)));
      ASSERT_TRUE(t->done() && again->done());
      EXPECT_EQ(again->id(), t->id());
      EXPECT_EQ(s.room.count("chat"), 2u);
    }
}

TEST(keys, a_message_that_is_refused_while_it_waits_gives_its_key_up) {
  stage s{talk(when_busy::queue)};
  s.around->pool->held = true;
  s->submit(turn_of("s1", "first"));
  s->run();
  auto r = turn_of("s1", "second");
  r.idempotency_key = "k";
  r.timeout = 1s;
  const auto t = s->submit(r);
  s->run();
  const auto again = s->submit(r);
  s->advance(2s);
  for (const auto& x : {t, again}) {
    ASSERT_EQ(x->refusals.size(), 1u);
    EXPECT_EQ(x->refusals[0].why, refusal::timeout);
  }
  s.around->pool->held = false;
  r.context_id = "s2";
  r.timeout = 0ms;
  EXPECT_TRUE(s->ask(r)->done());
}

TEST(keys, no_more_wait_for_the_same_message_than_for_a_session) {
  stage s{talk(when_busy::queue)};
  s.around->pool->held = true;
  s->submit(turn_of("s1", "first"));
  s->run();
  auto r = turn_of("s1", "second");
  r.idempotency_key = "k";
  const auto t = s->submit(r);
  s->run();
  std::vector<heard_ptr> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(s->submit(r));
    s->run();
  }
  ASSERT_EQ(all[2]->refusals.size(), 1u);
  EXPECT_EQ(all[2]->refusals[0].why, refusal::busy);
  s.around->pool->held = false;
  s->run();
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(all[static_cast<std::size_t>(i)]->done());
}

TEST(keys, without_a_store_the_same_key_still_gives_the_same_task) {
  stage s;
  s.around->stores = false;
  s.up(a_fleet(talk(when_busy::queue, "quick")));
  auto r = wants("chat");
  r.idempotency_key = "k";
  auto t = s->ask(r);
  auto u = s->ask(r);
  ASSERT_TRUE(t->done() && u->done());
  EXPECT_EQ(t->id(), u->id());
  EXPECT_EQ(s.room.count("chat"), 1u);
}

TEST(sessions, of_one_id_in_several_domains_are_found_where_one_looks) {
  auto fleet = a_fleet(a_domain("a", {an_agent("chat")}));
  fleet.domains.push_back(a_domain("b", {an_agent("chat")}));
  stage s;
  s.up(fleet);
  for (const auto* domain : {"a", "b"}) {
    auto r = turn_of("same", "hello");
    r.domain = domain;
    ASSERT_TRUE(s->ask(r)->done());
  }
  const auto found_in = [&](const domain_scope& within) {
    std::string out = "?";
    s->api().find_session(
        "same",
        [&out](const session_found& x, const refused&) { out = x.what ? x.what->domain : ""; },
        within);
    s->run();
    return out;
  };
  const auto listed_in = [&](const domain_scope& within) {
    std::vector<std::string> out;
    s->api().list_sessions(
        1,
        [&out](const auto& all, const refused&) {
          for (const auto& x : all)
            out.push_back(x->domain);
        },
        within);
    s->run();
    return out;
  };
  for (const bool restarted : {false, true}) {
    EXPECT_EQ(found_in({"a"}), "a");
    EXPECT_EQ(found_in({"b"}), "b");
    EXPECT_EQ(found_in({"c"}), "");
    EXPECT_NE(found_in({}), "");
    EXPECT_EQ(listed_in({"a"}), std::vector<std::string>{"a"});
    EXPECT_EQ(listed_in({"b"}), std::vector<std::string>{"b"});
    EXPECT_TRUE(listed_in({"c"}).empty());
    if (!restarted)
      s.restart();
  }
}

} // namespace sessions_cases
