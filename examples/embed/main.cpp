// A CAF application that has actors of its own and runs a fleet beside them, in the same actor
// system. The fleet is built here in C++; `config::load_fleet` would read it from a folder instead.
// Prints the answer to one task.

#include "nodes/node.hpp"

#include <troupe/caf.hpp>

#include <future>
#include <iostream>

namespace {

/// What an agent of this application does: a function, run on a worker thread of the node.
troupe::native_function shout(const troupe::agent_spec&) {
  return [](const troupe::agent_call& call, std::stop_token) {
    troupe::outcome out;
    for (const char c : call.text)
      out.text += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    out.confidence = 0.9;
    return out;
  };
}

troupe::fleet_spec little_fleet() {
  troupe::agent_spec agent;
  agent.card.name = "shouter";
  agent.card.domain = "desk";
  agent.card.kind = troupe::agent_kind::native;
  agent.card.skills = {"shout"};
  agent.settings = {{"function", "shout"}};

  troupe::domain_spec desk;
  desk.path = "desk";
  desk.agents.push_back(std::move(agent));

  troupe::fleet_spec fleet;
  fleet.name = "embedded";
  fleet.entry = "desk";
  fleet.domains.push_back(std::move(desk));
  return fleet;
}

/// An actor of the application: it asks the fleet, and hears of the answer as a message.
caf::behavior clerk(caf::event_based_actor* self, troupe::client* fleet,
                    std::promise<std::string>* done) {
  troupe::task_request request;
  request.skill = "shout";
  request.text = "where is my parcel";
  troupe::task_handlers handlers;
  // These run on an actor of the node: they only pass on what they hear.
  const auto me = caf::actor_cast<caf::actor>(self);
  handlers.refused_ = [me](const troupe::refused& x) { caf::anon_send(me, x.detail); };
  handlers.ended = [me](const troupe::task_record_ptr& x) {
    caf::anon_send(me, x->result->ok() ? x->result->text : x->result->failed.detail);
  };
  fleet->submit(std::move(request), std::move(handlers));
  return {[=](const std::string& answer) {
    done->set_value(answer);
    self->quit();
  }};
}

} // namespace

int main() {
  caf::actor_system_config config; // the application's own settings: a node changes none of them
  caf::actor_system system{config};

  troupe::node_options options;
  options.natives = std::make_shared<troupe::native_agents>();
  options.natives->add("shout", shout);
  options.no_store = true; // tasks live in memory; leave it out to keep them in `fleet.data_dir`

  troupe::node node{system, little_fleet(), std::move(options)};
  node.start();
  if (!node.wait_ready(troupe::milliseconds{10'000}))
    return 1;

  std::promise<std::string> answer;
  system.spawn(clerk, &node.api(), &answer);
  std::cout << answer.get_future().get() << '\n';
  node.stop();
}
