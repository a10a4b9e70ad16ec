// Questions to people: who has one, how long it waits, and when an answer counts.
#include "actors/human_desk.hpp"
#include "tests/fixtures/asks_people.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace human_desk_cases {

refusal claim(virtual_node& node, const std::string& id, const std::string& by) {
  auto out = std::make_shared<refusal>(refusal::internal);
  node.api().claim(id, by, [out](question_ptr, const refused& x) { *out = x.why; });
  node.run();
  return *out;
}

TEST(human_desk, silence_denies_when_the_queues_time_is_over) {
  stage s;
  s.up(asks_people(2h));
  auto t = s->submit(wants(""));
  s->advance(2h - 1s);
  EXPECT_EQ(t->finals(), 0u);
  s->advance(2s);
  ASSERT_EQ(t->finals(), 1u);
  EXPECT_EQ(t->record().state, task_state::failed);
  EXPECT_EQ(t->result().failed.why, reason::timeout);
  EXPECT_EQ(s.room.count("a"), 0u);
  EXPECT_TRUE(s->questions().empty());
}

TEST(human_desk, shows_the_time_that_counts_whichever_comes_first) {
  for (const auto limit : {0ms, milliseconds{30min}, milliseconds{3h}}) {
    stage s;
    s.up(asks_people(2h, nullptr, limit));
    auto t = s->submit(wants(""));
    s->run();
    const auto first = limit == 30min ? milliseconds{30min} : milliseconds{2h};
    ASSERT_EQ(s->questions().size(), 1u);
    EXPECT_EQ(s->questions()[0]->due - s->questions()[0]->asked, first);
    s->answer(s->questions()[0]->id, say("yes"));
    s->advance(1s);
    EXPECT_TRUE(t->done());
  }
}

TEST(human_desk, the_time_that_a_client_gives_holds_while_people_are_asked) {
  // What silence would have meant to the queue is nothing that a client in a hurry can bring about.
  stage s;
  s.up(asks_people(24h, {{"text", "approved by default"}}));
  auto r = wants("");
  r.timeout = 3s;
  auto t = s->submit(r);
  s->run();
  ASSERT_EQ(s->questions().size(), 1u);
  EXPECT_EQ(s->questions()[0]->until, s->list().at(0)->what->deadline);
  EXPECT_EQ(s->questions()[0]->due - s->questions()[0]->asked, 24h);
  s->advance(2s);
  EXPECT_EQ(t->finals(), 0u);
  s.restart();
  auto again = s->watch(t->id());
  s->advance(2s);
  ASSERT_TRUE(again->done());
  EXPECT_EQ(again->record().state, task_state::failed);
  EXPECT_EQ(again->result().failed.why, reason::timeout);
  EXPECT_EQ(s.room.count("a"), 0u);
  EXPECT_TRUE(s->questions().empty());
}

TEST(human_desk, the_domains_own_time_stands_still_while_people_are_asked) {
  stage s;
  s.up(asks_people(24h));
  auto t = s->submit(wants(""));
  s->run();
  ASSERT_EQ(s->questions().size(), 1u);
  EXPECT_EQ(s->questions()[0]->until, no_deadline);
  s->advance(3h);
  EXPECT_EQ(t->finals(), 0u);
  EXPECT_EQ(s->answer(s->questions()[0]->id, say("yes")), refusal::none);
  s->advance(1s);
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::completed);
}

TEST(human_desk, says_that_it_is_full_and_takes_questions_again_when_some_have_gone) {
  stage s;
  s.up(asks_people(24h));
  const auto desk = s->shipped().resolve({address_kind::node, s.fleet.node_id + "/human_desk"});
  const auto id_of = [](std::size_t i) { return "elsewhere:0:" + std::to_string(i); };
  for (std::size_t i = 0; i + 1 < human_desk_state::questions_max; ++i) {
    auto q = std::make_shared<question>();
    q->id = id_of(i);
    q->queue = "other";
    q->asked = s->now();
    caf::anon_send(desk, ask_human{std::move(q)});
  }
  auto last = s->submit(wants(""));
  s->run();
  EXPECT_EQ(s->questions("desk").size(), 1u) << "there was room for one";
  auto late = s->submit(wants(""));
  s->run();
  ASSERT_TRUE(late->done());
  EXPECT_EQ(late->record().state, task_state::failed);
  EXPECT_EQ(late->result().failed.why, reason::unavailable);
  EXPECT_EQ(s->questions("desk").size(), 1u);
  caf::anon_send(desk, withdraw_question{id_of(0)});
  auto next = s->submit(wants(""));
  s->run();
  EXPECT_EQ(next->finals(), 0u);
  const auto open = s->questions("desk");
  ASSERT_EQ(open.size(), 2u);
  for (const auto& q : open)
    s->answer(q->id, say("yes"));
  s->advance(1s);
  EXPECT_TRUE(last->done());
  EXPECT_TRUE(next->done());
  EXPECT_EQ(s.room.count("a"), 2u);
}

