#include "bench/fleets.hpp"

#include "bench/answer.hpp"

#include "nodes/node_client.hpp"
#include "policies/dice.hpp"
#include "src/telemetry/log.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace troupe::bench {

namespace {

agent_spec noop_agent(const std::string& name, const std::string& function,
                      std::vector<std::string> skills) {
  agent_spec a;
  a.card.name = name;
  a.card.domain = "d";
  a.card.skills = std::move(skills);
  a.slots = 64;
  a.queue_limit = 4096;
  a.settings = {{"function", function}};
  return a;
}

std::shared_ptr<native_agents> functions() {
  auto out = std::make_shared<native_agents>();
  out->add(
      "noop",
      [](const agent_spec&) {
        return [](const agent_call& c, std::stop_token) {
          outcome x;
          x.text = answer_to(c.text);
          return x;
        };
      },
      true);
  out->add(
      "classify",
      [](const agent_spec&) {
        const json clause = {{"confidence", 0.9}, {"accepted", true}, {"after_previous", false}};
        const json both = {{"clauses", {clause, clause}}};
        return [both](const agent_call& c, std::stop_token) {
          outcome x;
          x.data = both;
          auto& clauses = x.data["clauses"];
          for (std::size_t i = 0; i < 2; ++i) {
            clauses[i]["text"] = c.text;
            clauses[i]["intent"] = i == 0 ? "first" : "second";
          }
          return x;
        };
      },
      true);
  out->add(
      "crash",
      [](const agent_spec&) {
        return [](const agent_call& c, std::stop_token) {
          if (c.text == "crash")
            throw std::runtime_error{"as asked"};
          outcome x;
          x.text = "alive";
          return x;
        };
      },
      true);
  return out;
}

/// No benchmark sends so many requests that this digit of a number is theirs.
constexpr auto first_digit = std::uint64_t{1} << 60;

caf::behavior task_driver(caf::event_based_actor* self, parts_ptr parts, task_request request,
                          bool stores, load_ptr work) {
  auto one = [self, parts, request, stores, work]() mutable {
    // The text says which of the driver's requests this is, as the number does in the floor's
    // message: sixteen digits, as the first of them is always there.
    const auto i = work->begin_one();
    std::to_chars(request.text.data(), request.text.data() + 16, i | first_digit, 16);
    task_ptr made;
    seat_ptr where;
    static_cast<void>(node_client::make_task(*parts, request, parts->now(self), scramble(i * 2 + 1),
                                             stores, made, where));
    send_to(self, where, submit_task{std::move(made), false, false, false});
  };
  self->set_default_handler(caf::drop);
  for (std::uint64_t i = 0; i < work->window && work->more(); ++i)
    one();
  return {
      [self, work, one](const task_ended& x) mutable {
        if (x.record->state != task_state::completed) {
          std::fprintf(stderr, "failed: %s\n", x.record->result->failed.detail.c_str());
          std::_Exit(1);
        }
        const auto* text = x.record->what->text.data();
        std::uint64_t i = 0;
        std::from_chars(text, text + 16, i, 16);
        if (work->end_one(i & ~first_digit))
          self->quit();
        else if (work->more())
          one();
      },
      [](const task_refused& x) {
        std::fprintf(stderr, "refused: %s\n", x.why.detail.c_str());
        std::_Exit(1);
      },
  };
}

} // namespace

bench_node::bench_node(caf::actor_system& sys, const settings& s)
    : sys_(sys) {
  fleet_spec fleet;
  fleet.name = "bench";
  fleet.entry = "d";
  fleet.node_id = s.node_id;
  fleet.shards = 2;
  fleet.data_dir = s.data_dir;
  domain_spec d;
  d.path = "d";
  d.keep = s.keep;
  for (std::size_t i = 0; i < s.agents; ++i)
    d.agents.push_back(
        noop_agent(s.agents == 1 ? "noop" : "noop" + std::to_string(i), "noop", {"noop"}));
  d.agents.push_back(noop_agent("fragile", "crash", {"crash"}));
  d.intensity.max_restarts = 1'000'000;
  d.intensity.min_backoff = d.intensity.max_backoff = milliseconds{0};
  if (s.compound) {
    d.agents.push_back(noop_agent("one", "noop", {"first"}));
    d.agents.push_back(noop_agent("two", "noop", {"second"}));
    d.agents.push_back(noop_agent("triage", s.triage_function, {"triage"}));
    d.understanding.agent = "triage";
    d.understanding.intents["first"].skill = "first";
    d.understanding.intents["second"].skill = "second";
  }
  fleet.domains.push_back(std::move(d));
  node_options options;
  log_settings quiet;
  quiet.level = log_level::critical;
  options.log = make_logger(quiet);
  options.natives = functions();
  options.no_store = s.data_dir.empty();
  node_ = std::make_unique<node>(sys, std::move(fleet), std::move(options));
  node_->start();
  if (!node_->wait_ready(std::chrono::seconds{60})) {
    std::fprintf(stderr, "the node did not come up\n");
    std::_Exit(1);
  }
}

bench_node::~bench_node() {
  node_->stop();
}

run_result bench_node::run(std::uint64_t count, std::uint64_t window, const std::string& skill,
                           std::size_t body_bytes) {
  task_request request;
  request.skill = skill;
  request.text = std::string(body_bytes, 'x');
  const bool stores = node_->parts()->fleet.domains.front().keep != durability::none;
  return drive(count, window, [&](load_ptr work) {
    sys_.spawn(task_driver, node_->parts(), request, stores, std::move(work));
  });
}

} // namespace troupe::bench
