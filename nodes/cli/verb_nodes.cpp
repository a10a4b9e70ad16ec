#include "nodes/cli/fleet_text.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"

#include <chrono>
#include <thread>

namespace troupe::cli {

namespace {

constexpr std::chrono::milliseconds look_for_drained{200};

struct drain_settings {
  std::string node;
  int wait_seconds = 60;
};

/// What the member table says of it: every node sees the same.
bool is_drained(const shell& s, const std::string& node) {
  const auto seen = document_of(ask(s, path_builder{"/v1/nodes"}));
  for (const auto& n : list(seen, "nodes"))
    if (member(n, "id") == node)
      return member(n, "state") != "up" || member(n, "why") == "drained";
  return false;
}

std::string drain_text(const json& x) {
  const auto node = "node " + member(x, "node");
  if (member(x, "drained") == "true")
    return node + " is drained: it owns nothing and runs no agents";
  if (member(x, "draining") != "true")
    return node + " takes work again";
  return node + " is draining: " + member(x, "shards") + " shards and " + member(x, "agents") +
         " agents are left";
}

exit_code give_away(const shell& s, const drain_settings& x) {
  http_call call;
  call.method = "POST";
  auto said = document_of(ask(s, path_builder{"/v1/nodes"}.part(x.node).part("drain"), call));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{x.wait_seconds};
  bool done = member(said, "drained") == "true";
  while (!done && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(look_for_drained);
    done = is_drained(s, x.node);
  }
  if (done) {
    said["drained"] = true;
    said["shards"] = said["agents"] = 0;
  }
  if (s.as_json())
    s.print(said);
  else
    s.print(drain_text(said));
  return done || x.wait_seconds == 0 ? exit_ok : exit_failed;
}

} // namespace

void add_nodes(CLI::App& to, shell& s) {
  auto* nodes = add_verb(to, "nodes", "List the nodes of the cluster, or take work from one",
                         "troupe nodes\n"
                         "troupe nodes -o json\n"
                         "troupe nodes drain n2\n"
                         "troupe nodes undrain n2");
  add_node_options(*nodes, s);
  nodes->require_subcommand(0, 1);

  auto* away = add_verb(*nodes, "drain", "Let a node give its work to the others, and get no more",
                        "troupe nodes drain n2 --wait 120");
  const auto x = std::make_shared<drain_settings>();
  away->add_option("NODE", x->node, "the node's id")->required();
  away->add_option("--wait", x->wait_seconds,
                   "seconds to wait until it has nothing left; fails if it still has then; 0: does "
                   "not wait")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  add_node_options(*away, s);
  away->callback([&s, x] { s.run = [&s, x] { return give_away(s, *x); }; });

  auto* back = add_verb(*nodes, "undrain", "Let a node have its share of the work again",
                        "troupe nodes undrain n2");
  const auto node = std::make_shared<std::string>();
  back->add_option("NODE", *node, "the node's id")->required();
  add_node_options(*back, s);
  back->callback([&s, node] {
    s.run = [&s, node] {
      http_call call;
      call.method = "POST";
      const auto said =
          document_of(ask(s, path_builder{"/v1/nodes"}.part(*node).part("undrain"), call));
      if (s.as_json())
        s.print(said);
      else
        s.print(drain_text(said));
      return exit_ok;
    };
  });
  nodes->callback([&s, nodes] {
    if (nodes->get_subcommands().empty())
      s.run = [&s] {
        return show_path(s, path_builder{"/v1/nodes"}, [](const json& said) {
          return nodes_text(
              said, std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now()));
        });
      };
  });
}

} // namespace troupe::cli
