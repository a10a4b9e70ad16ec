// A node that can be killed: the shipped one, with agents that refund, a person who looks into the
// books when asked, and instants at which the process ends. It takes orders on its standard input:
//   submit NAME SKILL      a task under the key NAME, which refunds the charge NAME
//   stop                   ends in order
// and says on its standard output: ready, accepted NAME ID, ended NAME STATE, refused NAME.
#include "nodes/node.hpp"
#include "nodes/scheduler.hpp"
#include "src/telemetry/log.hpp"
#include "tests/kill/books.hpp"
#include "tests/kill/instants.hpp"

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <future>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

using namespace troupe;

namespace {

/// The SQLite store, with an instant between its commits and whoever waits for them.
class aimed_store final : public store {
 public:
  explicit aimed_store(const std::string& path)
      : to_(open_sqlite_store(path)) {}
  void apply(std::span<const store_write> batch) override {
    to_->apply(batch);
    kill::pass("acknowledge");
  }
  std::uint64_t take_shard(std::string_view domain, std::uint32_t shard) override {
    return to_->take_shard(domain, shard);
  }
  std::vector<stored_task> open_tasks(std::string_view domain, std::uint32_t shard) override {
    return to_->open_tasks(domain, shard);
  }
  std::optional<stored_task> task(std::string_view id) override { return to_->task(id); }
  std::optional<std::string> task_by_key(std::string_view domain, std::string_view key) override {
    return to_->task_by_key(domain, key);
  }
  std::vector<key_holder> claim_keys(std::string_view domain, std::uint32_t shard,
                                     std::uint64_t epoch,
                                     std::span<const key_claim> claims) override {
    return to_->claim_keys(domain, shard, epoch, claims);
  }
  void release_key(std::string_view domain, std::string_view key, std::string_view id) override {
    to_->release_key(domain, key, id);
  }
  std::optional<std::string> session(std::string_view domain, std::string_view id) override {
    return to_->session(domain, id);
  }
  std::vector<std::string> sessions(const session_filter& filter) override {
    return to_->sessions(filter);
  }
  std::vector<stored_effect> effects(const effect_filter& filter) override {
    return to_->effects(filter);
  }
  std::vector<stored_task> tasks(const task_filter& filter) override { return to_->tasks(filter); }
  std::size_t prune(const prune_limits& limits, std::size_t most) override {
    return to_->prune(limits, most);
  }
  std::uint64_t bytes() override { return to_->bytes(); }
  void keep_order(const standing_order& x) override { to_->keep_order(x); }
  std::vector<standing_order> orders() override { return to_->orders(); }
  std::vector<audit_row> audit(std::uint64_t after, std::size_t most) override {
    return to_->audit(after, most);
  }
  std::optional<std::vector<stored_key>> keys(std::uint64_t& mark) override {
    return to_->keys(mark);
  }

