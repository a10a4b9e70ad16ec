#pragma once

#include "src/store/sqlite_handle.hpp"

namespace troupe {

/// The version of the tables. A file of a newer version is refused, one of an older version gets
/// what it lacks.
inline constexpr std::int64_t sqlite_schema_version = 10;

/// Makes a handle the sole owner of a database with troupe's tables: takes the lock, refuses files
/// that are something else without touching them, creates the tables in a new file and sets the
/// file up for durable writes. Throws `store_error`.
void prepare_sqlite(sqlite_handle& db, const sqlite_settings& settings);

} // namespace troupe
