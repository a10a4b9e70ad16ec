#include "src/store/private_postgres.hpp"

#include "src/digest/digest.hpp"

#include <libpq-fe.h>
#include <openssl/rand.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <grp.h>
#include <iterator>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace troupe {

namespace fs = std::filesystem;

namespace {

using std::chrono::steady_clock;

constexpr milliseconds tick{10};
constexpr std::size_t socket_path_max = 107; ///< sockaddr_un::sun_path, with its end
constexpr std::size_t tail_max = 2000;       ///< of the server's log, in an error's text

[[noreturn]] void fail(store_error::kind kind, const std::string& text) {
  throw store_error{kind, text};
}

/// Whether a process is a PostgreSQL server that works in `folder`.
bool is_server_of(pid_t pid, const fs::path& folder) {
  std::error_code none;
  const auto process = fs::path{"/proc"} / std::to_string(pid);
  std::string name;
  std::ifstream{process / "comm"} >> name;
  return name == "postgres" &&
         fs::equivalent(fs::read_symlink(process / "cwd", none), folder, none);
}

/// The first folder on the way to `folder` that these may not pass; empty when there is none. What
/// the system's own lists of rights say is not looked at: the server will say it.
fs::path barred(const fs::path& folder, uid_t user, gid_t group) {
  fs::path way;
  for (const auto& part : folder) {
    way /= part;
    struct stat is {};
    if (::stat(way.c_str(), &is) != 0)
      continue;
    const auto may = is.st_uid == user ? S_IXUSR : is.st_gid == group ? S_IXGRP : S_IXOTH;
    if ((is.st_mode & may) == 0)
      return way;
  }
  return {};
}

pid_t pid_in(const fs::path& file) {
  pid_t pid = 0;
  std::ifstream in{file};
  return in >> pid ? pid : 0;
}

/// For a URL's parameter: everything but letters, digits and what paths are mostly made of.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto x = static_cast<unsigned char>(c);
    if (std::isalnum(x) != 0 || c == '/' || c == '-' || c == '_' || c == '.')
      out += c;
    else
      out += "%" + hex({&c, 1});
  }
  return out;
}

std::string random_password() {
  std::array<unsigned char, 24> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    fail(store_error::kind::io, "OpenSSL has no random numbers");
  return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

} // namespace

std::string private_postgres::program(const std::string& name) {
  const fs::path installed{"/usr/lib/postgresql"};
  std::error_code none;
  int newest = 0;
  for (const auto& entry : fs::directory_iterator{installed, none}) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version >= 15 && version > newest && fs::exists(entry.path() / "bin" / name, none))
      newest = version;
  }
  if (newest == 0)
    fail(store_error::kind::foreign, "PostgreSQL's program " + name + " is not under " +
                                         installed.string() +
                                         "; install the package postgresql-15");
  return (installed / std::to_string(newest) / "bin" / name).string();
}

private_postgres::private_postgres(private_postgres_settings settings)
    : settings_(std::move(settings))
    , user_(::geteuid())
    , group_(::getegid()) {
  auto& folder = settings_.folder;
  fs::create_directories(folder);
  folder = fs::canonical(folder);
  if (user_ == 0) {
    const passwd* other = ::getpwnam("postgres");
    if (!other)
      other = ::getpwnam("nobody");
    if (!other)
      fail(store_error::kind::io, "PostgreSQL does not run as root, and there is no user postgres");
    user_ = other->pw_uid;
    group_ = other->pw_gid;
    if (const auto closed = barred(folder, user_, group_); !closed.empty())
      fail(store_error::kind::io,
           "PostgreSQL does not run as root but as the user " + std::string{other->pw_name} +
               ", whom " + closed.string() + " does not let pass on the way to " + folder.string() +
               ": choose a folder elsewhere, or chmod a+x " + closed.string());
  }
  socket_ = folder / "socket";
  if ((socket_ / ".s.PGSQL.5432").string().size() > socket_path_max)
    fail(store_error::kind::io, "the name of the folder " + folder.string() +
                                    " is too long for a socket in it (the system's limit is " +
                                    std::to_string(socket_path_max) + ")");
  fs::create_directories(socket_);
  give_away(socket_);
  fs::permissions(socket_, fs::perms::owner_all);
  if (!fs::exists(data() / "PG_VERSION"))
    make_cluster();
  read_password();
  address_ = "postgresql://troupe:" + password_ + "@/postgres?host=" + escaped(socket_.string());
  start();
}

private_postgres::~private_postgres() {
  stop();
}

void private_postgres::give_away(const fs::path& file) const {
  if (::geteuid() == 0 && ::chown(file.c_str(), user_, group_) != 0)
    fail(store_error::kind::io, file.string() + " cannot be given to the server's user");
}

void private_postgres::make_cluster() {
  // A run that was killed in the middle of this has left half a cluster, which initdb would refuse.
  fs::remove_all(data());
  fs::create_directories(data());
  give_away(data());
  fs::permissions(data(), fs::perms::owner_all);
  const auto file = settings_.folder / "password";
  const auto beside = settings_.folder / "password.new";
  fs::remove(beside);
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const auto secret = random_password();
  const bool written =
      fd >= 0 && ::write(fd, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size());
  if (fd >= 0)
    ::close(fd);
  if (!written)
    fail(store_error::kind::io, beside.string() + " cannot be written");
  give_away(beside);
  std::vector<std::string> words{program("initdb"),      "--pgdata=" + data().string(),
                                 "--username=troupe",    "--pwfile=" + beside.string(),
                                 "--auth=scram-sha-256", "--data-checksums",
                                 "--no-locale",          "--encoding=UTF8"};
  for (const auto& [name, value] : settings_.parameters)
    if (name == "fsync" && value == "off")
      words.emplace_back("--no-sync");
  run(words);
  if (::geteuid() == 0 && ::chown(beside.c_str(), 0, 0) != 0)
    fail(store_error::kind::io, beside.string() + " cannot be taken back");
  fs::rename(beside, file);
}

