#include "nodes/cli/chaos_garbage.hpp"
#include "nodes/cli/chaos_target.hpp"
#include "nodes/cli/exit_code.hpp"
#include "src/tools/unique_fd.hpp"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string_view>
#include <thread>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace troupe::cli {

namespace {

/// Handles, not numbers: a number may be somebody else's by the time it is used.
struct held_process {
  pid_t pid = -1;
  tools::unique_fd handle;
};

held_process hold(pid_t pid) {
  const auto who = "process " + std::to_string(pid);
  held_process out{pid, tools::unique_fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}};
  if (!out.handle)
    throw cli_error{exit_not_found, who + " is not there: " + std::strerror(errno)};
  const auto proc = "/proc/" + std::to_string(pid);
  std::string name;
  std::getline(std::ifstream{proc + "/comm"}, name);
  struct stat is {};
  if (name != "troupe" || ::stat(proc.c_str(), &is) != 0 || is.st_uid != ::geteuid())
    throw cli_error{exit_usage, who + " is no troupe node of this user"};
  return out;
}

bool signal(const held_process& x, int number) {
  return ::syscall(SYS_pidfd_send_signal, x.handle.get(), number, nullptr, 0) == 0;
}

std::uint16_t port_of(std::string_view url) {
  const auto colon = url.rfind(':');
  unsigned out = 0;
  if (colon == std::string_view::npos ||
      url.substr(0, colon).find("127.0.0.1") == std::string_view::npos)
    return 0;
  std::from_chars(url.data() + colon + 1, url.data() + url.size(), out);
  return static_cast<std::uint16_t>(out);
}

class processes final : public chaos_target {
 public:
  explicit processes(const foreign_nodes& x)
      : given_(x) {
    for (const auto pid : x.pids)
      held_.push_back(hold(pid));
  }

  ~processes() override {
    for (auto& t : thaws_)
      t.join();
  }

  [[nodiscard]] std::vector<std::string> nodes() const override {
    std::vector<std::string> out;
    for (const auto& x : held_)
      out.push_back("process " + std::to_string(x.pid));
    return out;
  }
  [[nodiscard]] std::vector<std::string> doors() const override { return given_.urls; }
  [[nodiscard]] std::string store() const override { return given_.store; }
  [[nodiscard]] std::string schema() const override { return given_.schema; }

  [[nodiscard]] std::string cannot(fault what) const override {
    switch (what) {
    case fault::kill:
      return "nobody is known who would start a node again";
    case fault::cut:
    case fault::slow:
      return "the links of nodes that `troupe up` did not start cannot be reached";
    case fault::store:
      return "the store is not the cluster's own";
    case fault::freeze:
    case fault::garbage:
      break;
    }
    return {};
  }

  [[nodiscard]] std::string strike(const planned_fault& x, std::uint64_t seed) override {
    const auto& who = held_.at(x.node);
    if (x.what == fault::freeze) {
      if (!signal(who, SIGSTOP))
        return "it has ended";
      thaws_.emplace_back([this, n = x.node, lasts = x.lasts] {
        std::this_thread::sleep_for(lasts);
        signal(held_[n], SIGCONT);
      });
      return {};
    }
    if (x.what != fault::garbage)
      return cannot(x.what);
    const auto door = x.node < given_.urls.size() ? port_of(given_.urls[x.node]) : std::uint16_t{0};
    const auto sent = send_garbage(door, 0, seed, x.lasts);
    return sent.connections > 0 ? "" : "its door is not known, or takes no connections";
  }

 private:
  const foreign_nodes given_;
  std::vector<held_process> held_;
  std::vector<std::thread> thaws_;
};

} // namespace

std::unique_ptr<chaos_target> process_target(const foreign_nodes& x) {
  return std::make_unique<processes>(x);
}

} // namespace troupe::cli
