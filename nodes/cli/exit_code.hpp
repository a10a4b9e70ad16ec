#pragma once

#include <stdexcept>
#include <string>

namespace troupe::cli {

/// How the program ends. Scripts rely on the numbers (docs/reference/cli.md).
enum exit_code : int {
  exit_ok = 0,
  exit_failed = 1,      ///< what was asked for failed: the task, the validation, the node
  exit_usage = 2,       ///< the command line is wrong
  exit_unreachable = 3, ///< no node answers
  exit_refused = 4,     ///< the node answers, and says no
  exit_not_found = 5,   ///< the node knows nothing of that name
  exit_hung = 70,       ///< the node did not stop in time
  exit_interrupted = 130,
};

/// Ends a verb: the text goes to stderr, the code to whoever started the program. An empty text
/// says nothing more.
class cli_error : public std::runtime_error {
 public:
  cli_error(exit_code code, const std::string& text)
      : std::runtime_error(text)
      , code_(code) {}
  [[nodiscard]] exit_code code() const noexcept { return code_; }

 private:
  exit_code code_;
};

} // namespace troupe::cli
