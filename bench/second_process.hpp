#pragma once

#include <string>
#include <sys/types.h>

namespace troupe::bench {

/// This program once more, beside us, in a role of `play`'s. It ends when we let go of it, or end.
class second_process {
 public:
  /// `argument` is the role's own. Throws `std::runtime_error` when it cannot be started or says
  /// nothing.
  second_process(const std::string& role, const std::string& argument);
  ~second_process();
  second_process(const second_process&) = delete;
  second_process& operator=(const second_process&) = delete;

  /// The line that it has said when it was ready: mostly its port.
  [[nodiscard]] const std::string& said() const noexcept { return said_; }
  [[nodiscard]] pid_t id() const noexcept { return id_; }

 private:
  pid_t id_ = 0;
  int hold_ = -1; ///< its standard input: closed with us
  std::string said_;
};

/// Says `line` to whoever started this process in a role, and returns when he lets go.
void serve_until_let_go(const std::string& line);

/// Plays a role instead of benchmarks; the exit code.
int play(const std::string& role, const std::string& argument);

// The roles.
void serve_basp_echo();
void serve_remote_node(const std::string& certificates);

} // namespace troupe::bench
