#pragma once

#include "examples/customer-support/backend/calendar.hpp"
#include "examples/customer-support/backend/database.hpp"

#include <string>

namespace troupe::support {

/// The file of the back end: what SUPPORT_DB names, else one within the fleet's data folder.
[[nodiscard]] std::string database_path(const std::string& data_dir);

/// Makes the tables and fills them, if that has not happened yet: about 200 customers (C-1001 and
/// on) with subscriptions, payments, some of them taken twice, and orders in every state. The same
/// `today` gives the same data; all dates lie before it. Several processes may call it at once: one
/// of them does it.
void prepare(database& db, day today);

} // namespace troupe::support
