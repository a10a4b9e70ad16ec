#pragma once

#include "tests/kill/books.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <poll.h>
#include <set>
#include <spawn.h>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

extern char** environ;

namespace troupe::kill {

/// A folder for one till, gone with its owner.
class folder {
 public:
  folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "troupe-kill-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
      throw std::runtime_error{"no temporary folder"};
    path_ = pattern;
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string str() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// A running `kill_node`, and what it has said. Killed with its owner.
class process {
 public:
  explicit process(std::vector<std::string> words) {
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
      throw std::runtime_error{"no pipe"};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[0], 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    words.insert(words.begin(), TROUPE_KILL_NODE);
    std::vector<char*> argv;
    for (auto& w : words)
      argv.push_back(w.data());
    argv.push_back(nullptr);
    if (posix_spawn(&id_, argv[0], &files, nullptr, argv.data(), environ) != 0)
      throw std::runtime_error{std::string{"cannot start "} + argv[0]};
    posix_spawn_file_actions_destroy(&files);
    close(in[0]);
    close(out[1]);
    to_ = in[1];
    from_ = out[0];
    std::signal(SIGPIPE, SIG_IGN);
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process() {
    kill();
    close(to_);
    close(from_);
  }

  void order(const std::string& line) {
    const auto text = line + "\n";
    std::size_t sent = 0;
    while (sent < text.size()) {
      const auto n = write(to_, text.data() + sent, text.size() - sent);
      if (n <= 0)
        return; // It has ended; whoever reads will notice.
      sent += static_cast<std::size_t>(n);
    }
  }
  /// The next line that it says; nothing when it has ended, or says nothing for `most_ms`.
  bool hear(std::string& line, int most_ms) {
    while (true) {
      if (const auto end = heard_.find('\n'); end != std::string::npos) {
        line = heard_.substr(0, end);
        heard_.erase(0, end + 1);
        return true;
      }
      pollfd what{from_, POLLIN, 0};
      if (poll(&what, 1, most_ms) <= 0)
        return false;
      char buffer[4096];
      const auto n = read(from_, buffer, sizeof buffer);
      if (n <= 0) {
        ended_ = true;
        return false;
      }
      heard_.append(buffer, static_cast<std::size_t>(n));
    }
  }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  void kill() {
    if (id_ <= 0)
      return;
    ::kill(id_, SIGKILL);
    wait();
  }
  /// Its exit code once it has ended by itself; negative: the signal that ended it.
  int wait() {
    if (id_ <= 0)
      return status_;
    int status = 0;
    waitpid(std::exchange(id_, 0), &status, 0);
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return status_;
  }

 private:
  pid_t id_ = 0;
  int status_ = 0;
  int to_ = -1;
  int from_ = -1;
  bool ended_ = false;
  std::string heard_;
};

/// The client of a till: it asks for refunds until it has heard the end of each, over however many
/// processes, as clients do that use a key.
struct customer_list {
  std::map<std::string, std::string> wanted; ///< name to skill
  std::map<std::string, std::string> ids;    ///< as accepted
  std::map<std::string, std::string> ends;   ///< name to state
  std::vector<std::string> complaints;

  [[nodiscard]] bool all_ended() const { return ends.size() == wanted.size(); }
  void ask(process& p) const {
    for (const auto& [name, skill] : wanted)
      if (!ends.contains(name))
        p.order("submit " + name + " " + skill);
  }
  /// True: that was news. Somebody who is refused comes back.
  bool take(const std::string& line, process& p) {
    const auto first = line.find(' ');
    const auto second = line.find(' ', first + 1);
    if (first == std::string::npos)
      return false;
    const auto what = line.substr(0, first);
    const auto name = line.substr(first + 1, second - first - 1);
    const auto rest = second == std::string::npos ? "" : line.substr(second + 1);
    if (what == "refused")
      p.order("submit " + name + " " + wanted[name]);
    if (what != "accepted" && what != "ended")
      return false;
    const auto [known, fresh] = (what == "ended" ? ends : ids).emplace(name, rest);
    if (!fresh && known->second != rest)
      complaints.push_back(name + " " + what + " as " + known->second + " and as " + rest);
    return fresh;
  }
};

} // namespace troupe::kill
