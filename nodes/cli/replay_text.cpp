#include "nodes/cli/replay_text.hpp"

#include "nodes/cli/text_layout.hpp"
#include "nodes/doors/views.hpp"

#include <cstdio>

namespace troupe::cli {

namespace {

std::string word_of(plan_action::kind k) {
  switch (k) {
  case plan_action::kind::call:
    return "call";
  case plan_action::kind::delegate:
    return "delegate";
  case plan_action::kind::ask:
    return "ask";
  case plan_action::kind::stop:
    return "stop";
  case plan_action::kind::finish:
    return "finish";
  case plan_action::kind::expand:
    return "expand";
  }
  return "more"; // What a later interpreter may want is said in its own words by then.
}

std::string wanted_text(const replayed_event& x) {
  std::string out;
  for (std::size_t i = 0; i < x.wanted.size(); ++i) {
    const auto& a = x.wanted[i];
    out += (i == 0 ? "" : ", ") + word_of(a.what);
    if (a.what != plan_action::kind::finish)
      out += " " + x.names[i] + " " + std::to_string(a.attempt);
  }
  return out;
}

std::string about(const event& e) {
  if (const auto* r = e.get<route>())
    return r->agent.empty() ? "nobody for " + r->skill : r->agent;
  if (const auto* f = e.get<failure>())
    return std::string{to_string(f->why)} + ": " + brief(f->detail);
  if (const auto* x = e.get<outcome>())
    return x->ok() ? "\"" + brief(x->text) + "\""
                   : std::string{to_string(x->failed.why)} + ": " + brief(x->failed.detail);
  if (const auto* text = e.get<std::string>())
    return brief(*text);
  if (const auto* how = e.get<plan>())
    return std::to_string(how->steps.size()) + (how->steps.size() == 1 ? " step" : " steps");
  return {};
}

std::string after(timestamp start, timestamp at) {
  char out[32];
  std::snprintf(out, sizeof out, "%.3f", static_cast<double>((at - start).count()) / 1e6);
  return out;
}

std::string end_text(const outcome& x) {
  return x.ok() ? "completed: \"" + brief(x.text) + "\""
                : "failed: " + std::string{to_string(x.failed.why)} + ": " + brief(x.failed.detail);
}

json wanted_json(const replayed_event& x) {
  json out = json::array();
  for (std::size_t i = 0; i < x.wanted.size(); ++i)
    out.push_back({{"what", word_of(x.wanted[i].what)},
                   {"step", x.names[i]},
                   {"attempt", x.wanted[i].attempt}});
  return out;
}

} // namespace

std::string replay_text(const task_record& record, const replayed& x) {
  const auto start = x.events.empty() ? timestamp{} : x.events.front().what.at;
  std::vector<std::vector<std::string>> rows;
  for (const auto& e : x.events) {
    std::string step;
    if (e.what.step != whole_task && e.what.kind != event_kind::understood)
      step = (e.what.triage ? "triage" : e.name) + " " + std::to_string(e.what.attempt);
    auto next = wanted_text(e);
    if (!e.problem.empty())
      next += (next.empty() ? "" : "; ") + std::string{"DIFFERS: "} + e.problem;
    rows.push_back(
        {after(start, e.what.at), std::string{to_string(e.what.kind)}, step, about(e.what), next});
  }
  std::string out = "task " + record.what->id + "\n" +
                    table({"SECONDS", "EVENT", "STEP", "WHAT", "THEN WANTED"}, rows, "no events");
  if (x.stopped && x.run && !x.triage) {
    std::vector<std::vector<std::string>> steps;
    for (std::uint32_t i = 0; i < x.run->size(); ++i) {
      const auto& s = x.run->step(i);
      steps.push_back({step_name(x.run.get(), i), std::string{to_string(s.status)},
                       std::to_string(s.attempt), s.agent,
                       s.result ? (s.result->ok() ? brief(s.result->text)
                                                  : std::string{to_string(s.result->failed.why)})
                                : ""});
    }
    out += "\nstopped here:\n" +
           table({"STEP", "STATUS", "ATTEMPT", "AGENT", "RESULT"}, steps, "no steps");
  }
  for (const auto& text : x.open)
    out += "open: " + text + "\n";
  if (x.result)
    out += end_text(*x.result) + "\n";
  return out;
}

json replay_json(const task_record& record, const replayed& x) {
  json out{{"task", record.what->id},
           {"events", json::array()},
           {"differences", x.differences()},
           {"open", x.open},
           {"stopped", x.stopped}};
  for (const auto& e : x.events) {
    auto line = event_view(e.what, record.how.get());
    line["wanted"] = wanted_json(e);
    if (!e.problem.empty())
      line["differs"] = e.problem;
    out["events"].push_back(std::move(line));
  }
  if (x.run && !x.triage) {
    out["steps"] = json::array();
    for (std::uint32_t i = 0; i < x.run->size(); ++i)
      out["steps"].push_back({{"name", step_name(x.run.get(), i)},
                              {"status", to_string(x.run->step(i).status)},
                              {"attempt", x.run->step(i).attempt},
                              {"agent", x.run->step(i).agent}});
  }
  if (x.result) {
    out["result"] = {{"text", x.result->text}, {"confidence", x.result->confidence}};
    if (x.result->failed)
      out["result"]["error"] = {{"reason", to_string(x.result->failed.why)},
                                {"detail", x.result->failed.detail}};
  }
  return out;
}

} // namespace troupe::cli
