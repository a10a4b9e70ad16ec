#include "nodes/cli/task_text.hpp"

#include "nodes/cli/text_layout.hpp"

namespace troupe::cli {

namespace {

std::string state_of(const json& task) {
  return member(object(task, "status"), "state");
}

std::string short_time(const std::string& at) {
  return at.size() >= 19 ? at.substr(0, 10) + " " + at.substr(11, 8) : at;
}

} // namespace

bool has_ended(const json& task) {
  const auto s = state_of(task);
  return s == "completed" || s == "failed" || s == "canceled" || s == "rejected";
}

bool has_completed(const json& task) {
  return state_of(task) == "completed";
}

bool waits_for_people(const json& task) {
  return state_of(task) == "input_required";
}

std::string question_words(const json& question) {
  return "for a person in queue " + plain(member(question, "queue")) + ", question " +
         plain(member(question, "id"));
}

std::string answer_command(const json& question) {
  return "troupe human answer " + plain(member(question, "id")) + " --by NAME TEXT";
}

std::string answer_of(const json& task) {
  const auto& result = object(task, "result");
  if (const auto text = result.find("text");
      text != result.end() && text->is_string() && !text->get_ref<const std::string&>().empty())
    return plain(text->get_ref<const std::string&>(), false);
  const auto data = result.find("data");
  return data == result.end() || data->is_null() ? std::string{} : as_text(*data, 2);
}

std::string failure_of(const json& task) {
  const auto& error = object(object(task, "result"), "error");
  if (error.empty())
    return {};
  const auto detail = member(error, "detail");
  return member(error, "reason") + (detail.empty() ? "" : ": " + detail);
}

std::string task_text(const json& task, const std::vector<json>& questions) {
  std::string out;
  const auto line = [&](const char* name, const std::string& text) {
    if (!text.empty())
      out += padded(name, 10) + text + "\n";
  };
  const auto& result = object(task, "result");
  line("task", member(task, "id"));
  line("state", state_of(task) + " (" + member(object(task, "status"), "phase") + ")");
  line("domain", member(task, "domain"));
  line("skill", member(task, "skill"));
  line("session", member(task, "contextId"));
  line("customer", member(object(task, "customer"), "id"));
  line("tier", member(object(task, "customer"), "tier"));
  line("priority", member(task, "priority"));
  line("created", short_time(member(task, "created")));
  line("changed", short_time(member(object(task, "status"), "timestamp")));
  line("deadline", has_ended(task) ? "" : short_time(member(task, "deadline")));
  line("parent", member(task, "parent"));
  line("text", brief(member(task, "text"), 500));
  for (const auto& q : questions)
    line("waits", question_words(q) + "\n" + padded("", 10) + answer_command(q));
  if (result.empty())
    return out;
  line("confident", member(result, "confidence"));
  line("failed", failure_of(task));
  if (const auto& used = object(result, "usage");
      number(used, "input_tokens") + number(used, "output_tokens") > 0)
    line("tokens", member(used, "input_tokens") + " in, " + member(used, "output_tokens") + " out");
  if (const auto cost = number(object(result, "usage"), "cost_micros"); cost > 0)
    line("cost", std::to_string(cost / 1e6));
  const auto answer = answer_of(task);
  return answer.empty() ? out : out + "\n" + answer;
}

std::string task_table(const json& tasks) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& t : list(tasks, "tasks"))
    rows.push_back({member(t, "id"), state_of(t), member(t, "domain"),
                    short_time(member(t, "created")), member(t, "contextId"),
                    brief(member(t, "text"))});
  return table({"TASK", "STATE", "DOMAIN", "CREATED", "SESSION", "TEXT"}, rows, "no tasks");
}

std::string event_text(const json& event) {
  const auto at = member(event, "at");
  auto out = (at.size() >= 23 ? at.substr(11, 12) : at) + "  " + padded(member(event, "kind"), 15);
  const auto add = [&](const std::string& text) {
    if (!text.empty())
      out += " " + text;
  };
  if (event.contains("triage"))
    add("triage");
  add(member(event, "name"));
  if (number(event, "attempt") > 1)
    add("(attempt " + member(event, "attempt") + ")");
  if (const auto agent = member(event, "agent"); !agent.empty())
    add("-> " + agent);
  if (event.contains("steps"))
    add(member(event, "steps") + (number(event, "steps") == 1 ? " step" : " steps"));
  if (const auto& error = object(event, "error"); !error.empty())
    add(member(error, "reason") + ": " + brief(member(error, "detail"), 80));
  else if (const auto text = member(event, "text"); !text.empty())
    add("\"" + brief(text) + "\"");
  return out;
}

} // namespace troupe::cli
