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

} // namespace

void add_fleet(CLI::App& to, shell& s) {
  add_view(to, s, "tree", "Show the supervision tree as it lives", tree_text);
  add_agents(to, s);
  add_view(to, s, "nodes", "List the nodes of the cluster, as one of them sees it", nodes_text);
  add_view(to, s, "domains", "List domains with what they can do", domains_text);
}

} // namespace troupe::cli
