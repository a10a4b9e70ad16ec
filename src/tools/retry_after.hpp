#pragma once

#include "src/tools/http.hpp"

#include <chrono>
#include <string_view>

namespace troupe::tools {

/// What no server's wish to be left alone exceeds: a typing error there must not stop us for a day.
inline constexpr std::chrono::hours retry_after_max{1};

/// A Retry-After in either of its forms, seconds or a date; zero when it is neither or has passed.
/// Pure: `now` is what a date is counted from. Fractions of seconds are not of the standard, and
/// are sent all the same.
[[nodiscard]] std::chrono::milliseconds
parse_retry_after(std::string_view value, std::chrono::system_clock::time_point now);

/// How long a server asks to be left alone: Retry-After-Ms where it says so exactly, else
/// Retry-After. A date is counted from the response's own Date, so that clocks that differ do no
/// harm.
[[nodiscard]] std::chrono::milliseconds retry_after(const http_response& r);

} // namespace troupe::tools
