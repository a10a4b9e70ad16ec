#pragma once

#include "examples/customer-support/backend/calendar.hpp"
#include "examples/customer-support/backend/database.hpp"

namespace troupe::support {

/// Writes the made-up company's data into empty tables, within the caller's transaction. Four
/// customers are always the same, so that examples can count on them:
///  - C-1001 Maya Lindqvist, gold, Pro at $49.00 and in the middle of her cycle; the last payment
///  was taken twice, three
///    seconds apart; LF-10200 is placed.
///  - C-1002 Tomasz Berg, standard, Pro; LF-10201 is shipped and LF-10202 is placed; no duplicate.
///  - C-1003 Aisha Khan, free; the payment of LF-10203, delivered, was taken twice.
///  - C-1004 Carol Novak, standard, Starter with a yearly term; LF-10204 was delivered ten weeks
///  ago.
/// A second payment for the order of C-1012 is pending.
void fill(database& db, day today);

} // namespace troupe::support
