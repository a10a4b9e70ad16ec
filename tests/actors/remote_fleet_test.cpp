// Whole nodes that know each other: a task that comes in at one is worked on by agents of others.
#include "tests/fixtures/fleet_stage.hpp"

#include <gtest/gtest.h>

namespace troupe {
namespace remote_fleet_cases {

using namespace troupe::testing;

std::vector<std::string> words(const task_record& record) {
  std::vector<std::string> out;
  for (const auto& e : record.history) {
    std::string line{to_string(e.kind)};
    if (const auto* r = e.get<route>(); r && !r->agent.empty())
      line += " " + r->agent;
    if (const auto* f = e.get<failure>())
      line += " " + std::string{to_string(f->why)};
    out.push_back(std::move(line));
  }
  return out;
}

TEST(remote_fleet, an_agent_of_another_node_answers_a_task) {
  fleet_stage f;
  f.up("A", a_domain("d", {}));
  f.up("B", a_domain("d", {fleet_stage::worker("far")}));
  f.room.works["far"] = [](const agent_call& x) {
    return say("done: " + x.text, {{"input", x.about->data}}, 0.75);
  };
  f.stage.advance(milliseconds{500});
  auto request = wants("work", "please");
  request.data = {{"order", 7}};
  const auto heard = f.submit("A", request);
  f.stage.advance(milliseconds{100});
  ASSERT_TRUE(heard->done());
  EXPECT_EQ(heard->record().state, task_state::completed);
  EXPECT_EQ(heard->result().text, "done: please");
  EXPECT_EQ(heard->result().data["input"]["order"], 7);
  EXPECT_EQ(words(heard->record()),
            (std::vector<std::string>{"accepted", "planned", "assigned d/far", "step_completed",
                                      "finished"}));
  EXPECT_EQ(f.room.calls.size(), 1u);
  // Nothing is left behind in the gauges of either side.
  for (const auto* node : {"A", "B"}) {
    const auto place = f.nodes.at(node)->parts()->places->find({address_kind::agent, "d/far"});
    EXPECT_EQ(place->load.load(), 0u) << node;
    EXPECT_TRUE(place->serves()) << node;
  }
}

TEST(remote_fleet, work_goes_elsewhere_when_its_node_dies) {
  fleet_stage f;
  f.up("A", a_domain("d", {}));
  f.up("B", a_domain("d", {fleet_stage::worker("b")}));
  f.up("C", a_domain("d", {fleet_stage::worker("c")}));
  f.stage.advance(milliseconds{500});
  f.pool->held = true;
  const auto heard = f.submit("A", wants("work"));
  f.stage.advance(milliseconds{100});
  ASSERT_EQ(f.pool->waiting(), 1u);
  const auto load = [&](const char* node, const char* agent) {
    return f.nodes.at(node)->parts()->places->find({address_kind::agent, agent})->load.load();
  };
  const bool at_b = load("B", "d/b") == 1;
  ASSERT_EQ(load("B", "d/b") + load("C", "d/c"), 1u);
  const std::string lost = at_b ? "B" : "C";
  // Nobody reaches the node any more: to the others it has died in the middle of the call.
  f.stage.net.part("A", lost);
  f.stage.net.part("B", "C");
  f.pool->forget();
  f.pool->held = false;
  f.stage.advance(std::chrono::seconds{1});
  EXPECT_TRUE(heard->ended.empty());
  f.stage.advance(std::chrono::seconds{5});
  ASSERT_TRUE(heard->done());
  EXPECT_EQ(heard->record().state, task_state::completed);
  const auto first = at_b ? "d/b" : "d/c";
  const auto second = at_b ? "d/c" : "d/b";
  EXPECT_EQ(words(heard->record()),
            (std::vector<std::string>{"accepted", "planned", std::string{"assigned "} + first,
                                      "step_failed crash", std::string{"assigned "} + second,
                                      "step_completed", "finished"}));
  EXPECT_EQ(f.nodes.at("A")->parts()->places->find({address_kind::agent, first})->load.load(), 0u);
}

TEST(remote_fleet, a_crash_elsewhere_is_a_crash) {
  fleet_stage f;
  f.up("A", a_domain("d", {}));
  f.up("B", a_domain("d", {fleet_stage::worker("b")}));
  f.stage.advance(milliseconds{500});
  f.pool->held = true;
  const auto heard = f.submit("A", wants("work"));
  f.stage.advance(milliseconds{100});
  ASSERT_EQ(f.pool->waiting(), 1u);
  f.pool->forget();
  f.pool->held = false;
  caf::anon_send_exit(f.nodes.at("B")->resolve({address_kind::agent, "d/b"}),
                      caf::exit_reason::kill);
  f.stage.advance(std::chrono::seconds{5});
  // Its supervisor has started it again, and the step was tried again there. That it is there again
  // is told a moment after its end.
  ASSERT_TRUE(heard->done());
  EXPECT_EQ(heard->record().state, task_state::completed);
  EXPECT_EQ(words(heard->record()),
            (std::vector<std::string>{"accepted", "planned", "assigned d/b", "step_failed crash",
                                      "unroutable", "retry_due", "assigned d/b", "step_completed",
                                      "finished"}));
}

TEST(remote_fleet, an_orchestrator_of_another_node_takes_tasks) {
  fleet_stage f;
  f.up("A", a_domain("d", {}));
  f.up("B", a_domain("e", {fleet_stage::worker("b")}));
  f.stage.advance(milliseconds{500});
  // A has no domain "e" of its own: its orchestrator is reached by its address.
  const auto there = f.nodes.at("A")->parts()->places->resolve(directory::orchestrator_of("e", 0));
  ASSERT_TRUE(there);
  auto what = std::make_shared<task>();
  what->id = make_task_id(post_stage::wall, 5, 0);
  what->domain = "e";
  what->skill = "work";
  what->text = "please";
  what->keep = durability::none;
  what->created = post_stage::wall;
  what->deadline = post_stage::wall + std::chrono::minutes{1};
  std::vector<std::string> said;
  task_record_ptr ended;
  const auto me =
      f.stage.spawn(std::make_shared<diary>(),
                    caf::message_handler{
                        [&](const task_accepted&) { said.push_back("accepted"); },
                        [&](const task_refused& x) { said.push_back("refused " + x.why.detail); },
                        [&](const task_progressed& x) {
                          said.push_back(std::string{to_string(x.record->history.back().kind)});
                        },
                        [&](const task_ended& x) { ended = x.record; },
                    });
  f.stage.make(me, [&](caf::event_based_actor* self) {
    self->send(there, submit_task{what, true, false});
  });
  f.stage.advance(milliseconds{500});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->state, task_state::completed);
  EXPECT_EQ(ended->result->text, "b did work");
  EXPECT_EQ(said.front(), "accepted");
  EXPECT_EQ(said.back(), "step_completed");
  EXPECT_EQ(ended->history.back().kind, event_kind::finished);
  EXPECT_GE(ended->before + ended->history.size(), 5u);
}

} // namespace remote_fleet_cases
} // namespace troupe
