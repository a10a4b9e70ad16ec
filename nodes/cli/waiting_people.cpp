#include "nodes/cli/waiting_people.hpp"

#include "nodes/cli/node_calls.hpp"
#include "nodes/cli/task_text.hpp"
#include "nodes/cli/text_layout.hpp"

#include <troupe/clock.hpp>

#include <exception>
#include <ostream>
#include <thread>

namespace troupe::cli {

namespace {

constexpr int question_looks = 20; ///< for a question to be listed
constexpr milliseconds question_tick{50};

} // namespace

std::vector<json> questions_for(const shell& s, const std::string& task) {
  std::vector<json> out;
  json all;
  try {
    all = document_of(ask(s, path_builder{"/v1/human"}.with("limit", "1000")));
  } catch (const cli_error& e) {
    if (e.code() != exit_refused)
      throw;
    return out;
  }
  for (const auto& q : list(all, "questions"))
    if (const auto of = member(q, "task"); of == task || of.starts_with(task + "."))
      out.push_back(q);
  return out;
}

bool waiting_people::tell_new() {
  bool any = false;
  for (const auto& q : questions_for(shell_, task_))
    if (told_.insert(member(q, "id")).second) {
      any = true;
      shell_.err << "task " << task_ << " waits " << question_words(q) << "; to answer it:\n  "
                 << answer_command(q) << std::endl;
    }
  return any;
}

void waiting_people::look() try {
  for (int looks = 0; looks < question_looks; ++looks) {
    if (!waits_for_people(document_of(ask(shell_, path_builder{"/v1/tasks"}.part(task_)))))
      return;
    if (tell_new())
      return;
    std::this_thread::sleep_for(question_tick);
  }
  if (told_.empty() && !std::exchange(in_general_, true))
    shell_.err << "task " << task_ << " waits for a person; `troupe human list` shows for what"
               << std::endl;
} catch (const std::exception&) {
  // The wait goes on without this news; what is wrong with the node ends the wait itself.
}

} // namespace troupe::cli
