#include "bench/second_process.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace troupe::bench {

second_process::second_process(const std::string& role, const std::string& argument) {
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)
    throw std::runtime_error{"no pipes for a second process"};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in[0], 0);
  posix_spawn_file_actions_adddup2(&files, out[1], 1);
  std::string program = "/proc/self/exe";
  std::string flag = "--role";
  std::string name = role;
  std::string own = argument;
  std::vector<char*> words{program.data(), flag.data(), name.data(), own.data(), nullptr};
  const int failed = ::posix_spawn(&id_, program.c_str(), &files, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  ::close(in[0]);
  ::close(out[1]);
  hold_ = in[1];
  char c = 0;
  while (failed == 0 && ::read(out[0], &c, 1) == 1 && c != '\n')
    said_ += c;
  ::close(out[0]);
  if (failed != 0 || said_.empty())
    throw std::runtime_error{"the second process did not come up"};
}

second_process::~second_process() {
  ::close(hold_);
  ::kill(id_, SIGCONT);
  // What it would tidy up ends with it.
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
}

void serve_until_let_go(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
  char c = 0;
  while (::read(0, &c, 1) == 1) {
  }
  std::_Exit(0);
}

int play(const std::string& role, const std::string& argument) {
  if (role == "basp")
    serve_basp_echo();
  else if (role == "node")
    serve_remote_node(argument);
  return 2;
}

} // namespace troupe::bench
