#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "nodes/doors/uri.hpp"

#include <algorithm>

namespace troupe::cli {

namespace {

struct log_settings {
  std::string session, task, agent, type, level, since, until, text;
  std::size_t limit = 100;
};

/// Lines oldest first, as people read them.
std::string lines_text(const json& lines) {
  std::string out;
  const auto& all = list(lines, "lines");
  for (auto i = all.size(); i-- > 0;) {
    const auto& x = all[i];
    auto level = member(x, "level");
    std::transform(level.begin(), level.end(), level.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    out += member(x, "at").substr(0, 23) + "  " + padded(level, 8) + "  ";
    if (const auto event = member(x, "event"); event != "log")
      out += event + "  ";
    out += member(x, "message");
    for (const auto* name : {"agent", "task", "session"})
      if (const auto text = member(x, name); !text.empty())
        out += "  " + std::string{name} + "=" + text;
    auto fields = object(x, "fields");
    fields.erase("logger"); // The same in every line.
    if (!fields.empty())
      out += "  " + plain(fields.dump(-1, ' ', false, json::error_handler_t::replace));
    out += "\n";
  }
  return out.empty() ? "no lines" : out;
}

/// `1h` means that long ago; everything else is for the node to understand.
std::string moment(const std::string& text) {
  const bool bare =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return !bare && parse_wait(text) ? "-" + text : text;
}

} // namespace

void add_logs(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "logs", "Search the node's log",
                        "troupe logs --since 1h --level warn\n"
                        "troupe logs --session s1 --type billing.dispute\n"
                        "troupe logs --agent support/billing --text refund --limit 20 -o json\n"
                        "troupe logs --since 2026-11-21T08:00:00Z --until 2026-11-21T09:00:00Z");
  const auto x = std::make_shared<log_settings>();
  verb->add_option("--session", x->session, "only of this conversation");
  verb->add_option("--task", x->task, "only of this task");
  verb->add_option("--agent", x->agent, "only of this agent, like support/billing");
  verb->add_option("--type", x->type, "only of tasks with this skill or intent");
  verb->add_option("--level", x->level, "this level or worse")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "warning", "error", "critical"}));
  verb->add_option("--since", x->since, "from here on: 1h ago, or a time in UTC");
  verb->add_option("--until", x->until, "before this: 10m ago, or a time in UTC");
  verb->add_option("--text", x->text, "the message holds this");
  verb->add_option("--limit", x->limit, "at most this many lines, the newest")
      ->capture_default_str();
  add_node_options(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      path_builder path{"/v1/logs"};
      path.with("session", x->session)
          .with("task", x->task)
          .with("agent", x->agent)
          .with("task_type", x->type)
          .with("level", x->level == "warn" ? "warning" : x->level)
          .with("since", moment(x->since))
          .with("until", moment(x->until))
          .with("text", x->text)
          .with("limit", std::to_string(x->limit));
      return show_path(s, path, lines_text);
    };
  });
}

} // namespace troupe::cli
