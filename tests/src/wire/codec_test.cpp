#include "src/wire/codec.hpp"

#include <gtest/gtest.h>
#include <troupe_v1.pb.h>

#include <random>

namespace troupe {
namespace {

timestamp at(std::int64_t us) {
  return timestamp{microseconds{us}};
}

task full_task() {
  task t;
  t.id = "018bcfe5680000000000000000a107";
  t.context_id = "s-1";
  t.domain = "support/refunds";
  t.skill = "refund";
  t.text = "Where is my \xff money? \xE2\x82\xAC"; // not quite UTF-8: must come back as it was
  t.data = {{"order", 7}, {"items", {1, 2.5, "x"}}};
  t.who = {"c-9", "gold"};
  t.urgency = priority::urgent;
  t.keep = durability::task;
  t.created = at(1700000000000001);
  t.deadline = at(1700000000900000);
  t.firm = true;
  t.idempotency_key = "k";
  t.trace_id = "0af7651916cd43dd8448eb211c80319c";
  t.parent = "p";
  t.parent_step = 3;
  t.path = {"support", "support/refunds"};
  return t;
}

outcome full_outcome() {
  outcome o;
  o.text = "done";
  o.data = {{"a", nullptr}};
  o.confidence = 0.25;
  o.partial = true;
  o.used = {1, 2, 3, 4, 5, 6};
  o.failed = {reason::rate_limited, "later", milliseconds{1500}};
  o.acted = deeds::possible;
  return o;
}

/// root(0) -> 1, 4; 1 -> 2, 3
plan small_plan() {
  plan p;
  p.steps.resize(5);
  p.steps[0].node.op = plan_op::sequence;
  p.steps[0].children = {1, 4};
  p.steps[1].node.op = plan_op::quorum;
  p.steps[1].node.needed = 1;
  p.steps[1].children = {2, 3};
  p.steps[2].parent = p.steps[3].parent = 1;
  p.steps[2].node.skill = "look";
  p.steps[2].node.input = {{"deep", json::array({1})}};
  p.steps[2].node.fallback = {"agent:b", "human:desk"};
  p.steps[2].node.timeout = milliseconds{70};
  p.steps[2].node.note = "the request asks for it";
  p.steps[2].node.scores = {{"refund", 0.75f}, {"track", 0.125f}};
  p.steps[4].node.op = plan_op::gate;
  p.steps[4].node.when = {"/confidence", gate_test::at_least, 0.5};
  for (std::size_t i = 0; i < p.steps.size(); ++i)
    p.steps[i].node.name = "n" + std::to_string(i);
  p.retry = {9, milliseconds{1}, milliseconds{2}, 3.0, 0.5};
  p.step_timeout = milliseconds{12};
  p.max_parallel = 5;
  p.on_failure[reason::crash] = {remedy::retry_here, 7, sanction::restart};
  p.on_failure[reason::policy_denied] = {remedy::ask_human, std::nullopt, sanction::none};
  p.human_queue = "desk";
  p.max_failed_agents = 3;
  return p;
}

void expect_same(const plan& a, const plan& b) {
  ASSERT_EQ(a.steps.size(), b.steps.size());
  for (std::size_t i = 0; i < a.steps.size(); ++i) {
    EXPECT_EQ(a.steps[i].node, b.steps[i].node);
    EXPECT_EQ(a.steps[i].parent, b.steps[i].parent);
    EXPECT_EQ(a.steps[i].children, b.steps[i].children);
  }
  EXPECT_EQ(a.retry, b.retry);
  EXPECT_EQ(a.step_timeout, b.step_timeout);
  EXPECT_EQ(a.max_parallel, b.max_parallel);
  EXPECT_EQ(a.on_failure, b.on_failure);
  EXPECT_EQ(a.human_queue, b.human_queue);
  EXPECT_EQ(a.max_failed_agents, b.max_failed_agents);
}

json nested(std::size_t levels) {
  json out = json::array();
  for (std::size_t i = 1; i < levels; ++i)
    out = json::array({std::move(out)});
  return out;
}

TEST(codec, brings_a_task_back) {
  const auto t = full_task();
  auto d = decode_task(encode(t));
  ASSERT_TRUE(d) << d.error;
  EXPECT_EQ(d->id, t.id);
  EXPECT_EQ(d->context_id, t.context_id);
  EXPECT_EQ(d->domain, t.domain);
  EXPECT_EQ(d->skill, t.skill);
  EXPECT_EQ(d->text, t.text);
  EXPECT_EQ(d->data, t.data);
  EXPECT_EQ(d->who, t.who);
  EXPECT_EQ(d->urgency, t.urgency);
  EXPECT_EQ(d->keep, t.keep);
  EXPECT_EQ(d->created, t.created);
  EXPECT_EQ(d->deadline, t.deadline);
  EXPECT_EQ(d->firm, t.firm);
  EXPECT_EQ(d->idempotency_key, t.idempotency_key);
  EXPECT_EQ(d->trace_id, t.trace_id);
  EXPECT_EQ(d->parent, t.parent);
  EXPECT_EQ(d->parent_step, t.parent_step);
  EXPECT_EQ(d->path, t.path);
  EXPECT_EQ(encode(*d), encode(t));
}

TEST(codec, a_task_without_a_deadline_stays_without) {
  auto d = decode_task(encode(task{}));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->deadline, no_deadline);
  EXPECT_TRUE(d->data.is_null());
}

TEST(codec, brings_an_outcome_back) {
  const auto o = full_outcome();
  auto d = decode_outcome(encode(o));
  ASSERT_TRUE(d) << d.error;
  EXPECT_EQ(d->text, o.text);
  EXPECT_EQ(d->data, o.data);
  EXPECT_EQ(d->confidence, o.confidence);
  EXPECT_TRUE(d->partial);
  EXPECT_EQ(d->used, o.used);
  EXPECT_EQ(d->failed, o.failed);
  EXPECT_EQ(d->acted, o.acted);
}

TEST(codec, brings_plans_back) {
  const auto p = small_plan();
  auto d = decode_plan(encode(p));
  ASSERT_TRUE(d) << d.error;
  expect_same(*d, p);
  plan_node tree;
  tree.op = plan_op::parallel;
  tree.children = {p.steps[2].node, p.steps[4].node};
  auto t = decode_plan_node(encode(tree));
  ASSERT_TRUE(t) << t.error;
  EXPECT_EQ(*t, tree);
}

TEST(codec, brings_every_body_of_an_event_back) {
  event e;
  e.kind = event_kind::assigned;
  e.triage = true;
  e.step = 0;
  e.attempt = 2;
  e.at = at(5);
  e.dice = 0xFFFFFFFFFFFFFFFF;
  route r;
  r.skill = "s";
  r.agent = "a";
  r.strategy = route_strategy::cheapest;
  r.repeatable = false;
  r.does = effects::unsafe;
  r.because = "gold";
  r.of = 3;
  r.seen = {{"a", verdict::chosen, 1, 2, 0.5f, 0.25f, 0.75f, 0.5f},
            {"b", verdict::full, 9, 9, 1, 1, 0}};
  r.arms = {{"a", 12.5f, 0.75f, 0.125f, 0.875f}, {"b", 0, 0.5f, 0.25f, 0.0625f}};
  e.body = std::make_shared<const route>(r);
  auto d = decode_event(encode(e));
  ASSERT_TRUE(d) << d.error;
  EXPECT_EQ(d->kind, e.kind);
  EXPECT_TRUE(d->triage);
  EXPECT_EQ(d->step, 0u);
  EXPECT_EQ(d->attempt, 2u);
  EXPECT_EQ(d->at, e.at);
  EXPECT_EQ(d->dice, e.dice);
  const auto* way = d->get<route>();
  ASSERT_TRUE(way);
  EXPECT_FALSE(way->repeatable);
  EXPECT_EQ(way->does, effects::unsafe);
  EXPECT_EQ(way->strategy, r.strategy);
  ASSERT_EQ(way->seen.size(), 2u);
  EXPECT_EQ(way->seen[1].said, verdict::full);
  EXPECT_EQ(way->arms, r.arms);
  EXPECT_EQ(way->seen[0].success_rate, 0.75f);
  EXPECT_EQ(way->seen[0].fit, 0.5f);

  e.step = whole_task;
  e.body = std::make_shared<const plan>(small_plan());
  d = decode_event(encode(e));
  ASSERT_TRUE(d);
  EXPECT_EQ(d->step, whole_task);
  expect_same(*d->get<plan>(), small_plan());
  e.body = std::make_shared<const outcome>(full_outcome());
  EXPECT_EQ(decode_event(encode(e))->get<outcome>()->text, "done");
  e.body = std::make_shared<const failure>(failure{reason::crash, "x", milliseconds{0}});
  EXPECT_EQ(decode_event(encode(e))->get<failure>()->why, reason::crash);
  e.body = std::make_shared<const std::string>();
  EXPECT_TRUE(decode_event(encode(e))->get<std::string>());
  e.body = std::monostate{};
  EXPECT_EQ(decode_event(encode(e))->body.index(), 0u);
}

TEST(codec, brings_records_and_sessions_back) {
  task_record r;
  r.what = std::make_shared<const task>(full_task());
  r.state = task_state::failed;
  r.phase = task_phase::ended;
  r.how = std::make_shared<const plan>(small_plan());
  r.history.resize(3);
  r.result = std::make_shared<const outcome>(full_outcome());
  r.updated = at(8);
  r.moved_deadline = at(9);
  auto d = decode_task_record(encode(r));
  ASSERT_TRUE(d) << d.error;
  EXPECT_EQ(encode(*d), encode(r));
  EXPECT_EQ(d->history.size(), 3u);
  EXPECT_EQ(d->moved_deadline, at(9));

  session_snapshot s{"s", "support", {{"x", 1}}, {}, {"c", "t"}, at(3), 2, {"support/billing#2"}};
  s.turns.push_back({at(1), "t1", "hi", "hello", task_state::completed});
  auto back = decode_session(encode_session(s));
  ASSERT_TRUE(back) << back.error;
  EXPECT_EQ(*back, s);
}

TEST(codec, names_unknown_enum_values) {
  v1::Task t;
  t.set_priority(4);
  auto d = decode_task(t.SerializeAsString());
  EXPECT_FALSE(d);
  EXPECT_NE(d.error.find("task.priority: unknown value 4"), std::string::npos) << d.error;
  v1::Event e;
  e.set_kind(4000000000u);
  EXPECT_FALSE(decode_event(e.SerializeAsString()));
}

TEST(codec, refuses_bad_and_deep_json) {
  v1::Outcome o;
  o.set_data_json("{\"a\":");
  EXPECT_NE(decode_outcome(o.SerializeAsString()).error.find("outcome.data: is not JSON"),
            std::string::npos);
  o.set_data_json(std::string(1000000, '[') + std::string(1000000, ']'));
  EXPECT_NE(decode_outcome(o.SerializeAsString()).error.find("deeper than 128"), std::string::npos);
  o.set_data_json("[\"" + std::string(1000, '[') + "\\\"\"]"); // brackets in a string are text
  EXPECT_TRUE(decode_outcome(o.SerializeAsString()));

  outcome deep;
  deep.data = nested(max_json_depth);
  EXPECT_TRUE(json_fits(deep.data));
  EXPECT_TRUE(decode_outcome(encode(deep)));
  deep.data = nested(max_json_depth + 1);
  EXPECT_FALSE(json_fits(deep.data));
  EXPECT_THROW((void)encode(deep), encode_error);
}

TEST(codec, replaces_what_is_not_utf8_in_json) {
  outcome o;
  o.data = {{"a", "x\xff"}};
  auto d = decode_outcome(encode(o));
  ASSERT_TRUE(d) << d.error;
  EXPECT_EQ(d->data["a"], "x\xEF\xBF\xBD");
}

TEST(codec, brings_back_what_is_repeated_and_undone) {
  // compensate(0) -> map(1) -> 2; 1 is undone by 3
  plan p;
  p.steps.resize(4);
  p.steps[0].node.op = plan_op::compensate;
  p.steps[0].children = {1};
  p.steps[1].node.op = plan_op::map;
  p.steps[1].node.items = "/input/orders";
  p.steps[1].node.at_once = 3;
  p.steps[1].node.max_rounds = 7;
  p.steps[1].children = {2};
  p.steps[1].undo = 3;
  p.steps[2].parent = p.steps[3].parent = 1;
  const auto back = decode_plan(encode(p));
  ASSERT_TRUE(back) << back.error;
  ASSERT_EQ(back->steps.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(back->steps[i].node, p.steps[i].node) << i;
    EXPECT_EQ(back->steps[i].undo, p.steps[i].undo) << i;
  }
  const auto refused = [&](auto change) {
    auto bad = p;
    change(bad);
    EXPECT_FALSE(decode_plan(encode(bad)));
  };
  refused([](plan& x) { x.steps[1].undo = 2; });
  refused([](plan& x) { x.steps[1].undo = 9; });
  refused([](plan& x) { x.steps[1].undo = 0; });
  refused([](plan& x) { x.steps[0].undo = 3; });
  refused([](plan& x) { x.steps[1].node.op = plan_op::judge; });
  refused([](plan& x) {
    x.steps[1].children = {3};
    x.steps[1].undo = 2;
  });

  plan_node tree;
  tree.op = plan_op::compensate;
  tree.children.resize(1);
  tree.children[0].undo.resize(1);
  tree.children[0].undo[0].skill = "back";
  const auto again = decode_plan_node(encode(tree));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, tree);
}

