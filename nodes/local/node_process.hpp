#pragma once

#include "src/tools/process.hpp"

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace troupe::local {

enum class phase : std::uint8_t {
  starting,
  up,
  frozen,
  waiting,  ///< it has ended, and is started again when its pause is over
  stopping, ///< told to end
  over,     ///< and not started again
};

/// A `troupe node` as a child process that is started again when it dies, each time after a longer
/// pause, unless it was told to stop. Lives on the thread that runs the context, which has to be
/// the one that made it: the system kills the children of a thread that ends.
class node_process {
 public:
  struct plan {
    std::string id;
    /// What to run; asked for at each start.
    std::function<tools::process_spec()> recipe;
    std::filesystem::path port_file; ///< of the door; the process writes it when it takes tasks
    std::function<void(std::string_view)> line; ///< a line on its stdout or stderr
    std::function<void()> changed;              ///< its phase is another
  };
  node_process(boost::asio::io_context& io, plan what);
  ~node_process(); ///< kills it
  node_process(const node_process&) = delete;
  node_process& operator=(const node_process&) = delete;

  void start();
  /// As an operator stops it: SIGTERM.
  void stop();
  void kill_for_good();
  /// SIGHUP. False: there is nobody to hear it.
  [[nodiscard]] bool reload() const;

  // Faults. Each says whether the process was in a state to have it.
  /// `kill -9`; not started again before `down_for` is over.
  [[nodiscard]] bool kill(milliseconds down_for);
  [[nodiscard]] bool freeze(milliseconds for_so_long);

  [[nodiscard]] const std::string& id() const noexcept { return plan_.id; }
  [[nodiscard]] phase state() const noexcept { return state_; }
  [[nodiscard]] bool was_ever_up() const noexcept { return ever_up_; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }           ///< -1: none
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; } ///< of its door; 0: unknown
  [[nodiscard]] unsigned starts() const noexcept { return starts_; }
  [[nodiscard]] const std::string& last_end() const noexcept { return last_end_; }

 private:
  struct stream {
    boost::asio::posix::stream_descriptor from;
    std::array<char, 4096> buffer{};
    std::string rest;
  };
  void enter(phase x);
  void read(const std::shared_ptr<stream>& from);
  void take(stream& from, std::size_t bytes);
  void look_for_port();
  void on_end();
  void signal(int number) const;
  void thaw();
  void start_after(milliseconds pause);

  boost::asio::io_context& io_;
  plan plan_;
  phase state_ = phase::over;
  bool ever_up_ = false;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  unsigned starts_ = 0;
  milliseconds pause_;   ///< before the next start
  milliseconds hold_{0}; ///< the least pause that was asked for
  std::chrono::steady_clock::time_point started_{};
  std::string last_end_;
  std::unique_ptr<boost::asio::posix::stream_descriptor> handle_; ///< a pidfd
  boost::asio::steady_timer timer_;                               ///< port, thaw, next start
  std::shared_ptr<bool> alive_;
};

} // namespace troupe::local

template <>
struct troupe::enum_names<troupe::local::phase> {
  static constexpr std::array<std::string_view, 6> value{"starting", "up",       "frozen",
                                                         "waiting",  "stopping", "over"};
};
