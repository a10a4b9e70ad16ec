#include "nodes/sim/machine.hpp"

#include "actors/cluster_messages.hpp"
#include "actors/node_parts.hpp"
#include "actors/proxy.hpp"
#include "src/tools/http.hpp"
#include "src/tools/process.hpp"

#include <spdlog/logger.h>

#include <algorithm>

namespace troupe::sim {

namespace {

constexpr int end_seconds = 60; ///< what the tree may take at most, by its own shutdown times

/// Processes and HTTP exist outside of a simulated node only; nothing in it may reach them.
class no_processes final : public tools::process_port {
 public:
  tools::process_id run(tools::process_spec, std::string, std::chrono::milliseconds,
                        done_fn done) override {
    done({tools::process_end::failed_to_start, -1, {}, {}, "a simulation starts no processes"});
    return ++last_;
  }
  tools::process_id start(tools::process_spec, line_fn, done_fn ended) override {
    ended({tools::process_end::failed_to_start, -1, {}, {}, "a simulation starts no processes"});
    return ++last_;
  }
  void cancel(tools::process_id) override {}
  tools::line_fate write_line(tools::process_id, std::string) override {
    return tools::line_fate::gone;
  }

 private:
  tools::process_id last_ = 0;
};

class no_http final : public tools::http_port {
 public:
  std::uint64_t send(tools::http_request, done_fn done) override {
    tools::http_response r;
    r.failed = tools::http_response::error::refused;
    r.detail = "a simulation sends no requests";
    done(std::move(r));
    return ++last_;
  }
  void cancel(std::uint64_t) override {}

 private:
  std::uint64_t last_ = 0;
};

/// When the root fails the process ends, which is another fault.
bool is_root(const address& where) {
  return where.kind == address_kind::node && where.name.ends_with("/root");
}

/// An actor of this node, not what stands for one of another.
bool lives_here(const caf::actor& who) {
  return dynamic_cast<proxy*>(caf::actor_cast<caf::abstract_actor*>(who)) == nullptr;
}

} // namespace

machine::machine(parts of)
    : of_(std::move(of)) {
  settings_.set("scheduler.policy", caf::atom("testing"));
  settings_.set("logger.console", caf::atom("none"));
  system_ = std::make_unique<caf::actor_system>(settings_);
  scheduler_ = dynamic_cast<caf::scheduler::test_coordinator*>(&system_->scheduler());
  node_options options;
  options.log = of_.log;
  options.natives = of_.natives;
  options.workers = of_.pool;
  options.http = std::make_shared<no_http>();
  options.processes = std::make_shared<no_processes>();
  options.journal_on_own_thread = false;
  // Two processes that throw the same dice would make the same task ids.
  options.seed = of_.around->draw() | 1;
  options.time.emplace(of_.around->now(), system_->clock().now());
  options.cluster = of_.cluster;
  options.open_store = [d = of_.storage] { return open_store_on(*d); };
  node_ = std::make_unique<node>(*system_, *of_.fleet, std::move(options));
  node_->on_failure([this](std::string why) { failed_ = std::move(why); });
  of_.around->process_runs = true;
  node_->start();
}

machine::~machine() {
  end();
  node_.reset();
  system_.reset();
}

timestamp machine::now() const {
  return node_->parts()->time.at(scheduler_->clock().current_time);
}

bool machine::step() {
  auto& jobs = scheduler_->jobs;
  const auto here = of_.around->now();
  std::erase_if(stalled_, [here](const auto& x) { return x.second <= here; });
  if (jobs.empty())
    return false;
  std::size_t at = of_.around->draw(jobs.size());
  if (!stalled_.empty()) {
    const auto free = [&](std::size_t i) { return !stalled_.contains(jobs[i]); };
    std::size_t tried = 0;
    while (tried < jobs.size() && !free(at)) {
      at = (at + 1) % jobs.size();
      ++tried;
    }
    if (tried == jobs.size())
      return false;
  }
  std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(at),
              jobs.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  return scheduler_->try_run_once();
}

timestamp machine::next_timer() const {
  const auto& schedule = scheduler_->clock().schedule();
  auto out = no_deadline;
  if (!schedule.empty())
    // Timers are finer than timestamps: rounded down, the clock would stand still before them.
    out = node_->parts()->time.at(schedule.begin()->first) + microseconds{1};
  for (const auto& [who, until] : stalled_)
    out = std::min(out, until);
  return out;
}

void machine::pass_until(timestamp t) {
  const auto ahead = t - now();
  if (ahead > microseconds{0})
    scheduler_->clock().advance_time(ahead);
}

bool machine::kill(const address& where) {
  auto who = node_->resolve(where);
  if (!who)
    return false;
  caf::anon_send_exit(who, caf::exit_reason::kill);
  return true;
}

void machine::stall(const address& where, timestamp until) {
  auto who = node_->resolve(where);
  if (!who)
    return;
  if (auto* job = dynamic_cast<caf::resumable*>(caf::actor_cast<caf::abstract_actor*>(who)))
    stalled_[job] = until;
}

std::vector<address> machine::seats() const {
  std::vector<address> out;
  for (const auto kind : {address_kind::agent, address_kind::domain, address_kind::node})
    for (const auto& place : node_->parts()->places->all(kind))
      if (const auto who = place->now().handle; who && !is_root(place->where()) && lives_here(who))
        out.push_back(place->where());
  return out;
}

address machine::journal() const {
  return {address_kind::node, node_->parts()->fleet.node_id + "/journal"};
}

void machine::leave(std::function<void()> then) {
  const auto keeper =
      node_->resolve({address_kind::node, node_->parts()->fleet.node_id + "/cluster_keeper"});
  if (!keeper)
    return;
  system_->spawn(
      [keeper, then = std::move(then), parts = node_->parts()](caf::event_based_actor* self) {
        guard(self, parts, "whoever leaves the cluster");
        self->request(keeper, std::chrono::seconds{5}, leave_cluster{})
            .then([then](cluster_left) { then(); }, [then](const caf::error&) { then(); });
      });
}

void machine::end() {
  // Nothing that its actors do while they are taken down reaches the world.
  of_.storage->crashed = true;
  of_.around->process_runs = false;
  of_.around->forget_process();
  stalled_.clear();
  const auto everything = [this] {
    while (scheduler_->try_run_once()) {
    }
  };
  const address root{address_kind::node, node_->parts()->fleet.node_id + "/root"};
  if (auto who = node_->resolve(root))
    caf::anon_send_exit(who, caf::exit_reason::kill);
  everything();
  for (int i = 0; i < end_seconds && system_->registry().running() > 0; ++i) {
    scheduler_->advance_time(std::chrono::seconds{1});
    everything();
  }
  node_->stop();
  everything();
  of_.pool->forget();
  of_.around->forget_process();
}

} // namespace troupe::sim
