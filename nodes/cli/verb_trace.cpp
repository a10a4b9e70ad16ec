#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/trace_text.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

namespace {

using renderer = std::string (*)(const json&);

void add_one(CLI::App& to, shell& s, const std::string& name, const std::string& about,
             const std::string& examples, renderer show) {
  auto* verb = add_verb(to, name, about, examples);
  const auto id = std::make_shared<std::string>();
  verb->add_option("ID", *id, "the task")->required();
  add_node_options(*verb, s);
  verb->callback([&s, id, name, show] {
    s.run = [&s, id, name, show] {
      return show_path(s, path_builder{"/v1/tasks"}.part(*id).part(name), show);
    };
  });
}

} // namespace

void add_trace(CLI::App& to, shell& s) {
  add_one(to, s, "trace", "Show what happened to a task, as a tree with times",
          "troupe trace 01a1fc44fd13842f58183fee3001\n"
          "troupe trace 01a1fc44fd13842f58183fee3001 -o json",
          trace_text);
}

void add_explain(CLI::App& to, shell& s) {
  add_one(to, s, "explain", "Show what was decided for a task, and why",
          "troupe explain 01a1fc44fd13842f58183fee3001", explain_text);
}

} // namespace troupe::cli
