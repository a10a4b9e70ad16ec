#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

namespace {

std::string effects_text(const json& effects) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& x : list(effects, "effects"))
    rows.push_back({member(x, "task"), member(x, "step"), member(x, "call"), member(x, "attempt"),
                    member(x, "state"), member(x, "effects"), member(x, "agent"), member(x, "at")});
  auto out = table({"TASK", "STEP", "CALL", "ATTEMPT", "STATE", "EFFECTS", "AGENT", "AT"}, rows,
                   "no effects");
  if (const auto next = member(effects, "next"); !next.empty())
    out += "more: --after " + next + "\n";
  return out;
}

} // namespace

void add_effects(CLI::App& to, shell& s) {
  struct settings {
    std::string task, state, after;
    std::size_t limit = 100;
  };
  auto* verb = add_verb(to, "effects", "List the effect ledger, newest task first",
                        "troupe effects --state pending\n"
                        "troupe effects --task 01a1fc44fd13842f58183fee3001");
  const auto x = std::make_shared<settings>();
  verb->add_option("--task", x->task, "only of this task");
  verb->add_option("--state", x->state, "only in this state")
      ->check(CLI::IsMember({"pending", "not_done", "committed"}));
  verb->add_option("--limit", x->limit, "at most this many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  verb->add_option("--after", x->after, "what comes behind this line: TASK/STEP/CALL");
  add_node_options(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      path_builder path{"/v1/effects"};
      path.with("task", x->task)
          .with("state", x->state)
          .with("limit", std::to_string(x->limit))
          .with("after", x->after);
      return show_path(s, path, effects_text);
    };
  });
}

} // namespace troupe::cli
