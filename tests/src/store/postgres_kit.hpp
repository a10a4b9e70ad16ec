#pragma once

#include "src/store/postgres_store.hpp"
#include "src/store/private_postgres.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <thread>
#include <vector>

namespace troupe {

/// A folder that the server's user can reach, also when the tests run as root.
class open_folder {
 public:
  open_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "troupe-pg-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
      throw std::runtime_error{"no temporary folder"};
    path_ = pattern;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all |
                                            std::filesystem::perms::group_exec |
                                            std::filesystem::perms::others_exec);
  }
  open_folder(const open_folder&) = delete;
  open_folder& operator=(const open_folder&) = delete;
  ~open_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path path(const std::string& inside) const {
    return path_ / inside;
  }

 private:
  std::filesystem::path path_;
};

/// A server of its own, in a folder of its own. Only processes are killed in tests, never the
/// machine: what was written is there without being synced.
class postgres_server {
 public:
  explicit postgres_server(std::vector<std::pair<std::string, std::string>> parameters = {})
      : server_(settings(folder_, std::move(parameters))) {}

  [[nodiscard]] postgres_settings store_settings() const {
    postgres_settings out;
    out.address = server_.address();
    return out;
  }
  [[nodiscard]] std::unique_ptr<store> open() const {
    return open_postgres_store(store_settings());
  }
  [[nodiscard]] private_postgres& process() { return server_; }

 private:
  static private_postgres_settings
  settings(const open_folder& folder, std::vector<std::pair<std::string, std::string>> parameters) {
    private_postgres_settings out;
    out.folder = folder.path("server");
    out.parameters = std::move(parameters);
    out.parameters.emplace_back("fsync", "off");
    return out;
  }
  open_folder folder_;
  private_postgres server_;
};

/// One server for all tests of a process that do not hurt it; each gets a schema of its own.
inline postgres_settings schema_of_test() {
  static postgres_server server;
  static int number = 0;
  auto out = server.store_settings();
  out.schema = "t" + std::to_string(++number);
  return out;
}

/// Whether `what` comes true within a minute.
template <class F>
bool eventually(F&& what) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!what()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::yield();
  }
  return true;
}

/// A connection without anything of troupe.
class plain_connection {
 public:
  explicit plain_connection(const std::string& address)
      : c_(PQconnectdb(address.c_str())) {
    EXPECT_EQ(PQstatus(c_), CONNECTION_OK) << PQerrorMessage(c_);
  }
  plain_connection(const plain_connection&) = delete;
  plain_connection& operator=(const plain_connection&) = delete;
  ~plain_connection() { PQfinish(c_); }
  /// The first value of the first row.
  std::string sql(const std::string& text) {
    PGresult* r = PQexec(c_, text.c_str());
    const auto status = PQresultStatus(r);
    EXPECT_TRUE(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) << PQerrorMessage(c_);
    std::string out = PQntuples(r) > 0 && PQnfields(r) > 0 ? PQgetvalue(r, 0, 0) : "";
    PQclear(r);
    return out;
  }

 private:
  PGconn* c_;
};

} // namespace troupe
