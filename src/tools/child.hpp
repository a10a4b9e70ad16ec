#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "src/tools/callback.hpp"
#include "src/tools/process.hpp"
#include "src/tools/spawn.hpp"

namespace troupe::tools {

/// One running child as its I/O thread sees it: its pipes, what is collected, and how it is brought
/// to an end. It belongs to that thread. It never waits: it reacts to events and to the time.
///
/// The leader stays unreaped until `finish`, because that keeps its number, and so that of its
/// group, from being given to a stranger whom our signals would hit.
class child {
 public:
  /// What an event is about; the low bits of an epoll tag.
  enum class source : std::uint64_t { input, output, errors, leader };
  static constexpr int source_bits = 2;

  struct plan {
    process_id id = 0;
    bool lines = false; ///< A long-lived worker: output goes to `line`, line by line.
    process_port::line_fn line;
    std::size_t stdout_max_bytes = 0;
    std::size_t stderr_max_bytes = 0;
    std::chrono::milliseconds term_grace{0};
    std::chrono::milliseconds drain{0};
    steady::time_point deadline = steady::time_point::max();
  };

  /// Registers the child's descriptors with `epoll`. Throws std::system_error; the group is killed
  /// then.
  child(plan, spawned, int epoll);
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child();

  /// Queues bytes for stdin.
  void feed(std::string_view bytes);
  /// Closes stdin once everything queued is written.
  void end_input();
  bool takes_input() const noexcept { return static_cast<bool>(io_.in); }
  /// Bytes queued for stdin and not yet taken by the pipe.
  std::size_t backlog() const noexcept { return input_.size() - input_at_; }

  /// Begins to end the group for this reason: SIGTERM now, SIGKILL after the grace. The first
  /// reason stays.
  void stop(process_end why, std::string detail);

  /// `events` are epoll's.
  void on_event(source, std::uint32_t events, std::span<char> scratch);
  void on_time(steady::time_point now);
  /// When `on_time` wants to be called at the latest.
  steady::time_point next_time() const noexcept;

  /// Whether there is nothing left to wait for, so that `finish` can be called.
  bool over(steady::time_point now) const noexcept;
  /// Kills what is left of the group, closes the pipes and tells how it went. Once.
  process_result finish(std::span<char> scratch);
  /// Takes the dead leader out of the process table. False while the system still holds it, which
  /// after SIGKILL only happens to a process stuck inside the kernel.
  bool reap();

 private:
  void watch(const unique_fd&, source, std::uint32_t events);
  void unwatch(unique_fd&);
  void write_input();
  bool read_some(unique_fd&, source, std::span<char> scratch);
  void take_output(std::string_view bytes);
  void take_lines(std::string_view bytes);
  void too_large(const char* what);
  void leader_exited();
  void signal_group(int number) noexcept;

  plan plan_;
  spawned io_;
  int epoll_;
  std::string input_;
  std::size_t input_at_ = 0;
  bool input_ends_ = false;
  std::string out_;
  std::string err_;
  bool discard_output_ = false;

  bool stopping_ = false;
  bool killed_ = false;
  bool exited_ = false;
  bool status_lost_ =
      false; ///< Someone else in this program reaped the leader; its number is no longer ours.
  steady::time_point kill_at_ = steady::time_point::max();
  steady::time_point over_at_ = steady::time_point::max();
  process_result result_;
};

} // namespace troupe::tools
