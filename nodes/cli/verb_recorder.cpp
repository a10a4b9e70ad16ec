#include "nodes/cli/fleet_text.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

namespace {

struct recorder_settings {
  std::string last = "30s", task, node;
  std::size_t limit = 1000;
};

std::string why_of(const json& m) {
  auto out = member(m, "why");
  if (m.is_object() && m.contains("attempt"))
    out += (out.empty() ? "step " : ", step ") + member(m, "step") + ", attempt " +
           member(m, "attempt");
  return brief(out, 60);
}

std::string recorder_text(const json& document) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& m : list(document, "messages")) {
    const auto cost = number(m, "costMicros");
    const auto at = member(m, "at");
    rows.push_back({at.size() > 26 ? at.substr(11, 15) : at, member(m, "node"), member(m, "what"),
                    brief(member(m, "from"), 40), brief(member(m, "to"), 40), member(m, "kind"),
                    member(m, "task"), member(m, "bytes"), cost > 0 ? number_words(cost / 1e6) : "",
                    why_of(m)});
  }
  return table({"TIME", "NODE", "WHAT", "FROM", "TO", "KIND", "TASK", "BYTES", "COST", "WHY"}, rows,
               "nothing has passed by") +
         missing_text(document);
}

} // namespace

void add_recorder(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "recorder", "Show who has sent what to whom, by cause",
                        "troupe recorder --last 30s\n"
                        "troupe recorder --task 01a1fc50fb456a2d4d9d5951b503\n"
                        "troupe recorder --node n2 --limit 10000 -o json");
  const auto x = std::make_shared<recorder_settings>();
  verb->add_option("--last", x->last, "of so long a time")->capture_default_str();
  verb->add_option("--task", x->task, "of this task, and what it has delegated");
  verb->add_option("--node", x->node, "only of this node; of all of them if it is left out");
  verb->add_option("--limit", x->limit, "at most this many, the latest")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  add_node_options(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      path_builder path{"/v1/recorder"};
      path.with("last", x->last)
          .with("task", x->task)
          .with("node", x->node)
          .with("limit", std::to_string(x->limit));
      return show_path(s, path, recorder_text);
    };
  });
}

} // namespace troupe::cli
