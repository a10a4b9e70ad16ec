#include "nodes/cli/store_choice.hpp"

#include "src/store/postgres_address.hpp"

#include <cstdlib>

namespace troupe::cli {

std::optional<postgres_settings> chosen_store(const dev_settings& x) {
  if (x.no_store)
    return std::nullopt;
  std::string address = x.store;
  if (const char* given = std::getenv("TROUPE_STORE"); address.empty() && given)
    address = given;
  if (address.empty())
    return std::nullopt;
  if (!is_postgres_url(address))
    throw cli_error{exit_usage, "the store (--store, TROUPE_STORE) has to be the address of a "
                                "PostgreSQL server: postgresql://USER@HOST:PORT/DATABASE"};
  postgres_settings out;
  out.address = address;
  out.schema = x.store_schema;
  try {
    (void)postgres_place(address);
  } catch (const store_error& e) {
    throw cli_error{exit_usage, e.what()};
  }
  return out;
}

std::vector<std::string> secrets_of_store(const postgres_settings& s) {
  auto out = postgres_secrets(s.address);
  // libpq takes it from there when the address has none.
  if (const char* given = std::getenv("PGPASSWORD"); given && *given)
    out.emplace_back(given);
  return out;
}

} // namespace troupe::cli
