#include "nodes/cli/event_reader.hpp"
#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/task_text.hpp"
#include "nodes/cli/text_layout.hpp"
#include "nodes/cli/verbs.hpp"
#include "nodes/cli/waiting_people.hpp"

#include <algorithm>
#include <chrono>
#include <ostream>

namespace troupe::cli {

namespace {

using steady = std::chrono::steady_clock;

/// Of the wait, in the submission itself: most answers come within it. After that the events of the
/// task are followed, which say when a person is asked.
constexpr milliseconds asked_at_once{1000};
constexpr milliseconds grace{10000}; ///< for the node to say that a wait is over
constexpr int reconnects_max = 5;    ///< in a row, without news in between

struct submit_settings {
  std::vector<std::string> text;
  std::string domain, skill, session, customer, tier, priority, durability;
  std::string data, context, timeout, key;
  std::string wait = "2m";
  bool no_wait = false;
  bool follow = false;
};

json parsed(const std::string& text, const std::string& option) {
  auto out = json::parse(text, nullptr, false);
  if (!out.is_object())
    throw cli_error{exit_usage,
                    option + " must be a JSON object such as '{\"order_id\": \"A-1\"}'"};
  return out;
}

std::string body_of(const submit_settings& x) {
  json out;
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty())
      out[name] = value;
  };
  put("text", joined(x.text));
  put("domain", x.domain);
  put("skill", x.skill);
  put("context_id", x.session);
  put("priority", x.priority);
  put("durability", x.durability);
  if (!x.customer.empty())
    out["customer"]["id"] = x.customer;
  if (!x.tier.empty())
    out["customer"]["tier"] = x.tier;
  if (!x.data.empty())
    out["data"] = parsed(x.data, "--data");
  if (!x.context.empty())
    out["context"] = parsed(x.context, "--context");
  if (!x.timeout.empty())
    out["timeout_ms"] = milliseconds_of(x.timeout, "--timeout");
  return as_text(out);
}

/// Follows the events of a task until it has ended or the time is over. `tell` gets the events.
/// Returns the task as it ended, or nothing.
std::optional<std::string> follow(const shell& s, const std::string& id, steady::time_point until,
                                  const std::function<void(const json&)>& tell) {
  std::optional<std::string> ended;
  std::string last;
  for (int tries = 0; !ended && tries < reconnects_max && steady::now() < until; ++tries) {
    event_reader reader{[&](const stream_event& e) {
      if (e.name == "ended")
        ended = e.data;
      else if (e.name != "error" && e.name != "skipped")
        tell(json::parse(e.data, nullptr, false));
      last = e.id;
      tries = 0;
    }};
    http_call call;
    if (!last.empty())
      call.headers.emplace_back("Last-Event-ID", last);
    call.headers.emplace_back("Accept", "text/event-stream");
    call.deadline =
        // Not before `until`: that the time is over is no silence of the node.
        std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(until - steady::now())) +
        milliseconds{1};
    call.on_data = [&](std::string_view piece) { return reader.feed(piece) && !ended; };
    try {
      static_cast<void>(ask(s, path_builder{"/v1/tasks"}.part(id).part("events"), call));
    } catch (const cli_error& e) {
      if (!ended && (e.code() != exit_unreachable || steady::now() < until))
        throw cli_error{e.code(), std::string{e.what()} + "\nthe task " + id +
                                      " has been taken: `troupe task " + id + "` tells how it is"};
    }
  }
  return ended;
}

exit_code show_end(const shell& s, const std::string& document) {
  const auto task = json::parse(document, nullptr, false);
  if (s.as_json())
    s.print_raw(document);
  else if (const auto answer = answer_of(task); !answer.empty())
    s.print(answer);
  if (has_completed(task))
    return exit_ok;
  const auto id = task.value("id", std::string{});
  const auto why = failure_of(task);
  throw cli_error{exit_failed, "task " + id + " " +
                                   task["status"].value("state", std::string{"has no state"}) +
                                   (why.empty() ? "" : ": " + why)};
}

