#include "tests/src/config/fleet_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace troupe::config {
namespace loading_cases {

using test::fleet_folder;
using test::lines;
using namespace std::chrono_literals;

constexpr std::string_view fleet_text = R"(
fleet: customer-support
entry: support
node: {id: n1, region: eu}
shards: 4
data: d
door: {host: 0.0.0.0, port: 0, body_max: 64KiB, connections_max: 7, header_timeout: 1s, body_timeout: 2s, wait_max: 3m}
log: {level: debug, keep: 7d, max_size: 2MiB}
remembered_tasks: 5
plugins: [support_agents]
services:
  - name: warehouse
    command: [python3, services/warehouse.py]
    environment: {WAREHOUSE_PORT: "7431"}
humans:
  escalations: {answer_timeout: 24h, claim_lease: 15m}
)";

constexpr std::string_view domain_text = R"(
domain: support
description: all of it
durability: task
timeout: 1m
step_timeout: 500ms
retry: {max_retries: 2, min_backoff: 2s, max_backoff: 20s, factor: 1.5, random_factor: 0}
routing:
  strategy: static
  min_quality: 0.1
  tiers:
    gold: {raise: 1, strategy: best_quality, min_quality: 0.8}
    free: {raise: -1}
understand:
  agent: triage
  unclear: human:escalations
  intents:
    cancel order?: {skill: order.cancel, priority: high}
    refund: {skill: refund.issue, after: ["cancel order?"], fallback: ["human:escalations", "agent:orders"]}
    upgrade: {domain: support/sales, skill: plan.upgrade}
plan:
  sequence:
    - call: {skill: order.cancel, agent: orders, text: t, input: {n: 1}, timeout: 5s, priority: urgent, fallback: ["skill:order.cancel"]}
    - gate: {pointer: /data/amount, at_most: 100}
    - gate: {name: call1, pointer: "", one_of: [1, a]}
    - call: {skill: order.cancel}
    - parallel: {name: both, how: merge, steps: [human: {queue: escalations, text: "ok?"}, domain: {domain: support/sales, skill: plan.upgrade}]}
    - quorum: {needed: 1, steps: [{call: {agent: orders}}]}
plans: {refund.issue: {race: [{call: {skill: order.cancel}}]}}
answer: merge
sessions: {busy: interrupt, queue: 1, history: 2, idle: 1d}
context:
  tier: string
  open_orders: {type: array, description: what is open}
supervision: {strategy: rest_for_one, max_restarts: 1, period: 2s, min_backoff: 3ms, max_backoff: 4ms}
max_tasks: 9
max_tasks_size: 3MiB
)";

constexpr std::string_view agent_text = R"(
agent: orders
description: does orders
kind: subprocess
skills: [order.cancel]
intents: [refund]
labels: [a, b]
cost: 0.02
quality: 0.95
effects: idempotent
replicas: 2
slots: 3
queue: 4
timeout: 5s
restart: transient
reads: [tier]
writes: [open_orders]
min_confidence: 0.5
fallback: ["human:escalations"]
subprocess: {command: [python3, "a b.py"], environment: {K: v}, output_max: 2KiB}
)";

void write_whole(fleet_folder& f) {
  f.write("fleet.yaml", fleet_text)
      .write("support/domain.yaml", domain_text)
      .write("support/agents/orders.yaml", agent_text)
      .write("support/agents/orders.py", "ignored")
      .write("support/agents/triage.yaml",
             "agent: triage\nkind: triage\ntriage: {model: m.model, examples: e.tsv}\n")
      .write("support/e.tsv",
             "intent\ttext\ncancel order?\tstop it\ncancel order?\tstop the order\n"
             "refund\tmoney back\nrefund\tmy money\nupgrade\tmore\n"
             "upgrade\tmore of it\n")
      .write("support/sales/domain.yaml", "domain: sales\n")
      .write("support/sales/agents/seller.yaml",
             "agent: seller\nkind: rules\nskills: [plan.upgrade]\nrules:\n  rules:\n"
             "  - {any: [hi], when: [{pointer: /context/tier, equals: gold}], text: 'hello "
             "${context.name}'}\n")
      .write("services/warehouse.py", "ignored");
}

TEST(loading, data_lies_with_the_fleet_wherever_the_program_was_started) {
  fleet_folder f;
  write_small(f);
  EXPECT_EQ(f.load().fleet->data_dir, (f.dir() / "troupe-data").string());
  // Of a version that was written elsewhere as well, and unless it is said where.
  const auto nothing_set = [](const std::string&) { return std::nullopt; };
  EXPECT_EQ(load_fleet(f.dir(), nothing_set, "/home/of/it").fleet->data_dir,
            "/home/of/it/troupe-data");
  f.write("fleet.yaml", std::string{test::small_fleet} + "data: /srv/shop\n");
  EXPECT_EQ(f.load().fleet->data_dir, "/srv/shop");
}

