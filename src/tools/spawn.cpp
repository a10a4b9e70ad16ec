#include "src/tools/spawn.hpp"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <sys/pidfd.h>
}

namespace troupe::tools {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void fail(const std::string& what, int error) {
  throw spawn_error{what + ": " + reason(error)};
}

struct pipe_ends {
  unique_fd read;
  unique_fd write;
};

/// Moves a descriptor out of the way of 0, 1 and 2, which a host may have closed: the child's own
/// stdin, stdout and stderr are about to take those places.
unique_fd above_standard(int fd) {
  unique_fd held{fd};
  if (fd > STDERR_FILENO)
    return held;
  unique_fd moved{fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
  if (!moved)
    fail("no descriptor for a pipe", errno);
  return moved;
}

pipe_ends make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    fail("no pipe", errno);
  unique_fd write{ends[1]};
  pipe_ends result;
  result.read = above_standard(ends[0]);
  if (write.get() <= STDERR_FILENO)
    write = unique_fd{fcntl(write.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
  if (!write)
    fail("no descriptor for a pipe", errno);
  result.write = std::move(write);
  return result;
}

void unblock(const unique_fd& fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

/// Finds the program as a shell would, but here rather than in the child, where no memory may be
/// asked for.
std::string find_program(const std::string& name, const std::string& path) {
  if (name.find('/') != std::string::npos)
    return name;
  std::optional<std::string> forbidden;
  for (std::size_t from = 0; from <= path.size();) {
    const auto to = std::min(path.find(':', from), path.size());
    // An empty entry means the current directory to a shell; here it is skipped, as nobody means
    // that.
    if (to > from) {
      std::string candidate = path.substr(from, to - from) + "/" + name;
      struct stat info {};
      if (stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
        if (access(candidate.c_str(), X_OK) == 0)
          return candidate;
        forbidden = candidate;
      }
    }
    from = to + 1;
  }
  if (forbidden)
    throw spawn_error{"'" + *forbidden + "' is not executable", true};
  throw spawn_error{"'" + name + "' is not in PATH", true};
}

/// Everything the child needs, made before it exists.
struct recipe {
  std::string program;
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;
  const char* workdir = nullptr;
  int standard[3] = {-1, -1, -1};
  int report = -1;
  pid_t parent = -1;
  const group_guard::place* guarded = nullptr;
};

recipe prepare(const process_spec& spec) {
  if (spec.argv.empty() || spec.argv.front().empty())
    throw spawn_error{"no program is named", true};
  recipe made;
  for (const auto& arg : spec.argv) {
    if (has_nul(arg))
      throw spawn_error{"an argument contains a NUL byte"};
    made.argv.push_back(const_cast<char*>(arg.c_str()));
  }
  made.argv.push_back(nullptr);
  if (has_nul(spec.workdir))
    throw spawn_error{"the working directory contains a NUL byte"};

  std::string path = "/usr/local/bin:/usr/bin:/bin";
  if (const auto listed = spec.env.find("PATH"); listed != spec.env.end())
    path = listed->second;
  else if (const char* inherited = std::getenv("PATH"))
    path = inherited;
  for (const auto& [name, value] : spec.env) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name) || has_nul(value))
      throw spawn_error{"'" + name +
                        "' cannot be an environment variable, or its value contains a NUL byte"};
    made.environment.push_back(name + "=" + value);
  }
  if (!spec.env.contains("PATH"))
    made.environment.push_back("PATH=" + path);
  for (auto& entry : made.environment)
    made.envp.push_back(entry.data());
  made.envp.push_back(nullptr);

  made.program = find_program(spec.argv.front(), path);
  made.workdir = spec.workdir.empty() ? nullptr : spec.workdir.c_str();
  made.parent = getpid();
  return made;
}

enum class stage : int { group, standard, workdir, descriptors, program };

struct start_failure {
  stage where;
  int error;
};

[[noreturn]] void give_up(int report, stage where) {
  const start_failure failure{where, errno};
  // A pipe takes so few bytes at once or not at all; if not, the exit code has to do.
  [[maybe_unused]] const auto ignored = write(report, &failure, sizeof failure);
  _exit(127);
}

/// The child between its birth and its program. It shares the parent's memory: only system calls
/// here.
[[noreturn]] void become_program(const recipe& how) {
  if (setpgid(0, 0) != 0)
    give_up(how.report, stage::group);
  how.guarded->enter(getpid());
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != how.parent)
    _exit(127); // The parent died before the line above could take effect.
  struct sigaction standard_action {};
  standard_action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number)
    sigaction(number, &standard_action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  for (int target = 0; target < 3; ++target)
    if (dup2(how.standard[target], target) < 0)
      give_up(how.report, stage::standard);
  if (how.workdir != nullptr && chdir(how.workdir) != 0)
    give_up(how.report, stage::workdir);
  if (close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0)
    give_up(how.report, stage::descriptors);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(how.program.c_str(), how.argv.data(), how.envp.data());
  give_up(how.report, stage::program);
}

/// Kept apart and small: the frame that calls vfork is shared by both until the child is done with
/// it. All signals are blocked by then, so that no handler of the host ever runs inside the child.
[[gnu::noinline]] pid_t fork_program(const recipe& how) {
  const pid_t pid = vfork();
  if (pid == 0)
    become_program(how);
  return pid;
}

std::string describe(const start_failure& failure, const recipe& how, const process_spec& spec) {
  switch (failure.where) {
  case stage::group:
    return "no process group: " + reason(failure.error);
  case stage::standard:
    return "the pipes could not be put in place: " + reason(failure.error);
  case stage::workdir:
    return "working directory '" + spec.workdir + "': " + reason(failure.error);
  case stage::descriptors:
    return "open descriptors could not be kept from the child: " + reason(failure.error);
  case stage::program:
    break;
  }
  return "'" + how.program + "': " + reason(failure.error);
}

/// Missing, forbidden or no program: unlike a want of memory or of processes it does not pass.
bool is_for_good(const start_failure& failure) noexcept {
  return failure.where == stage::program && (failure.error == ENOENT || failure.error == ENOTDIR ||
                                             failure.error == EACCES || failure.error == ENOEXEC);
}

} // namespace

spawned spawn(const process_spec& spec, group_guard::place guarded) {
  auto how = prepare(spec);
  how.guarded = &guarded;
  auto in = make_pipe();
  auto out = make_pipe();
  auto err = make_pipe();
  auto report = make_pipe();
  how.standard[0] = in.read.get();
  how.standard[1] = out.write.get();
  how.standard[2] = err.write.get();
  how.report = report.write.get();

  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = fork_program(how);
  const int fork_error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0)
    fail("no process", fork_error);

  // The child's end closes when the program starts, so this read ends at once, one way or the
  // other.
  report.write.reset();
  start_failure failure{};
  ssize_t got = 0;
  do
    got = read(report.read.get(), &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  if (got == static_cast<ssize_t>(sizeof failure)) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    throw spawn_error{describe(failure, how, spec), is_for_good(failure)};
  }

  spawned child;
  child.pid = pid;
  child.handle = unique_fd{pidfd_open(pid, 0)};
  if (!child.handle) {
    const int error = errno;
    kill(-pid, SIGKILL);
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    fail("no handle for the process", error);
  }
  child.guarded = std::move(guarded);
  child.in = std::move(in.write);
  child.out = std::move(out.read);
  child.err = std::move(err.read);
  for (const auto* fd : {&child.in, &child.out, &child.err})
    unblock(*fd);
  return child;
}

} // namespace troupe::tools