exit_code submit(const shell& s, const submit_settings& x) {
  const milliseconds patience{milliseconds_of(x.wait, "--wait")};
  const auto until = steady::now() + patience;
  http_call call;
  call.method = "POST";
  call.body = body_of(x);
  if (!x.key.empty())
    call.headers.emplace_back("Idempotency-Key", x.key);
  path_builder path{"/v1/tasks"};
  if (!x.no_wait && !x.follow) {
    const auto first = std::min(patience, asked_at_once);
    path.with("wait", std::to_string(first.count()) + "ms");
    call.deadline = first + grace;
  }
  http_answer answer;
  try {
    answer = ask(s, path, call);
  } catch (const cli_error& e) {
    if (e.code() != exit_unreachable || std::string_view{e.what()}.starts_with("no node"))
      throw;
    throw cli_error{e.code(), std::string{e.what()} +
                                  "\nperhaps the task has been taken all the same: `troupe tasks` "
                                  "tells"};
  }
  const auto task = document_of(answer);
  const auto id = task.value("id", std::string{});
  if (x.no_wait) {
    if (s.as_json())
      s.print_raw(answer.body);
    else
      s.print(id);
    return exit_ok;
  }
  if (has_ended(task) && !x.follow)
    return show_end(s, answer.body);
  if (x.follow)
    s.err << "task " << id << std::endl;
  waiting_people people{s, id};
  const auto end = follow(s, id, until, [&](const json& event) {
    if (x.follow)
      s.err << event_text(event) << std::endl;
    if (member(event, "kind") == "asked")
      people.look();
  });
  if (end)
    return show_end(s, *end);
  if (s.as_json())
    s.print_raw(ask(s, path_builder{"/v1/tasks"}.part(id)).body);
  throw cli_error{exit_failed, "task " + id + " goes on, but has no answer within " + x.wait +
                                   ": `troupe task " + id + "` tells how it is"};
}

} // namespace

void add_submit(CLI::App& to, shell& s) {
  auto* verb = add_verb(
      to, "submit", "Give the fleet a task and print its answer",
      "troupe submit where is my order A-10015\n"
      "troupe submit --session s1 --customer C-1001 --tier gold \"I was charged twice\"\n"
      "troupe submit --skill order.track --data '{\"order_id\": \"A-10015\"}' --timeout 10s\n"
      "troupe submit --follow cancel my order A-10015 and refund me\n"
      "troupe submit --no-wait --key job-17 upgrade me to the pro plan");
  const auto x = std::make_shared<submit_settings>();
  verb->add_option("TEXT", x->text, "what is wanted; words are joined by blanks");
  verb->add_option("--domain", x->domain, "who takes it; else the fleet's entry");
  verb->add_option("--skill", x->skill, "asks for this skill; else the domain finds out");
  verb->add_option("--session", x->session, "the conversation it belongs to");
  verb->add_option("--customer", x->customer, "on whose behalf");
  verb->add_option("--tier", x->tier, "the customer's");
  verb->add_option("--priority", x->priority, "how urgent it is")
      ->check(CLI::IsMember({"urgent", "high", "medium", "low"}));
  verb->add_option("--durability", x->durability, "how much survives the death of the node")
      ->check(CLI::IsMember({"none", "task", "step"}));
  verb->add_option("--data", x->data, "structured input: a JSON object");
  verb->add_option("--context", x->context, "fields of the typed context: a JSON object");
  verb->add_option("--timeout", x->timeout, "the task's own time, like 30s; else the domain's");
  verb->add_option("--key", x->key, "idempotency key: the same key gives the same task");
  verb->add_option("--wait", x->wait, "how long to wait for the answer; the task goes on")
      ->capture_default_str();
  auto* no_wait = verb->add_flag("--no-wait", x->no_wait, "print the task's id and leave");
  verb->add_flag("--follow", x->follow, "show what happens, on stderr")->excludes(no_wait);
  add_node_options(*verb, s);
  verb->callback([&s, x] {
    if (x->text.empty() && x->skill.empty())
      throw CLI::ValidationError{"TEXT", "is missing; only --skill can stand instead of it"};
    s.run = [&s, x] { return submit(s, *x); };
  });
}

} // namespace troupe::cli