TEST(human_desk, a_declared_silence_is_an_answer) {
  for (const auto limit : {0ms, milliseconds{30min}}) {
    stage s;
    s.up(asks_people(2h, {{"text", "approved by default"}, {"data", {{"approved", true}}}}, limit));
    auto t = s->submit(wants(""));
    s->advance(3h);
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->record().state, task_state::completed);
    EXPECT_EQ(count_of(t->record(), event_kind::answered), 1u);
    EXPECT_NE(t->result().text.find("approved by default"), std::string::npos);
    EXPECT_EQ(s.room.count("a"), 1u);
    EXPECT_TRUE(s->questions().empty());
  }
}

TEST(human_desk, silence_may_say_no_more_for_an_agent_than_people_may) {
  auto asks = an_agent("approve");
  asks.card.kind = agent_kind::human;
  asks.settings = {{"queue", "desk"}};
  asks.gives = json::parse(R"({"properties": {"data": {
    "required": ["approved"], "properties": {"approved": {"type": "boolean"}}}}})");
  for (const bool fits : {false, true}) {
    SCOPED_TRACE(fits);
    auto f = a_fleet(a_domain("d", {asks}));
    const json silence{{"text", "yes"},
                       {"data", {{"approved", fits ? json(true) : json("maybe")}}}};
    f.human_queues = {{"desk", 2h, silence, 15min}};
    stage s;
    s.up(std::move(f));
    auto t = s->submit(wants("approve"));
    s->advance(1h);
    EXPECT_FALSE(t->done());
    EXPECT_EQ(s->questions().size(), 1u);
    s->advance(2h);
    ASSERT_TRUE(t->done());
    EXPECT_EQ(t->record().state, fits ? task_state::completed : task_state::failed);
    EXPECT_TRUE(s->questions().empty());
    if (!fits) {
      EXPECT_EQ(t->result().failed.why, reason::invalid_output);
      EXPECT_NE(t->result().failed.detail.find("when_silent of the queue desk"), std::string::npos)
          << t->result().failed.detail;
    }
  }
}

TEST(human_desk, a_task_is_resumed_days_and_restarts_later) {
  stage s;
  s.up(asks_people(24h * 30));
  auto t = s->submit(wants(""));
  s->run();
  const auto id = t->id();
  for (int day = 0; day < 6; ++day) {
    s->advance(24h);
    if (day % 2 == 0)
      s.restart();
    else
      s.crash();
    ASSERT_EQ(s->questions("desk").size(), 1u) << day;
  }
  auto again = s->watch(id);
  EXPECT_EQ(s->answer(s->questions()[0]->id, say("go on")), refusal::none);
  s->advance(1s);
  ASSERT_TRUE(again->done());
  EXPECT_EQ(again->record().state, task_state::completed);
}

TEST(human_desk, who_has_claimed_a_question_is_known_after_a_restart) {
  stage s;
  s.up(asks_people(24h));
  auto t = s->submit(wants(""));
  s->run();
  const auto q = s->questions().at(0)->id;
  EXPECT_EQ(claim(*s, q, "ann"), refusal::none);
  EXPECT_EQ(claim(*s, q, "bob"), refusal::conflict);
  s.crash();
  ASSERT_EQ(s->questions().size(), 1u);
  EXPECT_EQ(s->questions()[0]->claimed_by, "ann");
  EXPECT_EQ(claim(*s, q, "bob"), refusal::conflict);
  EXPECT_EQ(s->answer(q, say("mine"), "bob"), refusal::conflict);
  s->advance(16min);
  EXPECT_EQ(claim(*s, q, "bob"), refusal::none);
  EXPECT_EQ(s->answer(q, say("late"), "ann"), refusal::conflict);
  EXPECT_EQ(s->answer(q, say("mine"), "bob"), refusal::none);
  EXPECT_EQ(s->answer(q, say("again"), "bob"), refusal::unknown_question);
  auto record = s->find(t->id());
  ASSERT_TRUE(record);
  EXPECT_EQ(count_of(*record, event_kind::claimed), 2u);
}

