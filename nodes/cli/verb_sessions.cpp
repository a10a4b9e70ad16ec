#include "nodes/cli/fleet_text.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

namespace {

std::string sessions_table(const json& sessions) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& x : list(sessions, "sessions"))
    rows.push_back({member(x, "id"), member(x, "domain"), member(object(x, "customer"), "id"),
                    std::to_string(list(x, "turns").size()), member(x, "updated").substr(0, 19)});
  return table({"SESSION", "DOMAIN", "CUSTOMER", "TURNS", "UPDATED"}, rows, "no sessions");
}

std::string session_text(const json& x) {
  auto out = "session " + member(x, "id") + " in " + member(x, "domain");
  if (const auto who = member(object(x, "customer"), "id"); !who.empty())
    out += " with " + who;
  out += "\n";
  for (const auto& [name, value] : object(x, "context").items())
    out += "  " + plain(name) + " = " + plain(as_text(value)) + "\n";
  for (const auto& t : list(x, "turns")) {
    out += "\n" + member(t, "at").substr(0, 19) + "  task " + member(t, "task") + ", " +
           member(t, "state") + "\n  > " + member(t, "text") + "\n";
    if (const auto answer = member(t, "answer"); !answer.empty())
      out += "  < " + answer + "\n";
  }
  if (const auto now = member(x, "working_on"); !now.empty())
    out += "\nworking on task " + now + "\n";
  if (const auto waiting = number(x, "waiting"); waiting > 0)
    out += number_words(waiting) + (waiting == 1 ? " message waits\n" : " messages wait\n");
  return out;
}

std::string place_text(const json& x) {
  auto out =
      "session " + member(x, "id") + " in " + member(x, "domain") + ", shard " + member(x, "shard");
  if (member(x, "node").empty())
    return out + ": nobody works on it now; its shard is moving\n" + missing_text(x);
  const auto& instance = object(x, "instance");
  return out + "\n  node      " + member(x, "node") + "\n  region    " + member(x, "region") +
         "\n  since     " + member(x, "since").substr(0, 19) + "Z\n  instance  " +
         member(instance, "address") + ", incarnation " + member(instance, "incarnation") + "\n" +
         missing_text(x);
}

void add_where(CLI::App& sessions, shell& s) {
  auto* verb = add_verb(sessions, "where", "Show which node works on a session, and since when",
                        "troupe sessions where s1");
  const auto id = std::make_shared<std::string>();
  verb->add_option("ID", *id, "the session")->required();
  add_node_options(*verb, s);
  verb->callback([&s, id] {
    s.run = [&s, id] {
      return show_path(s, path_builder{"/v1/sessions"}.part(*id).part("where"), place_text);
    };
  });
}

} // namespace

void add_sessions(CLI::App& to, shell& s) {
  struct settings {
    std::string id;
    std::size_t limit = 100;
  };
  auto* verb = add_verb(to, "sessions", "List conversations, or show one",
                        "troupe sessions\n"
                        "troupe sessions s1 -o json\n"
                        "troupe sessions where s1");
  const auto x = std::make_shared<settings>();
  verb->add_option("ID", x->id, "show this one");
  verb->add_option("--limit", x->limit, "at most this many")->capture_default_str();
  add_node_options(*verb, s);
  verb->require_subcommand(0, 1);
  add_where(*verb, s);
  verb->callback([&s, x, verb] {
    if (!verb->get_subcommands().empty())
      return;
    s.run = [&s, x] {
      path_builder path{"/v1/sessions"};
      if (!x->id.empty())
        return show_path(s, path.part(x->id), session_text);
      return show_path(s, path.with("limit", std::to_string(x->limit)), sessions_table);
    };
  });
}

} // namespace troupe::cli
