#include "nodes/cli/fleet_text.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "nodes/doors/uri.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <thread>

namespace troupe::cli {

namespace {

struct log_settings {
  std::string session, task, agent, type, level, since, until, text, node;
  std::size_t limit = 100;
  bool follow = false;
};

constexpr milliseconds look_every{500};
constexpr milliseconds look_back{2000};

/// Lines oldest first, as people read them; with their nodes if there are several.
std::string lines_text(const json& lines) {
  std::string out;
  const auto& all = list(lines, "lines");
  std::size_t widest = 0;
  std::set<std::string> nodes;
  for (const auto& x : all) {
    const auto node = member(x, "node");
    widest = std::max(widest, width_of(node));
    nodes.insert(node);
  }
  for (auto i = all.size(); i-- > 0;) {
    const auto& x = all[i];
    auto level = member(x, "level");
    std::transform(level.begin(), level.end(), level.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    out += member(x, "at").substr(0, 23) + "  " + padded(level, 8) + "  ";
    if (nodes.size() > 1)
      out += padded(member(x, "node"), widest) + "  ";
    if (const auto event = member(x, "event"); event != "log")
      out += event + "  ";
    out += member(x, "message");
    for (const auto* name : {"agent", "task", "session"})
      if (const auto text = member(x, name); !text.empty())
        out += "  " + std::string{name} + "=" + text;
    auto fields = object(x, "fields");
    fields.erase("logger"); // The same in every line.
    if (!fields.empty())
      out += "  " + plain(as_text(fields));
    out += "\n";
  }
  return (out.empty() ? "no lines\n" : out) + missing_text(lines);
}

path_builder search_path(const log_settings& x) {
  path_builder path{"/v1/logs"};
  path.with("session", x.session)
      .with("task", x.task)
      .with("agent", x.agent)
      .with("task_type", x.type)
      .with("level", x.level == "warn" ? "warning" : x.level)
      .with("since", x.since)
      .with("until", x.until)
      .with("text", x.text)
      .with("node", x.node)
      .with("limit", std::to_string(x.limit));
  return path;
}

/// Shows what is there and then what comes, until the program is interrupted. The last moments are
/// asked for again each time: lines of one node may come later than younger ones of another.
exit_code follow(const shell& s, log_settings x) {
  std::map<std::string, std::string> shown; // lines of the last moments, with their times
  while (true) {
    auto found = document_of(ask(s, search_path(x)));
    json fresh = json::array();
    for (const auto& line : list(found, "lines"))
      if (shown.emplace(line.dump(), member(line, "at")).second)
        fresh.push_back(line);
    if (!fresh.empty()) {
      // The newest comes first.
      if (const auto latest = parse_time(member(fresh.front(), "at"), timestamp{}))
        x.since = std::max(x.since, time_text(*latest - look_back));
      std::erase_if(shown, [&](const auto& line) { return line.second < x.since; });
      if (s.as_json())
        for (auto line = fresh.rbegin(); line != fresh.rend(); ++line)
          s.print_raw(as_text(*line));
      else
        s.print(lines_text({{"lines", std::move(fresh)}}));
      s.out.flush();
      // From now on nothing may be left out.
      x.limit = 10000;
    }
    std::this_thread::sleep_for(look_every);
  }
}

/// `1h` means that long ago; everything else is for the node to understand.
std::string moment(const std::string& text) {
  const bool bare =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return !bare && parse_wait(text) ? "-" + text : text;
}

} // namespace

void add_logs(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "logs", "Search the logs of all nodes",
                        "troupe logs --since 1h --level warn\n"
                        "troupe logs --session s1 --type billing.dispute\n"
                        "troupe logs --agent support/billing --text refund --limit 20 -o json\n"
                        "troupe logs --since 2026-11-21T08:00:00Z --until 2026-11-21T09:00:00Z\n"
                        "troupe logs --follow --agent support/billing");
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
  verb->add_option("--node", x->node, "only of this node; of all of them if it is left out");
  verb->add_option("--limit", x->limit, "at most this many lines, the newest")
      ->capture_default_str();
  auto* until = verb->get_option("--until");
  verb->add_flag("-f,--follow", x->follow,
                 "then show what comes, until interrupted; with -o json one line each")
      ->excludes(until);
  add_node_options(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      auto wanted = *x;
      wanted.since = moment(x->since);
      wanted.until = moment(x->until);
      if (wanted.follow)
        return follow(s, std::move(wanted));
      return show_path(s, search_path(wanted), lines_text);
    };
  });
}

} // namespace troupe::cli
