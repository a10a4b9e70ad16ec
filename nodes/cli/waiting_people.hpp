#pragma once

#include "nodes/cli/shell.hpp"

#include <troupe/json.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::cli {

/// What people are asked for a task and its sub-tasks, as the node lists it. Empty also when the
/// caller may not see questions.
[[nodiscard]] std::vector<json> questions_for(const shell& s, const std::string& task);

/// Tells those who wait for a task on a terminal that the task waits for a person: nothing else
/// happens until somebody answers, which may take hours.
class waiting_people {
 public:
  waiting_people(const shell& s, std::string task)
      : shell_(s)
      , task_(std::move(task)) {}
  /// The task has said that a person is asked: tells on stderr where, and how to answer, each
  /// question once. Waits a moment for the question to be listed. Throws nothing, since libcurl
  /// may be what calls it.
  void look();

 private:
  bool tell_new();

  const shell& shell_;
  std::string task_;
  std::set<std::string> told_;
  bool in_general_ = false;
};

} // namespace troupe::cli
