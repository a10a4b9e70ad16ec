#include "actors/call_messages.hpp"
#include "actors/cluster_messages.hpp"
#include "actors/node_messages.hpp"
#include "actors/post_codec.hpp"
#include "actors/post_talk.hpp"
#include "actors/question_messages.hpp"
#include "actors/seat_messages.hpp"
#include "actors/task_messages.hpp"
#include "actors/tick.hpp"
#include "policies/dice.hpp"
#include "src/wire/codec.hpp"

#include <gtest/gtest.h>

#include <set>

namespace troupe {
namespace post_codec_cases {

timestamp at(std::int64_t us) {
  return timestamp{microseconds{us}};
}

task_ptr a_task() {
  task t;
  t.id = "018bcfe5680000000000000000a107";
  t.context_id = "s";
  t.domain = "d";
  t.text = "not quite \xff UTF-8";
  t.data = {{"a", {1, 2, nullptr}}};
  t.who = {"c", "gold"};
  t.deadline = at(1'700'000'000'000'001);
  t.path = {"x", "y"};
  return std::make_shared<const task>(t);
}

outcome_ptr an_outcome() {
  outcome o;
  o.text = "done";
  o.data = {{"k", "v"}};
  o.confidence = 0.25;
  o.used = {1, 2, 3, 4};
  o.failed = {reason::rate_limited, "later", milliseconds{7}, {{"/a", "type", "must be"}}};
  return std::make_shared<const outcome>(o);
}

task_record_ptr a_record() {
  auto r = std::make_shared<task_record>();
  r->what = a_task();
  r->state = task_state::completed;
  r->phase = task_phase::ended;
  r->history.resize(2);
  r->history[1].kind = event_kind::finished;
  r->history[1].body = an_outcome();
  r->before = 9;
  r->result = an_outcome();
  r->updated = at(5);
  r->cut = true;
  return r;
}

std::shared_ptr<const session_snapshot> a_session() {
  auto s = std::make_shared<session_snapshot>();
  s->id = "s";
  s->domain = "d";
  s->context = {{"name", "ann"}};
  s->turns = {{at(1), "t", "hi", "ho", task_state::completed}};
  s->failures = 2;
  return s;
}

const seat_ptr asker = std::make_shared<seat>(address{address_kind::domain, "d#0"});

question_ptr a_question() {
  auto q = std::make_shared<question>();
  q->id = "t:1:2";
  q->task = "t";
  q->step = 1;
  q->attempt = 2;
  q->domain = "d";
  q->queue = "desk";
  q->text = "may I?";
  q->context = {{"a", 1}};
  q->who = {"c", ""};
  q->urgency = priority::urgent;
  q->asked = at(1);
  q->due = at(2);
  q->until = at(5);
  q->claimed_by = "ann";
  q->claimed = at(3);
  q->claimed_until = at(4);
  q->asker = asker;
  return q;
}

agent_call_ptr a_call() {
  auto c = std::make_shared<agent_call>();
  c->about = a_task();
  c->step = 3;
  c->attempt = 4;
  c->skill = "look";
  c->text = "only this";
  c->input = {{"previous", {{"a", 1}}}};
  c->context = {{"name", "ann"}};
  c->urgency = priority::high;
  c->deadline = at(77);
  c->idempotency_key = "k";
  c->query = true;
  c->epoch = 8;
  return c;
}

seat_ptr find_seat(const address& x) {
  return x == asker->where() ? asker : nullptr;
}

/// One of everything that crosses, with every field set.
std::vector<caf::message> everything() {
  const refused no{refusal::busy, "full", milliseconds{5}, {{"/x", "max", "too many"}}};
  return {
      caf::make_message(run_call{1, a_call(), true}),
      caf::make_message(call_ended{2, an_outcome(), std::make_shared<const std::string>("n")}),
      caf::make_message(call_ended{2, an_outcome(), nullptr}),
      caf::make_message(task_progressed{a_record()}),
      caf::make_message(task_ended{a_record()}),
      caf::make_message(submit_task{a_task(), true, true}),
      caf::make_message(task_accepted{"t", true, "u"}),
      caf::make_message(task_refused{"t", no}),
      caf::make_message(stop_call{3, true}),
      caf::make_message(call_handed_over{4, "may I?"}),
      caf::make_message(watch_task{"t", true}),
      caf::make_message(unwatch_task{"t"}),
      caf::make_message(cancel_task{"t", "why"}),
      caf::make_message(find_task{"t", 5}),
      caf::make_message(task_found{5, a_record()}),
      caf::make_message(task_found{5, nullptr}),
      caf::make_message(find_session{"s", 6}),
      caf::make_message(session_found{6, a_session(), "d", "t", 3, 9, true}),
      caf::make_message(session_found{6, nullptr, "d", "", 0, 0}),
      caf::make_message(view_shard{7, 11}),
      caf::make_message(shard_seen{7, {a_record()}, {a_session()}}),
      caf::make_message(question_answered{"t", 1, 2, an_outcome()}),
      caf::make_message(question_claimed{"t", 1, 2, "ann"}),
      caf::make_message(question_settled{"t:1:2", true}),
      caf::make_message(ask_human{a_question()}),
      caf::make_message(withdraw_question{"t:1:2"}),
      caf::make_message(list_questions{8, "desk"}),
      caf::make_message(questions_seen{8, {a_question(), a_question()}}),
      caf::make_message(claim_question{9, "t:1:2", "ann"}),
      caf::make_message(answer_question{10, "t:1:2", "ann", an_outcome()}),
      caf::make_message(question_done{10, no, a_question()}),
      caf::make_message(question_done{10, {}, nullptr}),
      caf::make_message(seat_down{asker, 12, "crashed"}),
      caf::make_message(ask_node{"tree", "{}", 3, 262144}),
      caf::make_message(node_answered{"{\"a\":", 262150, 3, no}),
      caf::make_message(caf::exit_msg{{}, failure_error("why")}),
      caf::make_message(caf::exit_msg{{}, caf::error{}}),
      caf::make_message(caf::error{caf::make_error(caf::sec::request_timeout)}),
      caf::message{},
      caf::make_message(table_changed{9}),
      caf::make_message(shards_asked{9, {{"d", 1}, {"d/e", 2}}}),
      caf::make_message(shards_released{9, {{{"d", 1}, milliseconds{250}}}}),
      caf::make_message(claim_call{6, a_call()}),
      caf::make_message(call_not_here{6}),
  };
}

TEST(post_codec, brings_every_message_back) {
  std::set<std::string> kinds;
  for (const auto& what : everything()) {
    const auto bytes = pack({2, 3, 4, what});
    ASSERT_TRUE(bytes);
    kinds.insert(bytes->kind);
    SCOPED_TRACE(bytes->kind);
    const auto back = unpack(bytes->kind, bytes->body, find_seat);
    ASSERT_TRUE(back) << back.error;
    EXPECT_EQ(back->incarnation, 2u);
    EXPECT_EQ(back->asks, 3u);
    EXPECT_EQ(back->answers, 4u);
    // What was read again is written the same again: no field is lost on the way.
    const auto again = pack(*back);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->kind, bytes->kind);
    EXPECT_EQ(again->body, bytes->body);
  }
  EXPECT_EQ(kinds.size(), 39u);
}

TEST(post_codec, brings_the_fields_of_a_call_back) {
  const auto bytes = pack({0, 0, 0, caf::make_message(run_call{1, a_call()})});
  const auto back = unpack(bytes->kind, bytes->body, nullptr);
  ASSERT_TRUE(back) << back.error;
  const auto& x = back->what.get_as<run_call>(0);
  const auto& c = *x.what;
  const auto expected = *a_call();
  EXPECT_EQ(x.call, 1u);
  EXPECT_EQ(c.about->id, expected.about->id);
  EXPECT_EQ(c.about->text, expected.about->text);
  EXPECT_EQ(c.text, expected.text);
  EXPECT_EQ(c.input, expected.input);
  EXPECT_EQ(c.context, expected.context);
  EXPECT_EQ(c.deadline, expected.deadline);
  EXPECT_EQ(c.urgency, expected.urgency);
  EXPECT_EQ(c.idempotency_key, "k");
  EXPECT_TRUE(c.query);
  EXPECT_EQ(c.epoch, 8u);
  // A step about the whole request does not say it twice.
  auto whole = std::make_shared<agent_call>(expected);
  whole->text = whole->about->text;
  const auto shorter = pack({0, 0, 0, caf::make_message(run_call{1, whole})});
  EXPECT_LT(shorter->body.size(), bytes->body.size());
  EXPECT_EQ(unpack(shorter->kind, shorter->body, nullptr)->what.get_as<run_call>(0).what->text,
            whole->text);
}

TEST(post_codec, what_nobody_reads_of_an_end_or_a_list_does_not_cross) {
  const auto crossed = [](caf::message what) {
    const auto bytes = pack({0, 0, 0, std::move(what)});
    return unpack(bytes->kind, bytes->body, nullptr)->what;
  };
  const auto end = crossed(caf::make_message(task_ended{a_record()}));
  const auto& x = *end.get_as<task_ended>(0).record;
  ASSERT_EQ(x.history.size(), 1u);
  EXPECT_EQ(x.history[0].kind, event_kind::finished);
  EXPECT_EQ(x.before, 10u);
  EXPECT_EQ(x.result->text, "done");
  const auto list = crossed(caf::make_message(shard_seen{7, {a_record()}, {}}));
  const auto& y = *list.get_as<shard_seen>(0).tasks.at(0);
  EXPECT_TRUE(y.history.empty());
  EXPECT_EQ(y.before, 11u);
  // Whoever asks for the task gets all of it.
  const auto found = crossed(caf::make_message(task_found{5, a_record()}));
  EXPECT_EQ(found.get_as<task_found>(0).record->history.size(), 2u);
}

TEST(post_codec, what_one_node_has_looked_up_is_looked_up_again_by_the_next) {
  const auto bytes =
      pack({0, 0, 0, caf::make_message(submit_task{a_task(), true, false, true, true})});
  const auto back = unpack(bytes->kind, bytes->body, nullptr);
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->what.get_as<submit_task>(0).again);
  EXPECT_FALSE(back->what.get_as<submit_task>(0).open);
}

TEST(post_codec, refuses_what_does_not_cross) {
  EXPECT_FALSE(pack({0, 0, 0, caf::make_message(tick{})}));
  EXPECT_FALSE(pack({0, 0, 0, caf::make_message(1, 2)}));
  json deep = json::array();
  for (std::size_t i = 0; i < max_json_depth; ++i)
    deep = json::array({std::move(deep)});
  auto c = std::make_shared<agent_call>(*a_call());
  c->input = deep;
  EXPECT_THROW(static_cast<void>(pack({0, 0, 0, caf::make_message(run_call{1, c})})), encode_error);
}

TEST(post_codec, answers_garbage_with_an_error) {
  EXPECT_FALSE(unpack("run_call", "\xff\xff\xff", nullptr));
  EXPECT_FALSE(unpack("run_call", "", nullptr));
  EXPECT_FALSE(unpack("no_such_kind", "", nullptr));
  // An answer to a call that says nothing.
  EXPECT_FALSE(unpack("call_ended", "\xe2\x01\x02\x08\x01", nullptr));
  // One kind's bytes under another's name.
  const auto bytes = pack({0, 0, 0, caf::make_message(unwatch_task{"t"})});
  EXPECT_FALSE(unpack("run_call", bytes->body, nullptr));
  // A seat that nobody here knows.
  const auto asked = pack({0, 0, 0, caf::make_message(ask_human{a_question()})});
  const auto lost = unpack(asked->kind, asked->body, [](const address&) { return nullptr; });
  EXPECT_FALSE(lost);
  EXPECT_NE(lost.error.find("domain:d#0"), std::string::npos) << lost.error;
}

TEST(post_codec, survives_bytes_of_any_kind) {
  dice_box dice{4};
  for (const auto& what : everything()) {
    const auto bytes = pack({1, 2, 3, what});
    for (int i = 0; i < 300; ++i) {
      auto body = bytes->body;
      for (auto n = 1 + dice.draw() % 4; n > 0 && !body.empty(); --n)
        body[dice.draw() % body.size()] = static_cast<char>(dice.draw());
      if (dice.draw() % 4 == 0)
        body.resize(dice.draw() % (body.size() + 1));
      const auto read = unpack(bytes->kind, body, find_seat);
      if (!read) {
        EXPECT_FALSE(read.error.empty());
        continue;
      }
      // What was let in can be dealt with: refused, and written again.
      static_cast<void>(refusal_of(read->what, {reason::timeout, "late", {}}));
      EXPECT_TRUE(pack(*read));
    }
  }
}

TEST(post_codec, has_a_refusal_for_everything_that_asks_for_work) {
  for (const auto& what : everything()) {
    const auto kind = pack({0, 0, 0, what})->kind;
    EXPECT_EQ(opens_work(kind), refusal_of(what, {reason::unavailable, "no", {}}).has_value())
        << kind;
  }
  const auto no = refusal_of(caf::make_message(run_call{5, a_call()}),
                             {reason::rate_limited, "full", milliseconds{9}});
  const auto& x = no->get_as<call_ended>(0);
  EXPECT_EQ(x.call, 5u);
  EXPECT_EQ(x.x->failed, (failure{reason::rate_limited, "full", milliseconds{9}}));
}

TEST(post_talk, brings_back_what_posts_say) {
  using namespace post_talk;
  const auto g = decode_greeting(encode_greeting({1, 2, 3, {4, 5}}));
  ASSERT_TRUE(g) << g.error;
  EXPECT_EQ(g->stream, 1u);
  EXPECT_EQ(g->heard_stream, 2u);
  EXPECT_EQ(g->heard_upto, 3u);
  EXPECT_EQ(g->window.envelopes, 4u);
  EXPECT_EQ(g->window.bytes, 5u);
  EXPECT_EQ(*decode_ack(encode_ack(9)), 9u);

  auto spec = std::make_shared<agent_spec>();
  spec->card.name = "ask";
  spec->card.domain = "d";
  spec->card.kind = agent_kind::human;
  spec->card.skills = {"a", "b"};
  spec->card.cost = 2;
  spec->card.does = effects::unsafe;
  spec->slots = 7;
  spec->reads = {"name"};
  spec->settings = {{"queue", "desk"}, {"token", "secret"}};
  const auto told = decode_told(
      encode_told({{{address_kind::agent, "d/ask"}, 3, spec, health::draining, 4, 0.5f}}));
  ASSERT_TRUE(told) << told.error;
  const auto& n = told->at(0);
  EXPECT_EQ(n.where.str(), "agent:d/ask");
  EXPECT_EQ(n.incarnation, 3u);
  EXPECT_EQ(n.state, health::draining);
  EXPECT_EQ(n.load, 4u);
  EXPECT_EQ(n.success_rate, 0.5f);
  EXPECT_EQ(n.what->card.skills, spec->card.skills);
  EXPECT_EQ(n.what->card.does, effects::unsafe);
  EXPECT_EQ(n.what->slots, 7u);
  EXPECT_EQ(n.what->reads, spec->reads);
  EXPECT_EQ(n.what->settings, (json{{"queue", "desk"}})); // and nothing else of them

  std::vector<seat_gone> ends(1);
  ends[0].where = {address_kind::agent, "d/ask"};
  ends[0].incarnation = 3;
  ends[0].why = failure_error("why");
  ends[0].moved = true;
  const auto gone = decode_gone(encode_gone(ends));
  ASSERT_TRUE(gone) << gone.error;
  EXPECT_EQ(gone->at(0).why, failure_error("why"));
  EXPECT_TRUE(gone->at(0).moved);

  envelope e;
  e.to = {address_kind::agent, "d/ask"};
  e.from = {address_kind::node, "A/@7"};
  e.kind = "run_call";
  e.body = "bytes";
  e.deadline = at(5);
  e.epoch = 6;
  const auto back = decode_returned(encode_returned({e, {reason::timeout, "late", {}}}));
  ASSERT_TRUE(back) << back.error;
  EXPECT_EQ(back->what.to, e.to);
  EXPECT_EQ(back->what.from, e.from);
  EXPECT_EQ(back->what.body, e.body);
  EXPECT_EQ(back->what.deadline, e.deadline);
  EXPECT_EQ(back->what.epoch, 6u);
  EXPECT_EQ(back->why.why, reason::timeout);
  EXPECT_TRUE(decode_mark(encode_mark({e.to, 4, true}))->answer);

  auto parcel = pack({0, 0, 0, caf::make_message(unwatch_task{"t"})});
  stamp(parcel->body, 5, 6, 0);
  stamp(parcel->body, 7, 0, 0);
  const auto stamped = unpack(parcel->kind, parcel->body, nullptr);
  EXPECT_EQ(stamped->incarnation, 7u);
  EXPECT_EQ(stamped->asks, 6u);
  EXPECT_EQ(asks_in(parcel->body), 6u);
}

TEST(post_talk, answers_garbage_with_an_error) {
  using namespace post_talk;
  EXPECT_FALSE(decode_greeting(""));
  EXPECT_FALSE(decode_greeting("\xff"));
  EXPECT_FALSE(decode_ack("\xff"));
  EXPECT_FALSE(decode_told(encode_told({{{address_kind::agent, ""}, 3, nullptr}})));
  EXPECT_FALSE(decode_told(encode_told({{{address_kind::agent, "x"}, 0, nullptr}})));
  EXPECT_FALSE(decode_told("\x0a\xff"));
  EXPECT_FALSE(decode_gone("\x0a\xff"));
  EXPECT_FALSE(decode_returned(""));
  EXPECT_FALSE(decode_mark("\xff"));
}

} // namespace post_codec_cases
} // namespace troupe
