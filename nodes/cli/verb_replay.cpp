#include "nodes/cli/replay_text.hpp"
#include "nodes/cli/task_source.hpp"
#include "nodes/cli/verbs.hpp"

#include <algorithm>
#include <fstream>
#include <ostream>

namespace troupe::cli {

namespace {

struct replay_settings {
  std::string id;
  std::string until;
  std::string data;
  std::string fleet;
  std::vector<std::string> with;
};

outcome outcome_in(const std::string& line, const std::string& where) {
  const auto x = json::parse(line, nullptr, false);
  const auto wrong = [&](const std::string& why) {
    return cli_error{exit_usage, where + ": " + why};
  };
  if (!x.is_object())
    throw wrong("must be a JSON object such as {\"text\": \"done\", \"confidence\": 0.9}");
  outcome out;
  for (const auto& [key, value] : x.items()) {
    if (key == "text" && value.is_string())
      out.text = value.get<std::string>();
    else if (key == "data" && (value.is_object() || value.is_null()))
      out.data = value;
    else if (key == "confidence" && value.is_number() && value >= 0 && value <= 1)
      out.confidence = value.get<double>();
    else if (key == "detail" && value.is_string())
      out.failed.detail = value.get<std::string>();
    else if (key == "fails" && value.is_string()) {
      const auto why = parse_enum<reason>(value.get<std::string>());
      if (!why)
        throw wrong("fails must be one of " + words_of<reason>());
      out.failed.why = *why;
    } else
      throw wrong("\"" + key +
                  "\" must be text, data, confidence (0 to 1), fails or detail, with a value of "
                  "its type");
  }
  return out;
}

/// `AGENT=FILE`: one answer per line of the file.
void read_others(const std::string& option, other_answers& into) {
  const auto at = option.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == option.size())
    throw cli_error{exit_usage, "--with must be AGENT=FILE, such as support/billing=other.jsonl"};
  const auto file = option.substr(at + 1);
  std::ifstream in{file};
  if (!in)
    throw cli_error{exit_usage, "cannot read " + file};
  auto& answers = into[option.substr(0, at)];
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") != std::string::npos)
      answers.push_back(outcome_in(line, file + ":" + std::to_string(number)));
  }
}

/// A number is a number of events, anything else a step of the plan.
replay_stop stop_at(const std::string& text, const task_record& record) {
  if (text.empty())
    return {};
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
      text.size() < 10 && std::stoul(text) > 0)
    return {std::stoul(text), {}};
  if (record.how)
    for (const auto& s : record.how->steps)
      // Items and rounds are called after the step that they are made of: `check[3]`, `draft#2`.
      if (s.node.name == text.substr(0, text.find_first_of("[#")))
        return {0, text};
  throw cli_error{exit_not_found, "the plan of task " + record.what->id + " has no step " + text};
}

/// Agents that --with names and whose answers would change nothing: surely a slip.
void refuse_strangers(const other_answers& others, const task_record& record) {
  for (const auto& [agent, answers] : others) {
    const auto took_part = [&, who = std::string_view{agent}](bool triage) {
      return std::any_of(record.history.begin(), record.history.end(), [&](const event& e) {
        const auto* r = e.get<route>();
        if (e.triage != triage || !r)
          return false;
        const auto meant = answers_for(others, r->agent);
        return meant != others.end() && meant->first == who;
      });
    };
    if (took_part(false))
      continue;
    if (took_part(true))
      throw cli_error{exit_usage, "agent " + agent + " understood the message of task " +
                                      record.what->id + "; the plan that followed stays"};
    else
      throw cli_error{exit_not_found, "agent " + agent + " had no part in task " + record.what->id};
  }
}

exit_code run_replay(const replay_settings& x, const shell& s) {
  const auto found =
      x.data.empty() ? task_from_node(s, x.id) : task_from_folder(x.data, x.id, x.fleet);
  const auto& record = found.record;
  const auto until = stop_at(x.until, record);
  other_answers others;
  for (const auto& option : x.with)
    read_others(option, others);
  refuse_strangers(others, record);
  const auto out =
      others.empty() ? replay(record, found.triage, until) : replay_with(record, others, until);
  if (s.as_json()) {
    s.print(replay_json(record, out));
  } else {
    std::string text;
    if (!others.empty())
      text = "what if: other answers within the recorded plan; everybody else answers what was "
             "recorded, whatever came before\n";
    text += replay_text(record, out);
    const auto n = out.differences();
    if (others.empty())
      text += n == 0 ? "every recorded decision is the one that is made again\n"
                     : std::to_string(n) + " recorded decisions are not those made again\n";
    else if (record.result && out.result)
      text += record.result->text == out.result->text &&
                      record.result->failed.why == out.result->failed.why
                  ? "it ends as it was recorded\n"
                  : "it was recorded otherwise: \"" + record.result->text + "\"\n";
    s.print(text);
  }
  return out.differences() == 0 ? exit_ok : exit_failed;
}

} // namespace

void add_replay(CLI::App& to, shell& s) {
  auto* verb = add_verb(
      to, "replay", "Go through a recorded task again, step by step, against its recorded answers",
      "troupe replay 01a1fc44fd13842f58183fee3001\n"
      "troupe replay 01a1fc44fd13842f58183fee3001 --until get_refund\n"
      "troupe replay 01a1fc44fd13842f58183fee3001 --with support/billing=other.jsonl\n"
      "troupe replay 01a1fc44fd13842f58183fee3001 --data my-fleet/troupe-data --fleet my-fleet -o "
      "json");
  const auto x = std::make_shared<replay_settings>();
  verb->add_option("ID", x->id, "the task")->required();
  verb->add_option("--until", x->until,
                   "stop when this step has ended, or after so many events, and show the state");
  verb->add_option("--with", x->with,
                   "AGENT=FILE: other answers of an agent, a JSON object per line; may be repeated")
      ->allow_extra_args(false);
  verb->add_option("--data", x->data, "the data folder of a node that does not run");
  verb->add_option("--fleet", x->fleet,
                   "with --data: the fleet's folder, for tasks that were understood by triage");
  add_node_options(*verb, s);
  verb->callback([&s, x] { s.run = [&s, x] { return run_replay(*x, s); }; });
}

} // namespace troupe::cli
