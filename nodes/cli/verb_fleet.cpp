#include "nodes/cli/fleet_text.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

namespace {

void add_view(CLI::App& to, shell& s, const std::string& name, const std::string& about,
              std::string (*show)(const json&)) {
  auto* verb = add_verb(to, name, about, "troupe " + name + "\n" + "troupe " + name + " -o json");
  add_node_options(*verb, s);
  verb->callback([&s, name, show] {
    s.run = [&s, name, show] { return show_path(s, path_builder{"/v1/" + name}, show); };
  });
}

/// As `add_view`, of all nodes or of one.
void add_cluster_view(CLI::App& to, shell& s, const std::string& name, const std::string& about,
                      std::string (*show)(const json&)) {
  auto* verb =
      add_verb(to, name, about,
               "troupe " + name + "\ntroupe " + name + " --node n1\ntroupe " + name + " -o json");
  const auto node = std::make_shared<std::string>();
  verb->add_option("--node", *node, "only of this node; of all of them if it is left out");
  add_node_options(*verb, s);
  verb->callback([&s, name, node, show] {
    s.run = [&s, name, node, show] {
      return show_path(s, path_builder{"/v1/" + name}.with("node", *node), show);
    };
  });
}

} // namespace

void add_fleet(CLI::App& to, shell& s) {
  add_cluster_view(to, s, "tree", "Show the supervision tree of all nodes as it lives", tree_text);
  add_agents(to, s);
  add_arms(to, s);
  add_nodes(to, s);
  add_view(to, s, "domains", "List domains with what they can do", domains_text);
}

} // namespace troupe::cli
