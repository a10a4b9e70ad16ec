#pragma once

#include <troupe/json.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

extern char** environ;

namespace troupe::test {

/// A folder of its own that goes with it.
class scratch {
 public:
  scratch() {
    auto pattern = (std::filesystem::temp_directory_path() / "troupe_cli_XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error{"no scratch folder"};
    path_ = pattern;
  }
  ~scratch() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  [[nodiscard]] std::string path(const std::string& inside = {}) const {
    return inside.empty() ? path_.string() : (path_ / inside).string();
  }
  void write(const std::string& inside, const std::string& text) const {
    const auto file = path_ / inside;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
  }

 private:
  std::filesystem::path path_;
};

/// A program that runs, with its output in our hands. Every wait ends after thirty seconds at most;
/// what still runs at the end is killed.
class child {
 public:
  explicit child(std::vector<std::string> words) {
    int out[2], err[2];
    if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
      throw std::runtime_error{"no pipes"};
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, out[1], 1);
    ::posix_spawn_file_actions_adddup2(&files, err[1], 2);
    std::vector<char*> argv;
    for (auto& w : words)
      argv.push_back(w.data());
    argv.push_back(nullptr);
    const int e = ::posix_spawnp(&pid_, argv[0], &files, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    ::close(out[1]);
    ::close(err[1]);
    pipes_[0] = {out[0], POLLIN, 0};
    pipes_[1] = {err[0], POLLIN, 0};
    if (e != 0)
      throw std::runtime_error{"cannot start " + words.front()};
  }
  ~child() {
    for (auto& p : pipes_)
      if (p.fd >= 0)
        ::close(p.fd);
    if (!code_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  void signal(int number) const { ::kill(pid_, number); }

  /// Reads until `text` has been said on stderr; false when the program ends or takes too long.
  [[nodiscard]] bool says(const std::string& text) {
    while (err_.find(text) == std::string::npos)
      if (!read_some())
        return err_.find(text) != std::string::npos;
    return true;
  }

  /// Reads to the end; the exit code, or 1000 and the signal's number that ended it.
  int wait() {
    while (read_some())
      ;
    if (!code_) {
      int status = 0;
      if (pipes_[0].fd >= 0 || pipes_[1].fd >= 0) {
        ADD_FAILURE() << "the program did not end in time; it said: " << err_;
        ::kill(pid_, SIGKILL);
      }
      ::waitpid(pid_, &status, 0);
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }
    return *code_;
  }

  [[nodiscard]] const std::string& out() const { return out_; }
  [[nodiscard]] const std::string& err() const { return err_; }

 private:
  bool read_some() {
    if (pipes_[0].fd < 0 && pipes_[1].fd < 0)
      return false;
    if (::poll(pipes_, 2, 30000) <= 0)
      return false;
    char piece[4096];
    for (int i = 0; i < 2; ++i) {
      if (pipes_[i].fd < 0 || pipes_[i].revents == 0)
        continue;
      const auto n = ::read(pipes_[i].fd, piece, sizeof piece);
      if (n > 0) {
        (i == 0 ? out_ : err_).append(piece, static_cast<std::size_t>(n));
      } else {
        ::close(pipes_[i].fd);
        pipes_[i].fd = -1;
      }
    }
    return true;
  }

  pid_t pid_ = -1;
  pollfd pipes_[2]{};
  std::string out_;
  std::string err_;
  std::optional<int> code_;
};

struct ran {
  int code = 0;
  std::string out;
  std::string err;
  [[nodiscard]] json document() const { return json::parse(out); }
};

inline std::vector<std::string> with_program(std::vector<std::string> words) {
  words.insert(words.begin(), TROUPE_PROGRAM);
  return words;
}

/// Runs `troupe` with these words to its end.
inline ran run_troupe(std::vector<std::string> words) {
  child c{with_program(std::move(words))};
  ran out;
  out.code = c.wait();
  out.out = c.out();
  out.err = c.err();
  return out;
}

/// `troupe dev` on a folder and a free port, up when the constructor is through.
class dev_node {
 public:
  dev_node(const std::string& fleet, const std::string& data, std::vector<std::string> more = {})
      : run_(words(fleet, data, std::move(more))) {
    up_ = run_.says(" is up: http://") && run_.says("stop with Ctrl-C");
    const auto at = run_.err().find("http://");
    if (up_)
      url_ = run_.err().substr(at, run_.err().find(' ', at) - at);
    else
      ADD_FAILURE() << "the node is not up; it said: " << run_.err();
  }

  /// Runs a verb against the node.
  [[nodiscard]] ran ask(std::vector<std::string> words) const {
    const bool two_words =
        words.front() == "human" || words.front() == "keys" || words.front() == "audit";
    words.insert(words.begin() + (two_words ? 2 : 1), {"--url", url_});
    return run_troupe(std::move(words));
  }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] child& process() { return run_; }

 private:
  static std::vector<std::string> words(const std::string& fleet, const std::string& data,
                                        std::vector<std::string> more) {
    std::vector<std::string> out{"dev", fleet, "--port", "0", "--data", data};
    out.insert(out.end(), more.begin(), more.end());
    return with_program(std::move(out));
  }
  child run_;
  bool up_ = false;
  std::string url_;
};

/// Writes the fleet that `troupe init` starts with into `dir`.
inline void make_fleet(const std::string& dir, const std::string& name = "starter") {
  const auto made = run_troupe({"init", dir, "--name", name});
  ASSERT_EQ(made.code, 0) << made.err;
}

} // namespace troupe::test
