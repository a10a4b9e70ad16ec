// Messages that no frame takes, of every kind that crosses between nodes: no peer is lost by them,
// and whoever waits hears something.
#include "tests/fixtures/two_posts.hpp"

#include "actors/node_messages.hpp"
#include "actors/question_messages.hpp"
#include "src/wire/codec.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace post_large_cases {

using namespace troupe::testing;

constexpr std::size_t most = 4000;
const std::string large(5000, 'x');
const address ear{address_kind::domain, "ear#0"};

std::shared_ptr<const outcome> an_answer(const std::string& text) {
  outcome out;
  out.text = text;
  out.used.calls = 7;
  return std::make_shared<const outcome>(std::move(out));
}

/// With as many events as there are texts.
std::shared_ptr<task_record> a_record(const std::vector<std::string>& said,
                                      const std::string& result = "done",
                                      const std::string& asked = "do it") {
  auto what = std::make_shared<task>();
  what->id = "t";
  what->text = asked;
  auto out = std::make_shared<task_record>();
  out->what = std::move(what);
  out->state = task_state::completed;
  out->phase = task_phase::ended;
  for (const auto& text : said) {
    event e;
    e.kind = event_kind::noted;
    e.body = std::make_shared<const std::string>(text);
    out->history.push_back(std::move(e));
  }
  out->result = an_answer(result);
  return out;
}

std::shared_ptr<const session_snapshot> a_session(std::size_t turns) {
  auto out = std::make_shared<session_snapshot>();
  out->id = "s";
  out->domain = "d";
  out->context = {{"name", "ann"}};
  for (std::size_t i = 0; i < turns; ++i)
    out->turns.push_back(
        {{}, std::to_string(i), std::string(1000, 'q'), "a", task_state::completed});
  return out;
}

question_ptr a_question(const std::string& id, const std::string& about) {
  auto out = std::make_shared<question>();
  out->id = id;
  out->text = "may I?";
  out->context = {{"order", about}};
  return out;
}

/// What came to the ear, and what the sender of something was told here.
struct what_came {
  std::vector<call_ended> calls_ended, calls_here;
  std::vector<call_handed_over> handed;
  std::vector<task_record_ptr> ends, progress, found;
  std::vector<task_refused> refusals, refused_here;
  std::vector<session_found> sessions;
  std::vector<shard_seen> views;
  std::vector<questions_seen> queues;
  std::vector<question_done> done, done_here;
  std::vector<question_answered> answered;
};

/// Two nodes, of which the sender's post, or only the links, take no more than 4000 bytes. What
/// comes to the ear at B is kept.
struct narrow_nodes : what_came, two_nodes {
  explicit narrow_nodes(bool told)
      : two_nodes(1, [told](post_config& c) {
        if (told)
          c.largest = most;
      }) {
    stage.net.max_body = most;
    at_ear =
        stage.spawn(notes, caf::message_handler{
                               [this](const call_ended& x) { calls_ended.push_back(x); },
                               [this](const call_handed_over& x) { handed.push_back(x); },
                               [this](const task_ended& x) { ends.push_back(x.record); },
                               [this](const task_progressed& x) { progress.push_back(x.record); },
                               [this](const task_found& x) { found.push_back(x.record); },
                               [this](const task_refused& x) { refusals.push_back(x); },
                               [this](const session_found& x) { sessions.push_back(x); },
                               [this](const shard_seen& x) { views.push_back(x); },
                               [this](const questions_seen& x) { queues.push_back(x); },
                               [this](const question_done& x) { done.push_back(x); },
                               [this](const question_answered& x) { answered.push_back(x); },
                               [](const ask_node&) {
                                 return node_answered{large, 5000, 0, {}};
                               },
                           });
    stage.sit(stage.at("B"), ear, at_ear);
    stage.advance(milliseconds{500});
    asker = stage.spawn(mine, caf::message_handler{
                                  [this](const task_refused& x) { refused_here.push_back(x); },
                                  [this](const question_done& x) { done_here.push_back(x); },
                                  [this](const call_ended& x) { calls_here.push_back(x); },
                              });
  }
  template <class T>
  void tell(T x) {
    send(proxy_of(ear), std::move(x));
    stage.run();
  }
  template <class T>
  void ask(T x) {
    stage.make(asker, [to = proxy_of(ear), x](caf::event_based_actor* self) { self->send(to, x); });
    stage.run();
  }
  /// Nobody has been lost by it, and others come through.
  void expect_well() {
    send(proxy_of(lab), watch_task{"after", false});
    stage.advance(milliseconds{300});
    EXPECT_EQ(stage.counted(stage.at("A"), "troupe_post_peer_losses_total", "B"), 0);
    EXPECT_EQ(stage.counted(stage.at("B"), "troupe_post_peer_losses_total", "A"), 0);
    ASSERT_FALSE(notes->got.empty());
    EXPECT_EQ(notes->got.back(), "watch after");
  }

  caf::actor at_ear, asker;
};

