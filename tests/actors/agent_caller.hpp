#pragma once

#include "actors/call_messages.hpp"
#include "tests/fixtures/stage.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe::testing {

using namespace std::chrono_literals;

/// Somebody who calls an agent without an orchestrator.
struct caller {
  std::vector<call_ended> ended;
  std::vector<call_handed_over> handed_over;
  std::vector<std::uint64_t> not_here; ///< calls that were claimed
  caf::actor me;

  explicit caller(virtual_node& n) {
    me = n.system().spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](const call_ended& x) { ended.push_back(x); },
              [this](const call_handed_over& x) { handed_over.push_back(x); },
              [this](const call_not_here& x) { not_here.push_back(x.call); }};
    });
  }
  void call(virtual_node& n, const std::string& agent, std::uint64_t number,
            milliseconds within = 10s, priority urgency = priority::medium, bool again = false,
            const std::string& key = {}, bool query = false) {
    auto what = std::make_shared<agent_call>();
    auto about = std::make_shared<task>();
    about->id = "t" + std::to_string(number);
    what->about = about;
    what->skill = "work";
    what->text = std::to_string(number);
    what->urgency = urgency;
    what->deadline = n.now() + within;
    what->idempotency_key = key;
    what->query = query;
    caf::send_as(me, n.shipped().resolve({address_kind::agent, agent}),
                 run_call{number, what, again});
    n.run();
  }
  /// Asks for the act of that number, which was given to the agent under that key.
  void claim(virtual_node& n, const std::string& agent, std::uint64_t number,
             const std::string& key, std::uint64_t epoch) {
    auto what = std::make_shared<agent_call>();
    auto about = std::make_shared<task>();
    about->id = "t" + std::to_string(number);
    what->about = about;
    what->skill = "work";
    what->deadline = n.now() + 10s;
    what->idempotency_key = key;
    what->epoch = epoch;
    caf::send_as(me, n.shipped().resolve({address_kind::agent, agent}), claim_call{number, what});
    n.run();
  }
};

} // namespace troupe::testing
