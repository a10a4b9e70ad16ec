#pragma once

#include "actors/call_messages.hpp"
#include "actors/supervisor.hpp"
#include "actors/tick.hpp"
#include "src/telemetry/log.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace supervisor_cases {

using namespace troupe;
using namespace std::chrono_literals;

using words = std::vector<std::string>;

struct child_state {
  std::shared_ptr<words> log;
  std::string id;
  ~child_state() {
    if (log)
      log->push_back("-" + id);
  }
};

/// Children that write down their starts and ends, under a supervisor that is told what to do.
class family {
 public:
  family() {
    settings_.set("scheduler.policy", caf::atom("testing"));
    settings_.set("logger.console", caf::atom("none"));
    system_ = std::make_unique<caf::actor_system>(settings_);
    scheduler_ = dynamic_cast<caf::scheduler::test_coordinator*>(&system_->scheduler());
    parts_ = std::make_shared<node_parts>();
    parts_->log =
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_st>());
    parts_->time = {timestamp{1000s}, system_->clock().now()};
  }
  ~family() {
    if (root)
      caf::anon_send_exit(root, caf::exit_reason::kill);
    run();
    root = nullptr;
    system_.reset();
  }

  child_spec child(const std::string& id, restart_type restart = restart_type::permanent,
                   bool stubborn = false) {
    child_spec out;
    out.rules = {id, restart, 1000ms};
    out.kind = "child";
    out.place = parts_->places->claim({address_kind::agent, id});
    out.start = [this, id, stubborn](caf::event_based_actor* self) {
      if (broken == id)
        throw std::runtime_error{"the factory of " + id + " is broken"};
      log->push_back("+" + id);
      return self->system().spawn(
          [log = log, id, stubborn](caf::stateful_actor<child_state>* me) -> caf::behavior {
            me->state.log = log;
            me->state.id = id;
            if (stubborn)
              me->set_exit_handler([](const caf::exit_msg&) {});
            return {[me](tick) { me->quit(); },
                    [me](flush) { me->quit(caf::exit_reason::user_shutdown); },
                    [me](const runner_broke& x) { me->quit(failure_error(x.why)); }};
          });
    };
    return out;
  }
  child_spec inner(supervisor_config config) {
    child_spec out;
    out.rules = {config.name, restart_type::permanent, 5000ms};
    out.is_supervisor = true;
    out.start = [this, config](caf::event_based_actor* self) {
      return self->system().spawn(supervisor, parts_ptr{parts_}, config);
    };
    return out;
  }
  void start(supervisor_config config) {
    root = system_->spawn(supervisor, parts_ptr{parts_}, std::move(config));
    root->attach_functor([this](const caf::error& why) {
      ended = true;
      reason = why;
    });
    run();
  }
  void run() {
    while (scheduler_->try_run_once()) {
    }
  }
  void advance(milliseconds by) {
    for (; by.count() > 0; --by) {
      scheduler_->advance_time(1ms);
      run();
    }
  }
  void write_to(std::shared_ptr<log_book> book) {
    parts_->events = std::make_shared<const event_log>(nullptr, std::move(book));
  }
  words take() { return std::exchange(*log, {}); }
  caf::actor at(const std::string& id) {
    return parts_->places->resolve({address_kind::agent, id});
  }
  void end(const std::string& id, exit_kind how) {
    switch (how) {
    case exit_kind::normal:
      caf::anon_send(at(id), tick{});
      break;
    case exit_kind::shutdown:
      caf::anon_send(at(id), flush{});
      break;
    case exit_kind::abnormal:
      caf::anon_send(at(id), runner_broke{"told to"});
    }
    run();
  }
  tree_node tree() {
    *seen_ = {};
    system_->spawn([out = seen_, to = root](caf::event_based_actor* self) {
      self->request(to, 10s, view_tree{}).then([out](const tree_viewed& x) { *out = *x.tree; });
    });
    run();
    return *seen_;
  }
  /// What was asked for last, as far as it has been told.
  [[nodiscard]] tree_node seen() const { return *seen_; }
  [[nodiscard]] std::size_t actors() const { return system_->registry().running(); }

  std::shared_ptr<words> log = std::make_shared<words>();
  std::string broken;
  caf::actor root;
  bool ended = false;
  caf::error reason;

 private:
  caf::actor_system_config settings_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  std::shared_ptr<node_parts> parts_;
  std::shared_ptr<tree_node> seen_ = std::make_shared<tree_node>();
};

} // namespace supervisor_cases
