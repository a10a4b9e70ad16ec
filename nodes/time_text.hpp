#pragma once

#include <troupe/clock.hpp>

#include <string>

namespace troupe {

/// `2026-11-21T02:40:08.123456Z` (RFC 3339), appended. Of two such texts the later time is the
/// greater text.
void append_time(std::string& out, timestamp at);
[[nodiscard]] std::string time_text(timestamp at);

} // namespace troupe
