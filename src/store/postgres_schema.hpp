#pragma once

#include "src/store/postgres_handle.hpp"

namespace troupe {

/// The version of the tables. A schema of a newer version is refused, one of an older version gets
/// what it lacks.
inline constexpr int postgres_schema_version = 10;

/// Makes troupe's schema and tables when they are missing; refuses a schema that is something else
/// without touching it. Several processes may do so at once. To be called on a new connection.
/// Throws `postgres_error`.
void prepare_postgres(postgres_handle& db);

/// A connection that prepares itself. Throws `postgres_error` for settings that make no sense; it
/// does not connect yet.
[[nodiscard]] std::unique_ptr<postgres_handle> make_postgres_handle(const postgres_settings& s);

} // namespace troupe
