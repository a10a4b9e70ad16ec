// What nodes keep of the messages that have passed by.
#include "actors/call_messages.hpp"
#include "actors/flight_log.hpp"
#include "tests/fixtures/plan_parts.hpp"
#include "tests/fixtures/post_stage.hpp"
#include "tests/fixtures/stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace flight_log_cases {

using namespace troupe::testing;
using entries = std::vector<flight_recorder::entry>;

entries noted(const node_parts& parts, std::string_view trace = {}) {
  return parts.flights->last(timestamp{}, trace, 1000);
}

const flight_recorder::entry* find(const entries& in, flight how, std::string_view kind) {
  for (const auto& x : in)
    if (x.how == how && text_in(x.kind) == kind)
      return &x;
  return nullptr;
}

agent_call_ptr a_call(timestamp deadline) {
  auto about = std::make_shared<task>();
  about->id = "t1";
  about->trace_id = "0af7651916cd43dd8448eb211c80319c";
  auto call = std::make_shared<agent_call>();
  call->about = about;
  call->deadline = deadline;
  return call;
}

/// An agent lives at B, somebody at A calls it.
struct two_posts {
  explicit two_posts(const std::function<void(post_config&)>& tune = nullptr) {
    stage.add("A", tune);
    stage.add("B", tune);
    auto spec = std::make_shared<agent_spec>();
    spec->card.name = "work";
    spec->card.domain = "d";
    const auto worker =
        stage.spawn(notes, caf::message_handler{[](const run_call& x) {
                      return call_ended{x.call, std::make_shared<const outcome>(), nullptr};
                    }});
    stage.sit(stage.at("B"), where, worker, spec);
    stage.advance(milliseconds{500});
    caller = stage.spawn(notes, caf::message_handler{[this](const call_ended&) { ++answers; }});
  }
  void call(timestamp deadline) {
    const auto to = stage.at("A").places().resolve(where);
    ASSERT_TRUE(to);
    stage.make(caller, [to, what = a_call(deadline)](caf::event_based_actor* self) {
      self->send(to, run_call{7, what});
    });
    stage.advance(milliseconds{100});
  }
  [[nodiscard]] entries at(const std::string& node, std::string_view trace = {}) {
    return noted(*stage.at(node).parts, trace);
  }

  const address where{address_kind::agent, "d/work"};
  diary_ptr notes = std::make_shared<diary>();
  int answers = 0;
  post_stage stage;
  caf::actor caller;
};

TEST(flight_log, an_envelope_has_a_later_stamp_where_it_arrives_than_where_it_was_sent) {
  two_posts s;
  s.call(no_deadline);
  ASSERT_EQ(s.answers, 1);
  const auto trace = "0af7651916cd43dd8448eb211c80319c";
  const auto at_a = s.at("A"), at_b = s.at("B"), of_trace = s.at("B", trace);
  const auto* sent = find(at_a, flight::sent, "run_call");
  const auto* arrived = find(of_trace, flight::arrived, "run_call");
  const auto* answered = find(at_b, flight::sent, "call_ended");
  const auto* heard = find(at_a, flight::arrived, "call_ended");
  ASSERT_TRUE(sent && arrived && answered && heard);
  EXPECT_LT(sent->stamp, arrived->stamp);
  EXPECT_LT(arrived->stamp, answered->stamp);
  EXPECT_LT(answered->stamp, heard->stamp);
  EXPECT_EQ(text_in(sent->to), "agent:d/work");
  EXPECT_EQ(text_in(sent->trace), trace);
  EXPECT_GT(sent->bytes, 0u);
}

TEST(flight_log, what_is_not_delivered_is_noted_with_the_reason) {
  two_posts s;
  s.call(s.stage.now(s.stage.at("A")) - milliseconds{5000});
  const auto at_a = s.at("A");
  const auto* refused = find(at_a, flight::refused, "run_call");
  ASSERT_TRUE(refused);
  EXPECT_NE(text_in(refused->why), "");
}

TEST(flight_log, a_task_within_one_node_leaves_what_it_was_asked_and_what_came_of_it) {
  stage s{a_domain("d", {an_agent("dig")})};
  ASSERT_TRUE(s->ask(wants("dig"))->done());
  auto t = s->ask(wants("dig"));
  ASSERT_TRUE(t->done());
  EXPECT_EQ(noted(*s->shipped().parts()).size(), 6u);
  const auto all = noted(*s->shipped().parts(), trace_of(*t->record().what));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(text_in(all[0].kind), "submit_task");
  EXPECT_EQ(text_in(all[0].to).substr(0, 8), "domain:d");
  EXPECT_EQ(text_in(all[0].task), t->id());
  EXPECT_EQ(text_in(all[1].kind), "run_call");
  EXPECT_EQ(text_in(all[1].from), "domain:d");
  EXPECT_EQ(text_in(all[1].to), "agent:d/dig");
  EXPECT_EQ(text_in(all[1].why), "dig");
  EXPECT_EQ(all[1].attempt, 1u);
  EXPECT_EQ(text_in(all[2].kind), "call_ended");
  EXPECT_EQ(text_in(all[2].why), "ok");
}

TEST(flight_log, a_task_that_is_delegated_is_seen_to_go_and_to_come_back) {
  auto inner = a_domain("d/in", {an_agent("dig")});
  auto outer = a_domain("d", {});
  outer.plans["work"] = to_domain("over", "d/in", "dig");
  outer.domains.push_back(inner);
  stage s{outer};
  s.room.works["dig"] = [](const agent_call&) {
    auto out = say("dug");
    out.used.cost_micros = 12;
    return out;
  };
  auto t = s->ask(wants("work"));
  ASSERT_TRUE(t->done() && t->result().ok());
  const auto all = noted(*s->shipped().parts(), trace_of(*t->record().what));
  const auto* back = find(all, flight::told, "task_ended");
  ASSERT_TRUE(back);
  EXPECT_EQ(text_in(back->from), "domain:d/in");
  EXPECT_EQ(text_in(back->to), "domain:d");
  EXPECT_EQ(text_in(back->why), "ok");
  ASSERT_GT(all.size(), 1u);
  EXPECT_EQ(text_in(all[1].from), "domain:d");
  EXPECT_EQ(text_in(all[1].task), t->id() + ".0");
  const auto* answer = find(all, flight::told, "call_ended");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->cost_micros, 12u);
}

} // namespace flight_log_cases
} // namespace troupe