TEST(codec, refuses_plans_that_are_no_tree) {
  const auto refused = [](auto change) {
    auto p = small_plan();
    change(p);
    auto d = decode_plan(encode(p));
    EXPECT_FALSE(d);
    return d.error;
  };
  EXPECT_NE(refused([](plan& p) { p.steps[0].parent = 2; }).find("root"), std::string::npos);
  refused([](plan& p) { p.steps[2].parent = 0; });
  refused([](plan& p) { p.steps[2].parent = 4000000000u; });
  refused([](plan& p) { p.steps[1].children = {2}; });
  refused([](plan& p) { p.steps[1].children = {2, 3, 3}; });
  refused([](plan& p) { p.steps[1].children = {2, 99}; });
  refused([](plan& p) { p.steps[2].children = {1}; });
  refused([](plan& p) { p.steps[1].children = {1, 2, 3}; });
  EXPECT_FALSE(decode_plan(""));
}

TEST(codec, refuses_plans_that_are_too_deep) {
  plan chain;
  chain.steps.resize(plan::max_depth + 1);
  for (std::uint32_t i = 1; i < chain.steps.size(); ++i) {
    chain.steps[i].parent = i - 1;
    chain.steps[i - 1].children = {i};
  }
  EXPECT_FALSE(decode_plan(encode(chain)));
  chain.steps.pop_back();
  chain.steps.back().children.clear();
  EXPECT_TRUE(decode_plan(encode(chain)));

  v1::PlanNode root;
  auto* deepest = &root;
  for (std::size_t i = 0; i < plan::max_depth; ++i)
    deepest = deepest->add_children();
  EXPECT_FALSE(decode_plan_node(root.SerializeAsString()));
  for (int i = 0; i < 5000; ++i)
    deepest = deepest->add_children();
  EXPECT_FALSE(decode_plan_node(root.SerializeAsString()));
}

TEST(codec, bears_any_bytes) {
  task_record r;
  r.what = std::make_shared<const task>(full_task());
  r.how = std::make_shared<const plan>(small_plan());
  r.result = std::make_shared<const outcome>(full_outcome());
  const auto good = encode(r);
  for (std::size_t n = 0; n < good.size(); ++n)
    (void)decode_task_record(std::string_view{good}.substr(0, n));
  std::mt19937 dice{1};
  for (int round = 0; round < 20000; ++round) {
    auto bad = good;
    for (int i = 0; i < 3; ++i)
      bad[dice() % bad.size()] = static_cast<char>(dice());
    if (auto d = decode_task_record(bad); !d) {
      EXPECT_FALSE(d.error.empty());
    }
    (void)decode_event(bad);
    (void)decode_session(bad);
  }
  EXPECT_FALSE(decode_task("\xff\xff\xff").error.empty());
}

} // namespace
} // namespace troupe
