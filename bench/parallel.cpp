#include "bench/benches.hpp"
#include "bench/report.hpp"
#include "nodes/node.hpp"
#include "nodes/scheduler.hpp"
#include "src/telemetry/log.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>

namespace troupe::bench {

namespace {

constexpr std::chrono::milliseconds burn_time{5};

/// Computes for 5 ms of wall time.
outcome burn(const agent_call&, std::stop_token) {
  const auto until = std::chrono::steady_clock::now() + burn_time;
  volatile double x = 1;
  while (std::chrono::steady_clock::now() < until)
    x = x * 1.0000001 + 1e-9;
  outcome out;
  out.text = "burnt";
  return out;
}

} // namespace

void parallel() {
  caf::actor_system_config config;
  tune_scheduler(config, 0);
  caf::actor_system sys{config};
  fleet_spec fleet;
  fleet.name = "parallel";
  fleet.entry = "d";
  fleet.shards = 1;
  domain_spec d;
  d.path = "d";
  d.keep = durability::none;
  plan_node both;
  both.op = plan_op::parallel;
  for (const char* name : {"one", "two"}) {
    agent_spec a;
    a.card.name = name;
    a.card.domain = "d";
    a.card.skills = {name};
    a.settings = {{"function", "burn"}};
    d.agents.push_back(std::move(a));
    plan_node call;
    call.name = call.skill = name;
    both.children.push_back(std::move(call));
  }
  d.fixed_plan = std::move(both);
  fleet.domains.push_back(std::move(d));
  node_options options;
  options.no_store = true;
  log_settings quiet;
  quiet.level = log_level::critical;
  options.log = make_logger(quiet);
  options.natives = std::make_shared<native_agents>();
  options.natives->add("burn", [](const agent_spec&) { return native_function{burn}; });
  node n{sys, std::move(fleet), std::move(options)};
  n.start();
  if (!n.wait_ready(std::chrono::seconds{10}))
    std::_Exit(1);
  std::vector<double> took;
  for (int i = 0; i < 200; ++i) {
    std::promise<void> done;
    task_request request;
    request.text = "burn";
    task_handlers handlers;
    handlers.ended = [&](const task_record_ptr&) { done.set_value(); };
    handlers.refused_ = [&](const refused&) { std::_Exit(1); };
    const auto began = std::chrono::steady_clock::now();
    n.api().submit(request, std::move(handlers));
    done.get_future().wait();
    took.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
            .count());
  }
  report("parallel/p50", quantile(took, 0.5), "ms", 5,
         "a task of two agents in parallel that compute for 5 ms each; floor: one of them; in "
         "sequence it would be 10");
  n.stop();
}

} // namespace troupe::bench