class post_large : public ::testing::TestWithParam<bool> {
 protected:
  narrow_nodes two{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(found_by, post_large, ::testing::Bool(),
                         [](const auto& x) { return x.param ? "the_proxy" : "the_link"; });

TEST_P(post_large, work_is_refused_as_too_large_and_not_as_busy) {
  two.ask(run_call{1, a_call(no_deadline, large)});
  auto what = std::make_shared<task>();
  what->id = "t";
  what->text = large;
  two.ask(submit_task{what, false, false});
  two.ask(answer_question{3, "t:1:2", "ann", an_answer(large)});
  ASSERT_EQ(two.calls_here.size(), 1u);
  EXPECT_EQ(two.calls_here[0].x->failed.why, reason::invalid_input);
  ASSERT_EQ(two.refused_here.size(), 1u);
  EXPECT_EQ(two.refused_here[0].why.why, refusal::too_large);
  EXPECT_EQ(two.refused_here[0].why.retry_after.count(), 0);
  EXPECT_NE(two.refused_here[0].why.detail.find("bytes"), std::string::npos);
  ASSERT_EQ(two.done_here.size(), 1u);
  EXPECT_EQ(two.done_here[0].request, 3u);
  EXPECT_EQ(two.done_here[0].why.why, refusal::too_large);
  two.expect_well();
}

TEST_P(post_large, an_answer_becomes_a_failure_that_says_so) {
  two.tell(call_ended{5, an_answer(large), std::make_shared<const std::string>("looked twice")});
  two.tell(question_answered{"t", 1, 2, an_answer(large)});
  two.tell(call_handed_over{6, large});
  ASSERT_EQ(two.calls_ended.size(), 1u);
  const auto& x = two.calls_ended[0];
  EXPECT_EQ(x.call, 5u);
  EXPECT_EQ(x.x->failed.why, reason::invalid_output);
  EXPECT_NE(x.x->failed.detail.find("between nodes"), std::string::npos) << x.x->failed.detail;
  EXPECT_EQ(x.x->used.calls, 7u); // It has been paid for.
  ASSERT_TRUE(x.note);
  EXPECT_EQ(*x.note, "looked twice");
  ASSERT_EQ(two.answered.size(), 1u);
  EXPECT_EQ(two.answered[0].attempt, 2u);
  EXPECT_EQ(two.answered[0].x->failed.why, reason::invalid_output);
  ASSERT_EQ(two.handed.size(), 1u);
  EXPECT_EQ(two.handed[0].call, 6u);
  two.expect_well();
}

TEST_P(post_large, an_end_comes_with_its_result_or_says_that_it_does_not) {
  // However long the history: whoever waits does not read it.
  two.tell(task_ended{a_record({large, "last"})});
  // What was asked goes before what was answered.
  two.tell(task_ended{a_record({"last"}, "done", large)});
  auto acted = a_record({"last"}, large);
  auto said = *acted->result;
  said.acted = deeds::done;
  acted->result = std::make_shared<const outcome>(std::move(said));
  two.tell(task_ended{acted});
  ASSERT_EQ(two.ends.size(), 3u);
  for (const auto& x : two.ends) {
    EXPECT_EQ(x->what->id, "t");
    EXPECT_EQ(x->state, task_state::completed);
  }
  EXPECT_FALSE(two.ends[0]->cut);
  EXPECT_EQ(two.ends[0]->result->text, "done");
  EXPECT_EQ(two.ends[0]->history.size(), 1u);
  EXPECT_EQ(two.ends[0]->before, 1u);
  EXPECT_TRUE(two.ends[1]->cut);
  EXPECT_EQ(two.ends[1]->result->text, "done");
  EXPECT_TRUE(two.ends[2]->cut);
  EXPECT_EQ(two.ends[2]->result->failed.why, reason::invalid_output);
  EXPECT_EQ(two.ends[2]->result->used.calls, 7u);
  EXPECT_EQ(two.ends[2]->result->acted, deeds::done) << "whoever has delegated it must not do it";
  two.expect_well();
}

TEST_P(post_large, a_record_loses_its_events_first_and_is_marked) {
  two.tell(task_found{1, a_record({large, "last"})});
  two.tell(task_found{2, a_record({"only"}, large)});
  auto running = a_record({large});
  running->state = task_state::working;
  running->result = nullptr;
  running->before = 3;
  two.tell(task_progressed{running});
  ASSERT_EQ(two.found.size(), 2u);
  EXPECT_TRUE(two.found[0]->cut);
  EXPECT_TRUE(two.found[0]->history.empty());
  EXPECT_EQ(two.found[0]->before, 2u);
  EXPECT_EQ(two.found[0]->result->text, "done");
  EXPECT_TRUE(two.found[1]->cut);
  EXPECT_EQ(two.found[1]->result->failed.why, reason::invalid_output);
  ASSERT_EQ(two.progress.size(), 1u);
  EXPECT_TRUE(two.progress[0]->cut);
  EXPECT_EQ(two.progress[0]->before, 4u);
  two.expect_well();
}

TEST_P(post_large, lists_keep_what_is_small_in_them) {
  auto other = a_record({large}, "mine");
  two.tell(shard_seen{1, {a_record({}, large), other}, {a_session(8)}});
  two.tell(questions_seen{2, {a_question("a", large), a_question("b", "small")}});
  ASSERT_EQ(two.views.size(), 1u);
  const auto& seen = two.views[0];
  ASSERT_EQ(seen.tasks.size(), 2u);
  EXPECT_TRUE(seen.tasks[0]->cut);
  EXPECT_FALSE(seen.tasks[1]->cut);
  EXPECT_EQ(seen.tasks[1]->result->text, "mine");
  ASSERT_EQ(seen.sessions.size(), 1u);
  EXPECT_LT(seen.sessions[0]->turns.size(), 8u);
  ASSERT_EQ(two.queues.size(), 1u);
  ASSERT_EQ(two.queues[0].open.size(), 2u);
  EXPECT_TRUE(two.queues[0].open[0]->context.contains("left_out"));
  EXPECT_EQ(two.queues[0].open[1]->context["order"], "small");
  two.expect_well();
}

TEST_P(post_large, everything_else_comes_shorter) {
  two.tell(session_found{1, a_session(8), "d", "t", 0, 0});
  two.tell(question_done{2, {}, a_question("a", large)});
  two.tell(task_refused{"t", {refusal::busy, large, milliseconds{5}}});
  ASSERT_EQ(two.sessions.size(), 1u);
  EXPECT_TRUE(two.sessions[0].cut);
  ASSERT_FALSE(two.sessions[0].what->turns.empty());
  EXPECT_LT(two.sessions[0].what->turns.size(), 8u);
  EXPECT_EQ(two.sessions[0].what->turns.back().task_id, "7");
  ASSERT_EQ(two.done.size(), 1u);
  EXPECT_EQ(two.done[0].what->id, "a");
  ASSERT_EQ(two.refusals.size(), 1u);
  EXPECT_EQ(two.refusals[0].why.why, refusal::busy);
  EXPECT_LT(two.refusals[0].why.detail.size(), 1100u);
  two.expect_well();
}

TEST_P(post_large, a_request_is_answered_with_an_error) {
  caf::error said;
  two.stage.make(two.asker, [&](caf::event_based_actor* self) {
    self->request(two.proxy_of(ear), std::chrono::seconds{20}, ask_node{"tree", "{}", 0, 0})
        .then([](const node_answered&) { ADD_FAILURE() << "answered"; },
              [&](const caf::error& e) { said = e; });
  });
  two.stage.advance(milliseconds{100});
  EXPECT_NE(failure_text(two.stage.system(), said).find("cannot cross between nodes"),
            std::string::npos)
      << failure_text(two.stage.system(), said);
  two.expect_well();
}

TEST(post_large_answers, of_which_many_come_at_once_lose_nobody) {
  std::size_t came = 0;
  two_nodes two;
  const auto there = two.stage.spawn(
      two.notes, caf::message_handler{[&](const call_ended& x) { came += x.x->text.size(); }});
  two.stage.sit(two.stage.at("B"), ear, there);
  two.stage.advance(milliseconds{500});
  // More than may be under way of what asks for work.
  two.stage.make(two.me, [&](caf::event_based_actor* self) {
    for (std::uint64_t i = 0; i < 12; ++i)
      self->send(two.proxy_of(ear), call_ended{i, an_answer(std::string(1000000, 'x')), nullptr});
  });
  two.stage.advance(milliseconds{500});
  EXPECT_EQ(came, 12000000u);
  EXPECT_EQ(two.stage.counted(two.stage.at("A"), "troupe_post_peer_losses_total", "B"), 0);
}

TEST(post_large_answers, that_cannot_be_written_are_failures_as_well) {
  std::vector<call_ended> came;
  two_nodes two;
  const auto there = two.stage.spawn(
      two.notes, caf::message_handler{[&](const call_ended& x) { came.push_back(x); }});
  two.stage.sit(two.stage.at("B"), ear, there);
  two.stage.advance(milliseconds{500});
  auto deep = std::make_shared<outcome>();
  for (std::size_t i = 0; i <= max_json_depth; ++i)
    deep->data = json{{"in", std::move(deep->data)}};
  two.send(two.proxy_of(ear), call_ended{4, deep, nullptr});
  two.stage.run();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].x->failed.why, reason::invalid_output);
}

TEST(post_large_answers, a_call_that_no_credit_will_ever_be_enough_for_is_not_told_to_come_back) {
  two_nodes two{1, [](post_config& c) { c.window.bytes = std::size_t{1} << 20; }};
  two.send(two.proxy_of(worker), run_call{1, a_call(no_deadline, std::string(900000, 'x'))});
  two.stage.run();
  ASSERT_EQ(two.ended.size(), 1u);
  EXPECT_EQ(two.ended[0].x->failed.why, reason::invalid_input);
}

} // namespace post_large_cases
} // namespace troupe
