#pragma once

#include "src/store/membership_table.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// What of a row the store need not look into, as JSON text: region, labels, addresses and votes.
/// Fields that a newer version added are read over, so that nodes of two versions share a table.
[[nodiscard]] std::string card_of(const member_row& row);

/// Reads it back into a row. Throws `store_error` (`corrupt`) for another text.
void read_card(std::string_view text, member_row& into);

} // namespace troupe
