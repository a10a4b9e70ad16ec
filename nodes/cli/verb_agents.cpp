#include "nodes/cli/fleet_text.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"

#include <chrono>
#include <thread>

namespace troupe::cli {

namespace {

constexpr std::chrono::milliseconds ask_again_after{50};

struct order_settings {
  std::string address;
  int wait_seconds = 0;
};

/// `/v1/agents/DOMAIN/NAME/VERB` of an address with or without its `agent:`.
path_builder path_of(std::string address, const std::string& verb) {
  constexpr std::string_view kind = "agent:";
  if (address.starts_with(kind))
    address.erase(0, kind.size());
  const auto slash = address.rfind('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == address.size())
    throw cli_error{exit_usage, "an agent's address is DOMAIN/NAME, like support/billing"};
  return path_builder{"/v1/agents"}
      .part(address.substr(0, slash))
      .part(address.substr(slash + 1))
      .part(verb);
}

bool idle(const json& agents) {
  for (const auto& a : list(agents, "agents"))
    if (number(a, "load") > 0)
      return false;
  return true;
}

exit_code give(const shell& s, const order_settings& x, const std::string& verb) {
  http_call call;
  call.method = "POST";
  const auto path = path_of(x.address, verb);
  auto answer = ask(s, path, call);
  // Draining again changes nothing, and says how far it has come.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{x.wait_seconds};
  while (!idle(document_of(answer)) && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(ask_again_after);
    answer = ask(s, path, call);
  }
  if (s.as_json())
    s.print_raw(answer.body);
  else
    s.print(agents_text(document_of(answer)));
  return x.wait_seconds > 0 && !idle(document_of(answer)) ? exit_failed : exit_ok;
}

void add_order(CLI::App& to, shell& s, const std::string& verb, const std::string& about) {
  auto* order = add_verb(to, verb, about, "troupe agents " + verb + " support/billing");
  const auto x = std::make_shared<order_settings>();
  order
      ->add_option("ADDRESS", x->address, "DOMAIN/NAME for all its replicas, DOMAIN/NAME#2 for one")
      ->required();
  if (verb == "drain")
    order
        ->add_option("--wait", x->wait_seconds,
                     "seconds to wait until it has nothing left; fails if it still has then")
        ->check(CLI::Range(0, 86400));
  add_node_options(*order, s);
  order->callback([&s, x, verb] { s.run = [&s, x, verb] { return give(s, *x, verb); }; });
}

} // namespace

void add_agents(CLI::App& to, shell& s) {
  auto* agents = add_verb(to, "agents", "List agents with their state, or change it",
                          "troupe agents\n"
                          "troupe agents --node n1\n"
                          "troupe agents -o json\n"
                          "troupe agents drain support/billing --wait 60\n"
                          "troupe agents return support/billing");
  const auto node = std::make_shared<std::string>();
  agents->add_option("--node", *node, "list only those that live at this node");
  add_node_options(*agents, s);
  agents->require_subcommand(0, 1);
  add_order(*agents, s, "drain", "Let it end what it has and give it nothing new");
  add_order(*agents, s, "quarantine", "Give it nothing new until it is returned");
  add_order(*agents, s, "return", "Return it to service and close its breaker");
  add_order(*agents, s, "restart", "Replace it at once; what it works on is tried again");
  add_order(*agents, s, "stop", "End it, with what it works on, until it is started");
  add_order(*agents, s, "start", "Start it again after it was stopped");
  agents->callback([&s, agents, node] {
    if (agents->get_subcommands().empty())
      s.run = [&s, node] {
        return show_path(s, path_builder{"/v1/agents"}.with("node", *node), agents_text);
      };
  });
}

} // namespace troupe::cli
