#include "bench/benches.hpp"
#include "bench/report.hpp"
#include "nodes/node.hpp"
#include "policies/plan_run.hpp"
#include "src/telemetry/log.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>

namespace troupe::bench {

namespace {

constexpr std::size_t items = 10'000;
constexpr std::size_t window = 1'000; ///< steps at each end whose times are compared
json list_of(std::size_t n) {
  auto out = json::array();
  for (std::size_t i = 0; i < n; ++i)
    out.push_back(i);
  return out;
}

plan_node one_by_one() {
  plan_node step;
  step.name = step.skill = "noop";
  plan_node root;
  root.op = plan_op::map;
  root.name = "all";
  root.items = "/input/list";
  root.at_once = 1;
  root.children.push_back(std::move(step));
  return root;
}

/// What a step costs at the beginning of a task and at its end.
struct cost {
  double first_us = 0;
  double last_us = 0;
};

/// From the moments at which steps were completed. The first ten are left out: memory is cold.
cost cost_of(const std::vector<double>& done_us) {
  const auto mean = [&](std::size_t from) {
    return (done_us[from + window - 1] - done_us[from]) / static_cast<double>(window - 1);
  };
  return {mean(10), mean(done_us.size() - window)};
}

cost interpreter_alone() {
  plan_run run{plan::of(one_by_one()), timestamp{std::chrono::hours{24}}};
  std::vector<plan_action> todo;
  run.start(timestamp{}, todo);
  outcome list;
  list.data = list_of(items);
  event e;
  e.step = 0;
  e.attempt = 1;
  e.kind = event_kind::expanded;
  e.body = std::make_shared<const outcome>(std::move(list));
  todo.clear();
  run.apply(e, todo);
  const outcome_ptr said = std::make_shared<const outcome>();
  std::vector<double> done;
  done.reserve(items);
  const auto start = std::chrono::steady_clock::now();
  while (!run.ended()) {
    const auto a = todo.front();
    todo.clear();
    e.step = a.step;
    e.attempt = a.attempt;
    e.kind = event_kind::assigned;
    e.body = {};
    run.apply(e, todo);
    (void)run.given_to(a.step);
    e.kind = event_kind::step_completed;
    e.body = said;
    // The last step joins the results of all.
    if (done.size() + 1 == items)
      break;
    run.apply(e, todo);
    (void)run.next_timer();
    (void)run.phase();
    done.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
            .count());
  }
  return cost_of(done);
}

std::unique_ptr<node> make_node(caf::actor_system& sys, durability keep, const std::string& dir) {
  fleet_spec fleet;
  fleet.name = "bench";
  fleet.entry = "d";
  fleet.shards = 1;
  fleet.data_dir = dir;
  domain_spec d;
  d.path = "d";
  d.keep = keep;
  d.task_timeout = std::chrono::hours{1};
  agent_spec a;
  a.card.name = "noop";
  a.card.domain = "d";
  a.card.skills = {"noop"};
  a.slots = 64;
  a.settings = {{"function", "noop"}};
  d.agents.push_back(std::move(a));
  d.plans["all"] = one_by_one();
  fleet.domains.push_back(std::move(d));
  node_options options;
  log_settings quiet;
  quiet.level = log_level::critical;
  options.log = make_logger(quiet);
  options.natives = std::make_shared<native_agents>();
  options.natives->add(
      "noop",
      [](const agent_spec&) {
        return [](const agent_call&, std::stop_token) { return outcome{}; };
      },
      true);
  options.no_store = dir.empty();
  auto out = std::make_unique<node>(sys, std::move(fleet), std::move(options));
  out->start();
  if (!out->wait_ready(std::chrono::seconds{60})) {
    std::fprintf(stderr, "the node did not come up\n");
    std::_Exit(1);
  }
  return out;
}

/// One task of `items` steps, one after the other, with somebody watching every event.
cost through_the_node(node& n) {
  std::promise<task_record_ptr> ended;
  task_handlers h;
  h.progressed = [](const task_record_ptr&) {};
  h.ended = [&](const task_record_ptr& x) { ended.set_value(x); };
  h.refused_ = [](const refused& why) {
    std::fprintf(stderr, "refused: %s\n", why.detail.c_str());
    std::_Exit(1);
  };
  task_request request;
  request.skill = "all";
  request.data = {{"list", list_of(items)}};
  n.api().submit(std::move(request), std::move(h));
  const auto record = ended.get_future().get();
  std::vector<double> done;
  for (const auto& e : record->history)
    if (e.kind == event_kind::step_completed)
      done.push_back(static_cast<double>(e.at.time_since_epoch().count()));
  if (done.size() != items) {
    std::fprintf(stderr, "%zu of %zu steps were completed\n", done.size(), items);
    std::_Exit(1);
  }
  return cost_of(done);
}

void say(const std::string& name, const std::vector<cost>& costs, const std::string& what) {
  std::vector<double> first, last;
  for (const auto& c : costs) {
    first.push_back(c.first_us);
    last.push_back(c.last_us);
  }
  report("history_growth/" + name, median(last), "us", median(first),
         what + ", steps " + std::to_string(items - window) + " to " + std::to_string(items) +
             " of a task against its steps 10 to " + std::to_string(window + 10) +
             ", one in flight, every event watched, " + std::to_string(usual_rounds) + " tasks");
}

} // namespace

void history_growth() {
  std::vector<cost> costs;
  for (int i = 0; i < usual_rounds; ++i)
    costs.push_back(interpreter_alone());
  say("interpreter", costs, "the interpreter alone");
  for (const auto keep : {durability::none, durability::step}) {
    caf::actor_system_config config;
    config.set("scheduler.max-threads", 2u);
    caf::actor_system sys{config};
    const auto dir = std::filesystem::temp_directory_path() / "troupe-bench-history";
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    {
      const auto n = make_node(sys, keep, keep == durability::none ? std::string{} : dir.string());
      costs.clear();
      for (int i = 0; i < usual_rounds; ++i)
        costs.push_back(through_the_node(*n));
      n->stop();
    }
    std::filesystem::remove_all(dir);
    say(std::string{to_string(keep)}, costs, "durability " + std::string{to_string(keep)});
  }
}

} // namespace troupe::bench
