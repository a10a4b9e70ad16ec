#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/task_text.hpp"
#include "nodes/cli/verbs.hpp"
#include "nodes/cli/waiting_people.hpp"

#include <troupe/clock.hpp>

#include <thread>

namespace troupe::cli {

namespace {

constexpr int cancel_looks = 40; ///< for a cancelled task to end: what it runs is stopped first
constexpr milliseconds cancel_tick{50};

/// The task as it has ended, or as it is after a while: the node answers before that.
http_answer when_ended(const shell& s, const std::string& id, http_answer answer) {
  for (int looks = 0; looks < cancel_looks && !has_ended(document_of(answer)); ++looks) {
    std::this_thread::sleep_for(cancel_tick);
    answer = ask(s, path_builder{"/v1/tasks"}.part(id));
  }
  return answer;
}

void add_task_list(CLI::App& to, shell& s) {
  struct settings {
    std::string domain, session, state;
    std::size_t limit = 20;
  };
  auto* verb = add_verb(to, "tasks", "List tasks, newest first",
                        "troupe tasks --limit 50\n"
                        "troupe tasks --session s1\n"
                        "troupe tasks --state failed -o json");
  const auto x = std::make_shared<settings>();
  verb->add_option("--domain", x->domain, "only of this domain");
  verb->add_option("--session", x->session, "only of this conversation");
  verb->add_option("--state", x->state, "only in this state")
      ->check(CLI::IsMember({"submitted", "working", "input_required", "auth_required", "completed",
                             "failed", "canceled", "rejected"}));
  verb->add_option("--limit", x->limit, "at most this many")->capture_default_str();
  add_node_options(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      path_builder path{"/v1/tasks"};
      path.with("domain", x->domain)
          .with("session", x->session)
          .with("state", x->state)
          .with("limit", std::to_string(x->limit));
      return show_path(s, path, task_table);
    };
  });
}

void add_one(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "task", "Show a task", "troupe task 01a1fc44fd13842f58183fee3001");
  const auto id = std::make_shared<std::string>();
  verb->add_option("ID", *id, "the task")->required();
  add_node_options(*verb, s);
  verb->callback([&s, id] {
    s.run = [&s, id] {
      return show_path(s, path_builder{"/v1/tasks"}.part(*id), [&](const json& task) {
        return task_text(task,
                         waits_for_people(task) ? questions_for(s, *id) : std::vector<json>{});
      });
    };
  });
}

void add_cancel(CLI::App& to, shell& s) {
  struct settings {
    std::string id, why;
  };
  auto* verb = add_verb(to, "cancel", "Cancel a task",
                        "troupe cancel 01a1fc44fd13842f58183fee3001 --why \"the customer called\"");
  const auto x = std::make_shared<settings>();
  verb->add_option("ID", x->id, "the task")->required();
  verb->add_option("--why", x->why, "goes into the task's history");
  add_node_options(*verb, s);
  verb->callback([&s, x] {
    s.run = [&s, x] {
      json body = json::object();
      if (!x->why.empty())
        body["why"] = x->why;
      http_call call;
      call.method = "POST";
      call.body = as_text(body);
      const auto answer =
          when_ended(s, x->id, ask(s, path_builder{"/v1/tasks"}.part(x->id).part("cancel"), call));
      if (s.as_json())
        s.print_raw(answer.body);
      else
        s.print(task_text(document_of(answer)));
      return exit_ok;
    };
  });
}

} // namespace

void add_tasks(CLI::App& to, shell& s) {
  add_task_list(to, s);
  add_one(to, s);
  add_cancel(to, s);
}

} // namespace troupe::cli