TEST(loading, takes_every_value_of_a_fleet) {
  fleet_folder f;
  write_whole(f);
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_EQ(lines(got.warnings), "");
  EXPECT_THAT(got.files, testing::ElementsAre("fleet.yaml", "support/agents/orders.yaml",
                                              "support/agents/triage.yaml", "support/domain.yaml",
                                              "support/e.tsv", "support/sales/agents/seller.yaml",
                                              "support/sales/domain.yaml"));
  const auto& x = *got.fleet;
  EXPECT_EQ(x.name, "customer-support");
  EXPECT_EQ(x.dir, f.dir().string());
  EXPECT_EQ(x.entry, "support");
  EXPECT_EQ(x.node_id + "/" + x.region + "/" + x.log_level, "n1/eu/debug");
  EXPECT_EQ(x.data_dir, (f.dir() / "d").string());
  EXPECT_EQ(x.log_days, 7u);
  EXPECT_EQ(x.max_log_bytes, 2u << 20);
  EXPECT_EQ(x.shards, 4u);
  EXPECT_EQ(x.remembered_tasks, 5u);
  EXPECT_EQ(x.door.host, "0.0.0.0");
  EXPECT_EQ(x.door.port, 0);
  EXPECT_EQ(x.door.body_max_bytes, 65536u);
  EXPECT_EQ(x.door.connections_max, 7u);
  EXPECT_EQ(x.door.header_timeout, 1s);
  EXPECT_EQ(x.door.body_timeout, 2s);
  EXPECT_EQ(x.door.wait_max, 3min);
  EXPECT_THAT(x.plugins, testing::ElementsAre("support_agents"));
  ASSERT_EQ(x.services.size(), 1u);
  EXPECT_EQ(x.services[0].environment.at("WAREHOUSE_PORT"), "7431");
  ASSERT_EQ(x.human_queues.size(), 1u);
  EXPECT_EQ(x.human_queues[0].claim_lease, 15min);

  ASSERT_EQ(x.domains.size(), 1u);
  const auto& d = x.domains[0];
  EXPECT_EQ(d.path, "support");
  EXPECT_EQ(d.description, "all of it");
  EXPECT_EQ(d.keep, durability::task);
  EXPECT_EQ(d.task_timeout, 1min);
  EXPECT_EQ(d.step_timeout, 500ms);
  EXPECT_EQ(d.retry, (retry_spec{2, 2s, 20s, 1.5, 0}));
  EXPECT_EQ(d.routing.strategy, route_strategy::static_order);
  EXPECT_EQ(d.routing.tiers.at("gold").strategy, route_strategy::best_quality);
  EXPECT_EQ(d.routing.tiers.at("free").raise, -1);
  EXPECT_FALSE(d.routing.tiers.at("free").strategy);
  EXPECT_EQ(d.understanding.agent, "triage");
  EXPECT_EQ(d.understanding.unclear, "human:escalations");
  EXPECT_EQ(d.understanding.intents.at("cancel order?").urgency, priority::high);
  EXPECT_THAT(d.understanding.intents.at("refund").fallback,
              testing::ElementsAre("human:escalations", "agent:support/orders"));
  EXPECT_EQ(d.understanding.intents.at("upgrade").domain, "support/sales");
  EXPECT_EQ(d.answer, join::merge);
  EXPECT_EQ(d.sessions.busy, when_busy::interrupt);
  EXPECT_EQ(d.sessions.queue_limit, 1u);
  EXPECT_EQ(d.sessions.history_limit, 2u);
  EXPECT_EQ(d.sessions.idle_limit, 24h);
  EXPECT_EQ(d.context.at("tier").type, "string");
  EXPECT_EQ(d.context.at("open_orders").type, "array");
  EXPECT_EQ(d.context.at("open_orders").description, "what is open");
  EXPECT_EQ(d.strategy, supervision::rest_for_one);
  EXPECT_EQ(d.intensity.max_restarts, 1u);
  EXPECT_EQ(d.intensity.max_backoff, 4ms);
  EXPECT_EQ(d.max_tasks, 9u);
  EXPECT_EQ(d.max_tasks_bytes, 3u << 20);
  ASSERT_EQ(d.domains.size(), 1u);
  EXPECT_EQ(d.domains[0].path, "support/sales");
  const auto& rule = d.domains[0].agents.at(0).settings["rules"][0];
  EXPECT_EQ(rule["text"], "hello ${context.name}");
  EXPECT_EQ(rule["when"][0], (json{{"pointer", "/context/tier"}, {"equals", "gold"}}));
}

