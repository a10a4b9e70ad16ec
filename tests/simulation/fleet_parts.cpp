#include "tests/simulation/fleet_parts.hpp"

#include <chrono>
#include <filesystem>

namespace troupe::testing {

using namespace std::chrono_literals;

namespace {

agent_spec agent_of(dice_box& dice, const std::string& name) {
  agent_spec a;
  a.card.name = name;
  a.card.skills = {name};
  a.card.cost = static_cast<double>(dice.draw() % 10);
  a.card.quality = 0.5 + 0.5 * unit_interval(dice.draw());
  a.card.does = static_cast<effects>(dice.draw() % 4);
  a.slots = 1 + static_cast<std::uint32_t>(dice.draw() % 4);
  a.replicas = 1 + static_cast<std::uint32_t>(dice.draw() % 3 == 0);
  a.queue_limit = 1 + static_cast<std::uint32_t>(dice.draw() % 20);
  a.min_confidence = dice.draw() % 2 == 0 ? 0.3 : 0;
  a.settings = {{"function", "work"}};
  a.reads = a.writes = {"word", "count"};
  if (dice.draw() % 3 == 0)
    a.fallback = {"human:desk"};
  return a;
}

} // namespace

domain_spec domain_of(dice_box& dice, const std::string& path,
                      const std::vector<std::string>& agents) {
  domain_spec d;
  d.path = path;
  d.keep = dice.draw() % 4 == 0 ? durability::task : durability::step;
  d.task_timeout = milliseconds{5000 + static_cast<std::int64_t>(dice.draw() % 60000)};
  d.step_timeout = milliseconds{1000 + static_cast<std::int64_t>(dice.draw() % 10000)};
  d.retry.max_retries = static_cast<std::uint32_t>(dice.draw() % 4);
  d.retry.min_backoff = milliseconds{100};
  d.retry.max_backoff = milliseconds{3000};
  d.routing.strategy = static_cast<route_strategy>(dice.draw() % 4);
  d.strategy = static_cast<supervision>(dice.draw() % 3);
  d.sessions.busy = static_cast<when_busy>(dice.draw() % 3);
  d.sessions.queue_limit = 1 + static_cast<std::uint32_t>(dice.draw() % 8);
  d.context["word"] = {};
  d.context["count"].type = "integer";
  for (const auto& name : agents) {
    auto a = agent_of(dice, name);
    a.card.domain = path;
    d.agents.push_back(std::move(a));
  }
  return d;
}

plan_node step(const std::string& skill, const std::string& name) {
  auto n = step(skill);
  n.name = name;
  return n;
}

plan_node group(plan_op op, const std::string& name, std::vector<plan_node> children) {
  auto n = around(op, name, std::move(children));
  if (op == plan_op::quorum)
    n.needed = 1 + static_cast<std::uint32_t>(n.children.size() / 2);
  return n;
}

plan_node elsewhere(const std::string& domain, const std::string& skill) {
  return to_domain("from_" + skill, domain, skill);
}

plan_node a_person() {
  auto n = people("person");
  n.text = "may this go on?";
  return n;
}

plan_node sure_gate(const std::string& name, double least) {
  plan_node n;
  n.op = plan_op::gate;
  n.name = name;
  n.when = {"/confidence", gate_test::at_least, least};
  return n;
}

task_request wish_for(const std::string& skill) {
  task_request r;
  r.skill = skill;
  r.text = "please " + skill;
  return r;
}

fleet_spec fleet_of(dice_box& dice, domain_spec entry) {
  fleet_spec f;
  f.name = "drawn";
  f.shards = 1 + static_cast<std::uint32_t>(dice.draw() % 3);
  f.entry = entry.path;
  f.human_queues = {{"desk", 5min, nullptr, 10s}};
  f.domains.push_back(std::move(entry));
  f.data_dir = (std::filesystem::temp_directory_path() / "troupe-tests").string();
  return f;
}

} // namespace troupe::testing
