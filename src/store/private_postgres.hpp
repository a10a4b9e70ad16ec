#pragma once

#include "src/store/store.hpp"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace troupe {

struct private_postgres_settings {
  std::filesystem::path folder; ///< for everything of the server; made when missing
  /// More of the server's parameters, in place of the ones chosen here.
  std::vector<std::pair<std::string, std::string>> parameters;
  milliseconds start_timeout{30000};
  milliseconds stop_timeout{20000}; ///< then the server is ended without ceremony; nothing is lost
};

/// A PostgreSQL server of our own in a folder: for tests, and for several nodes on one machine. It
/// is one cluster with checksums, made at the first start, that listens on a socket in the folder
/// and on no network; its only user has a password that was drawn at random and lies in the folder.
///
/// The server is a child of this process and ends with it, however that ends. It does so when the
/// thread that started it ends, too: that has to be one that stays, such as the main thread.
///
/// PostgreSQL refuses to run as root. Started by root, the server runs as the user `postgres`, or
/// `nobody`, and the way to the folder must be open to that user.
///
/// Not thread safe. Everything throws `store_error`: `busy` when a server runs in the folder
/// already, `foreign` when the programs are not installed, `io` for all else.
class private_postgres {
 public:
  /// Starts the server and waits until it takes connections.
  explicit private_postgres(private_postgres_settings settings);
  ~private_postgres(); ///< as `stop`
  private_postgres(const private_postgres&) = delete;
  private_postgres& operator=(const private_postgres&) = delete;

  void start();
  /// Ends open connections and stops in order; safe to call again.
  void stop() noexcept;
  /// As a crash would: no shutdown, the next start recovers. Waits until it is gone.
  void kill() noexcept;

  /// For `postgres_settings::address`. Holds the password.
  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  [[nodiscard]] bool running() noexcept;
  /// The server's own files.
  [[nodiscard]] std::filesystem::path data() const { return settings_.folder / "data"; }
  [[nodiscard]] std::filesystem::path socket() const { return socket_; }
  [[nodiscard]] const std::string& password() const noexcept { return password_; }

  /// The program of this name of the newest PostgreSQL, 15 or later, that is installed; throws when
  /// there is none.
  [[nodiscard]] static std::string program(const std::string& name);
  /// Runs a program of PostgreSQL to its end, as the user that the server runs as. Throws `io` with
  /// what it said when it fails.
  void run(const std::vector<std::string>& words) const;

 private:
  void make_cluster();
  void read_password();
  void refuse_second_server() const;
  void give_away(const std::filesystem::path& file) const;
  [[nodiscard]] pid_t spawn(const std::vector<std::string>& words, const char* log) const;
  [[nodiscard]] std::string log_tail() const;
  [[nodiscard]] bool gone(milliseconds within) noexcept;

  private_postgres_settings settings_;
  std::filesystem::path socket_;
  uid_t user_ = 0; ///< of the server's process
  gid_t group_ = 0;
  pid_t server_ = -1;
  std::string password_;
  std::string address_;
};

} // namespace troupe