void private_postgres::read_password() {
  const auto file = settings_.folder / "password";
  std::ifstream in{file};
  if (!(in >> password_))
    fail(store_error::kind::io,
         file.string() + " cannot be read: the password of the server beside it");
}

void private_postgres::refuse_second_server() const {
  const auto file = data() / "postmaster.pid";
  const auto pid = pid_in(file);
  if (pid == 0 || pid == server_)
    return;
  // A server whose parent was killed a moment ago is on its way out.
  const auto until = steady_clock::now() + settings_.start_timeout / 3;
  while (is_server_of(pid, data())) {
    if (steady_clock::now() > until)
      fail(store_error::kind::busy, "a server with process id " + std::to_string(pid) +
                                        " runs in " + data().string() + " already");
    std::this_thread::sleep_for(tick);
  }
  // Whoever has that number now is somebody else; the server would take him for itself.
  std::error_code none;
  if (pid_in(file) == pid)
    fs::remove(file, none);
}

void private_postgres::start() {
  if (running())
    return;
  refuse_second_server();
  std::vector<std::string> words{program("postgres"), "-D", data().string()};
  const auto set = [&](const std::string& name, const std::string& value) {
    words.insert(words.end(), {"-c", name + "=" + value});
  };
  set("listen_addresses", "");
  set("unix_socket_directories", socket_.string());
  set("unix_socket_permissions", "0700");
  set("log_min_messages", "warning");
  set("shared_buffers", "64MB");
  // Several nodes with a few connections each.
  set("max_connections", "100");
  for (const auto& [name, value] : settings_.parameters)
    set(name, value);
  server_ = spawn(words, "server.log");
  const auto until = steady_clock::now() + settings_.start_timeout;
  while (PQping(address_.c_str()) != PQPING_OK) {
    if (!running())
      fail(store_error::kind::io,
           "the server in " + settings_.folder.string() + " has ended at its start: " + log_tail());
    if (steady_clock::now() > until) {
      stop();
      fail(store_error::kind::io,
           "the server in " + settings_.folder.string() + " takes no connections: " + log_tail());
    }
    std::this_thread::sleep_for(tick);
  }
}

bool private_postgres::running() noexcept {
  if (server_ > 0 && ::waitpid(server_, nullptr, WNOHANG) != 0)
    server_ = -1;
  return server_ > 0;
}

bool private_postgres::gone(milliseconds within) noexcept {
  const auto until = steady_clock::now() + within;
  while (running()) {
    if (steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(tick);
  }
  return true;
}

void private_postgres::stop() noexcept {
  if (!running())
    return;
  // Fast: open transactions are rolled back. Immediate: as a crash, for the next start to repair.
  ::kill(server_, SIGINT);
  if (gone(settings_.stop_timeout))
    return;
  ::kill(server_, SIGQUIT);
  if (!gone(settings_.stop_timeout))
    kill();
}

void private_postgres::kill() noexcept {
  if (!running())
    return;
  const auto server = server_;
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  server_ = -1;
  // Its children find out that it is gone and end by themselves; a new server would refuse to start
  // beside them.
  const auto until = steady_clock::now() + settings_.stop_timeout;
  std::error_code none;
  const auto left = [&] {
    for (const auto& entry : fs::directory_iterator{"/proc", none})
      if (const int pid = std::atoi(entry.path().filename().c_str());
          pid > 0 && is_server_of(pid, data()))
        return true;
    return false;
  };
  while (left() && steady_clock::now() < until)
    std::this_thread::sleep_for(tick);
}

pid_t private_postgres::spawn(const std::vector<std::string>& words, const char* log) const {
  const auto file = (settings_.folder / log).string();
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (out < 0 || in < 0)
    fail(store_error::kind::io, file + " cannot be written");
  std::vector<char*> argv;
  for (const auto& w : words)
    argv.push_back(const_cast<char*>(w.c_str()));
  argv.push_back(nullptr);
  const auto parent = ::getpid();
  const bool change_user = ::geteuid() == 0;
  const auto pid = ::fork();
  if (pid == 0) {
    // Only what may be called between fork and exec of a process with threads.
    if (change_user &&
        (::setgroups(0, nullptr) != 0 || ::setgid(group_) != 0 || ::setuid(user_) != 0))
      ::_exit(126);
    // After the change of the user, which would clear it.
    ::prctl(PR_SET_PDEATHSIG, SIGINT);
    if (::getppid() != parent)
      ::_exit(126);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // Ctrl-C at the terminal is for us; the server is stopped once nobody writes any more.
    ::setsid();
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    if (::chdir("/") == 0)
      ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(out);
  ::close(in);
  if (pid < 0)
    fail(store_error::kind::io, "no process can be started for " + words.front());
  return pid;
}

std::string private_postgres::log_tail() const {
  std::ifstream in{settings_.folder / "server.log"};
  std::string all{std::istreambuf_iterator<char>{in}, {}};
  return all.size() > tail_max ? all.substr(all.size() - tail_max) : all;
}

void private_postgres::run(const std::vector<std::string>& words) const {
  const auto pid = spawn(words, "server.log");
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    fail(store_error::kind::io, words.front() + " failed: " + log_tail());
}

} // namespace troupe