TEST(human_desk, an_answer_is_confirmed_when_it_is_stored) {
  stage s;
  s.up(asks_people(24h));
  auto t = s->submit(wants(""));
  s->run();
  const auto q = s->questions().at(0)->id;
  s.around->disk->failing = store_error::kind::full;
  EXPECT_EQ(s->answer(q, say("yes")), refusal::internal) << "nobody has been told anything yet";
  EXPECT_EQ(s->answer(q, say("no"), "bob"), refusal::conflict);
  s.around->disk->failing.reset();
  s->advance(2s);
  EXPECT_TRUE(s->questions().empty());
  ASSERT_TRUE(t->done());
  EXPECT_EQ(t->record().state, task_state::completed);
}

TEST(human_desk, an_answer_that_was_on_its_way_outlives_the_orchestrator) {
  stage s;
  s.up(asks_people(24h));
  auto t = s->submit(wants(""));
  s->run();
  const auto q = s->questions().at(0)->id;
  s.around->disk->failing = store_error::kind::full;
  auto said = std::make_shared<refusal>(refusal::internal);
  s->api().answer(q, "ann", say("yes"), [said](question_ptr, const refused& x) { *said = x.why; });
  s->run();
  s->kill_orchestrator("d");
  s.around->disk->failing.reset();
  s->advance(3s);
  EXPECT_EQ(*said, refusal::none);
  auto record = s->find(t->id());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, task_state::completed);
  EXPECT_EQ(count_of(*record, event_kind::answered), 1u);
}

TEST(human_desk, the_same_answer_from_two_desks_is_taken_once_and_both_hear_of_it) {
  stage s;
  s.up(asks_people(24h));
  auto t = s->submit(wants(""));
  s->run();
  const auto q = s->questions().at(0);
  const auto orchestrator = s->shipped().resolve({address_kind::domain, "d#0"});
  // The desk of a node that the task was worked on before.
  struct heard_of {
    std::vector<bool> taken;
  };
  const auto other_desk = [&](outcome x) {
    auto notes = std::make_shared<heard_of>();
    const auto who = s->system().spawn([=](caf::event_based_actor* self) -> caf::behavior {
      self->send(orchestrator, question_answered{q->task, q->step, q->attempt,
                                                 std::make_shared<const outcome>(x)});
      return {[=](const question_settled& said) {
                EXPECT_EQ(said.id, q->id);
                notes->taken.push_back(said.taken);
              },
              [self](const cancel_task&) { self->quit(); }};
    });
    return std::pair{who, notes};
  };
  s.around->disk->failing = store_error::kind::full;
  std::vector<refusal> ann;
  s->api().answer(q->id, "ann", say("yes"),
                  [&](question_ptr, const refused& x) { ann.push_back(x.why); });
  s->run();
  const auto same = other_desk(say("yes"));
  const auto other = other_desk(say("no"));
  s->run();
  EXPECT_TRUE(ann.empty()) << "it is not stored yet";
  EXPECT_TRUE(same.second->taken.empty()) << "it is not stored yet";
  EXPECT_EQ(other.second->taken, (std::vector{false}));
  s.around->disk->failing.reset();
  s->advance(2s);
  EXPECT_EQ(ann, (std::vector{refusal::none}));
  EXPECT_EQ(same.second->taken, (std::vector{true}));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(count_of(t->record(), event_kind::answered), 1u);
  // The task is over, and what it has taken is known.
  const auto late = other_desk(say("yes"));
  const auto wrong = other_desk(say("no"));
  s->run();
  EXPECT_EQ(late.second->taken, (std::vector{true}));
  EXPECT_EQ(wrong.second->taken, (std::vector{false}));
  for (const auto& who : {same.first, other.first, late.first, wrong.first})
    caf::anon_send(who, cancel_task{});
  s->run();
}

TEST(human_desk, an_answer_waits_for_the_orchestrator_that_is_being_restarted) {
  stage s;
  s.up(asks_people(24h));
  auto t = s->submit(wants(""));
  s->run();
  const auto q = s->questions().at(0)->id;
  // It has died, and nobody has noticed.
  caf::anon_send_exit(s->shipped().resolve({address_kind::domain, "d#0"}), caf::exit_reason::kill);
  std::vector<refusal> ann;
  s->api().answer(q, "ann", say("yes"),
                  [&](question_ptr, const refused& x) { ann.push_back(x.why); });
  s->advance(3s);
  EXPECT_EQ(ann, (std::vector{refusal::none}));
  auto record = s->find(t->id());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->state, task_state::completed);
  EXPECT_EQ(count_of(*record, event_kind::answered), 1u);
}

} // namespace human_desk_cases
