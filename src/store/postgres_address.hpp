#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Whether a store's address names a PostgreSQL server by URL.
[[nodiscard]] bool is_postgres_url(std::string_view address) noexcept;

/// The address for people: user, hosts and database, never a password. Throws `store_error`
/// (`foreign`) for what libpq cannot read; the text does not quote it, as a secret may be in it.
[[nodiscard]] std::string postgres_place(const std::string& address);

/// The servers of an address, each as the values of libpq's `host`, `hostaddr` and `port`. One
/// without any value for an address that names no server: libpq's default then. Throws as
/// `postgres_place`.
struct postgres_host {
  std::string host;
  std::string hostaddr;
  std::string port;
};
[[nodiscard]] std::vector<postgres_host> postgres_hosts(const std::string& address);

/// What of the address has to be masked wherever it turns up. Empty for what cannot be read.
[[nodiscard]] std::vector<std::string> postgres_secrets(const std::string& address);

} // namespace troupe
