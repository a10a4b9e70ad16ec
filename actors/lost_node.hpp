#pragma once

#include <string_view>

namespace troupe {

/// Why a seat is down whose sitter was lost with his node. He has not failed: nobody's breaker and
/// nobody's success rate hears of it.
inline constexpr std::string_view lost_with_its_node = "lost with its node";

} // namespace troupe