TEST(loading, takes_every_value_of_an_agent) {
  fleet_folder f;
  write_whole(f);
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  const auto& a = got.fleet->domains[0].agents.at(0);
  EXPECT_EQ(a.card.name, "orders");
  EXPECT_EQ(a.card.domain, "support");
  EXPECT_EQ(a.card.kind, agent_kind::subprocess);
  EXPECT_THAT(a.card.labels, testing::ElementsAre("a", "b"));
  EXPECT_THAT(a.card.intents, testing::ElementsAre("refund"));
  EXPECT_EQ(a.card.cost, 0.02);
  EXPECT_EQ(a.card.quality, 0.95);
  EXPECT_EQ(a.card.does, effects::idempotent);
  EXPECT_EQ(a.replicas, 2u);
  EXPECT_EQ(a.slots, 3u);
  EXPECT_EQ(a.queue_limit, 4u);
  EXPECT_EQ(a.timeout, 5s);
  EXPECT_EQ(a.restart, restart_type::transient);
  EXPECT_THAT(a.reads, testing::ElementsAre("tier"));
  EXPECT_THAT(a.writes, testing::ElementsAre("open_orders"));
  EXPECT_EQ(a.min_confidence, 0.5);
  EXPECT_THAT(a.fallback, testing::ElementsAre("human:escalations"));
  EXPECT_EQ(
      a.settings,
      json::parse(R"({"command": ["python3", "a b.py"], "environment": {"K": "v"}, "mode": "worker",
                                        "output_max": 2048})"));
  const auto& triage = got.fleet->domains[0].agents.at(1);
  EXPECT_EQ(triage.settings, json::parse(R"({"model": "m.model", "examples": "e.tsv", "split": true,
                                             "extra_examples": [], "plans": [], "ids": {}})"));
}

TEST(loading, reads_plans_and_names_their_steps) {
  fleet_folder f;
  write_whole(f);
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  const auto& d = got.fleet->domains[0];
  ASSERT_TRUE(d.fixed_plan);
  const auto& p = *d.fixed_plan;
  EXPECT_EQ(p.op, plan_op::sequence);
  EXPECT_EQ(p.name, "sequence1");
  ASSERT_EQ(p.children.size(), 6u);
  const auto& call = p.children[0];
  EXPECT_EQ(call.name, "call2"); // call1 is taken by a step that is named so
  EXPECT_EQ(call.target, "support/orders");
  EXPECT_EQ(call.input, json::parse(R"({"n": 1})"));
  EXPECT_EQ(call.timeout, 5s);
  EXPECT_EQ(call.urgency, priority::urgent);
  EXPECT_THAT(call.fallback, testing::ElementsAre("skill:order.cancel"));
  EXPECT_EQ(p.children[1].name, "gate1");
  EXPECT_EQ(p.children[1].when, (condition{"/data/amount", gate_test::at_most, 100}));
  EXPECT_EQ(p.children[2].when.value, json::parse(R"([1, "a"])"));
  EXPECT_EQ(p.children[3].name, "call3");
  EXPECT_EQ(p.children[4].name, "both");
  EXPECT_EQ(p.children[4].how, join::merge);
  EXPECT_EQ(p.children[4].children.at(0).target, "escalations");
  EXPECT_EQ(p.children[4].children.at(1).target, "support/sales");
  EXPECT_EQ(p.children[5].needed, 1u);
  EXPECT_EQ(d.plans.at("refund.issue").op, plan_op::race);
}

TEST(loading, understands_anchors) {
  fleet_folder f;
  test::write_small(f);
  f.write(
      "support/domain.yaml",
      "domain: support\nretry: {min_backoff: &x 3s, max_backoff: *x}\ncontext: {tier: string}\n");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_EQ(got.fleet->domains.at(1).retry.max_backoff, 3s);
}

TEST(loading, ignores_folders_without_a_domain) {
  fleet_folder f;
  test::write_small(f);
  f.write("models/x.bin", "x")
      .write("models/sub/domain.yaml", "nonsense")
      .write(".git/domain.yaml", "nonsense");
  EXPECT_TRUE(f.load().ok());
}

TEST(warnings, name_what_is_probably_not_meant) {
  fleet_folder f;
  test::write_small(f);
  f.write("support/domain.yaml",
          "domain: support\ncontext: {tier: string}\nunderstand:\n  agent: triage\n  intents:\n"
          "    bill: {skill: bill}\n    pay: {skill: pay}\n");
  f.write("sales/domain.yml", "");
  f.write("old/domain.yml", "");
  const auto got = f.load();
  ASSERT_TRUE(got.ok()) << lines(got.errors);
  EXPECT_EQ(lines(got.warnings),
            "old/domain.yml: ignored, because it is not called domain.yaml\n"
            "support/agents/general.yaml:1:1: no intent, plan or fallback leads to this agent\n"
            "support/agents/payer.yaml:2:1: effects: when nobody knows what it has done, there is "
            "nobody to ask: give the domain a human_queue\n"
            "support/domain.yaml:3:1: understand: without \"unclear\", tasks whose wish is not "
            "understood fail\n");
}

} // namespace loading_cases
} // namespace troupe::config
