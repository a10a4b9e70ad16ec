#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

namespace {

std::string regions_text(const json& x) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& r : list(x, "regions")) {
    std::string nodes, backups, carried;
    for (const auto& n : list(r, "nodes"))
      nodes += (nodes.empty() ? "" : ", ") + member(n, "id") + " " + member(n, "state");
    for (const auto& b : list(r, "backups"))
      if (b.is_string())
        backups += (backups.empty() ? "" : ", ") + plain(b.get_ref<const std::string&>());
    for (const auto& c : list(r, "carried"))
      carried += (carried.empty() ? "" : ", ") + member(c, "to") + ": " + member(c, "messages") +
                 " messages, " + member(c, "bytes") + " bytes";
    rows.push_back({member(r, "name"), member(r, "servedBy"), backups, brief(nodes, 60),
                    carried.empty() ? "-" : carried});
  }
  return table({"REGION", "SERVED BY", "BACKUPS", "NODES", "CARRIED TO, BY " + member(x, "seenBy")},
               rows, "the fleet declares no regions");
}

} // namespace

void add_regions(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "regions", "List regions with who works on their sessions",
                        "troupe regions\ntroupe regions -o json\ntroupe regions return eu");
  add_node_options(*verb, s);
  verb->require_subcommand(0, 1);
  auto* back = add_verb(*verb, "return", "Let a region work for its own sessions again",
                        "troupe regions return eu");
  const auto name = std::make_shared<std::string>();
  back->add_option("REGION", *name, "a region that is back")->required();
  add_node_options(*back, s);
  back->callback([&s, name] {
    s.run = [&s, name] {
      http_call call;
      call.method = "POST";
      const auto answer = ask(s, path_builder{"/v1/regions"}.part(*name).part("return"), call);
      if (s.as_json())
        s.print_raw(answer.body);
      else
        s.print(regions_text(document_of(answer)));
      return exit_ok;
    };
  });
  verb->callback([&s, verb] {
    if (verb->get_subcommands().empty())
      s.run = [&s] { return show_path(s, path_builder{"/v1/regions"}, regions_text); };
  });
}

} // namespace troupe::cli