 private:
  std::unique_ptr<store> to_;
};

std::shared_ptr<native_agents> cashiers(const std::string& dir) {
  auto out = std::make_shared<native_agents>();
  out->add("cashier", [dir](const agent_spec& spec) -> native_function {
    return [dir, kind = spec.card.name](const agent_call& x, std::stop_token) {
      kill::books b{dir};
      outcome y;
      if (x.query) {
        y.data = {{"happened", b.knows(x.idempotency_key)}};
        return y;
      }
      y.text = "refunded";
      // Only this one keeps from refunding twice under one key, and only if it is given a key.
      if (kind == "by_key" && !x.idempotency_key.empty() && b.knows(x.idempotency_key))
        return y;
      kill::pass("act");
      b.refund(x.about->text, kind, x.idempotency_key);
      kill::pass("acted");
      return y;
    };
  });
  return out;
}

agent_spec cashier(const std::string& name, effects does) {
  agent_spec a;
  a.card.name = name;
  a.card.domain = "till";
  a.card.skills = {name};
  a.card.does = does;
  a.slots = 8;
  a.settings = {{"function", "cashier"}};
  return a;
}

fleet_spec till(const std::string& dir, bool ledger, durability keep) {
  const auto does = [ledger](effects x) { return ledger ? x : effects::none; };
  domain_spec d;
  d.path = "till";
  d.keep = keep;
  d.human_queue = "desk";
  d.task_timeout = std::chrono::minutes{10};
  d.retry.min_backoff = milliseconds{20};
  d.agents = {cashier("by_key", does(effects::idempotent)),
              cashier("by_query", does(effects::queryable)),
              cashier("by_hand", does(effects::unsafe))};
  plan_node all;
  all.op = plan_op::sequence;
  all.name = "all";
  for (const auto& a : d.agents) {
    plan_node n;
    n.name = n.skill = a.card.name;
    all.children.push_back(n);
  }
  d.plans["all"] = all;
  fleet_spec f;
  f.name = "till";
  f.entry = "till";
  f.shards = 2;
  f.data_dir = dir;
  f.human_queues = {{"desk", std::chrono::hours{1}, nullptr, std::chrono::minutes{1}}};
  f.domains.push_back(std::move(d));
  return f;
}

std::mutex talking;

void say(const std::string& line) {
  std::lock_guard hold{talking};
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

/// Looks into the books whenever a question is open, and says what stands there.
class person {
 public:
  person(client& api, std::string dir)
      : api_(api)
      , dir_(std::move(dir))
      , thread_([this](std::stop_token stop) { work(stop); }) {}

 private:
  void work(const std::stop_token& stop) {
    kill::books b{dir_};
    std::mutex idle;
    std::condition_variable_any bell;
    std::unique_lock hold{idle};
    while (!bell.wait_for(hold, stop, milliseconds{10}, [&] { return stop.stop_requested(); })) {
      auto seen = std::make_shared<std::promise<std::vector<question_ptr>>>();
      auto open = seen->get_future();
      api_.questions("desk", [seen](auto x, const refused&) { seen->set_value(std::move(x)); });
      for (const auto& q : open.get()) {
        outcome x;
        x.text = "it stands in the books";
        if (!b.knows(q->task + "/" + std::to_string(q->step) + "/0"))
          x = outcome::of({reason::policy_denied, "it does not stand in the books", {}});
        api_.answer(q->id, "the bookkeeper", std::move(x), [](question_ptr, const refused&) {});
      }
    }
  }
  client& api_;
  std::string dir_;
  std::jthread thread_;
};

void submit(client& api, const std::string& name, const std::string& skill) {
  task_request r;
  r.skill = skill;
  r.text = name;
  r.idempotency_key = name;
  task_handlers h;
  h.accepted = [name](const task_accepted& x) { say("accepted " + name + " " + x.id); };
  h.refused_ = [name](const refused& x) { say("refused " + name + " " + x.detail); };
  h.ended = [name](const task_record_ptr& x) {
    if (x->result && !x->result->ok())
      std::fprintf(stderr, "%s failed: %s: %s\n", name.c_str(),
                   std::string{to_string(x->result->failed.why)}.c_str(),
                   x->result->failed.detail.c_str());
    say("ended " + name + " " + std::string{to_string(x->state)});
  };
  api.submit(std::move(r), std::move(h));
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: kill_node FOLDER [no-ledger] [whole-tasks] [INSTANT:N]\n");
    return 2;
  }
  const std::string dir = argv[1];
  bool ledger = true;
  auto keep = durability::step;
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "no-ledger") == 0)
      ledger = false;
    else if (std::strcmp(argv[i], "whole-tasks") == 0)
      keep = durability::task;
    else
      kill::aim(argv[i]);
  }
  kill::watch_database();
  caf::actor_system_config config;
  tune_scheduler(config, 2);
  caf::actor_system system{config};
  node_options options;
  log_settings quiet;
  quiet.level = log_level::critical;
  options.log = make_logger(quiet);
  options.natives = cashiers(dir);
  options.open_store = [dir] { return std::make_unique<aimed_store>(dir + "/journal.db"); };
  node n{system, till(dir, ledger, keep), std::move(options)};
  n.start();
  if (!n.wait_ready(std::chrono::seconds{30}))
    return 3;
  {
    const person bookkeeper{n.api(), dir};
    say("ready");
    for (std::string line; std::getline(std::cin, line);) {
      std::istringstream words{line};
      std::string order;
      std::string name;
      std::string skill;
      words >> order >> name >> skill;
      if (order == "stop")
        break;
      if (order == "submit")
        submit(n.api(), name, skill);
    }
  }
  n.stop();
  return 0;
}
