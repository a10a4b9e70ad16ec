#pragma once

#include <troupe/member.hpp>

#include <string>
#include <string_view>

namespace troupe {

/// What of a row the store need not look into, as JSON text: all but node, incarnation, token,
/// state, accusations and ages. Nodes of two versions share a table: what is unknown is read over,
/// what is missing has its default.
[[nodiscard]] std::string card_of(const member& row);

/// Reads it back into a row. Throws `store_error` (`corrupt`) for another text.
void read_card(std::string_view text, member& into);

} // namespace troupe
