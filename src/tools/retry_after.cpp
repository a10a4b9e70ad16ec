#include "src/tools/retry_after.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include <curl/curl.h>

namespace troupe::tools {

namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

milliseconds clamped(double wait_ms) {
  constexpr double most = std::chrono::duration<double, std::milli>{retry_after_max}.count();
  if (!std::isfinite(wait_ms) || wait_ms <= 0)
    return milliseconds{0};
  return milliseconds{static_cast<std::int64_t>(std::min(std::ceil(wait_ms), most))};
}

/// Nothing when it does not begin with a digit, as `inf` and dates do not.
std::optional<double> number_in(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9')
    return std::nullopt;
  double out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec == std::errc::result_out_of_range)
    return std::chrono::duration<double, std::milli>{retry_after_max}.count();
  return read.ec == std::errc{} ? std::optional{out} : std::nullopt;
}

/// In seconds, because dates of a far century do not fit the clock. All three forms begin with the
/// name of the day, which keeps libcurl from guessing.
std::optional<double> date_in(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  if (text.empty() || !letter(text.front()))
    return std::nullopt;
  const auto at = curl_getdate(std::string{text}.c_str(), nullptr);
  if (at == -1)
    return std::nullopt;
  return static_cast<double>(at);
}

double seconds_of(system_clock::time_point at) {
  return std::chrono::duration<double>{at.time_since_epoch()}.count();
}

milliseconds wait_in(std::string_view value, double now) {
  if (const auto seconds = number_in(value))
    return clamped(*seconds * 1000);
  const auto then = date_in(value);
  return then ? clamped((*then - now) * 1000) : milliseconds{0};
}

} // namespace

milliseconds parse_retry_after(std::string_view value, system_clock::time_point now) {
  return wait_in(value, seconds_of(now));
}

milliseconds retry_after(const http_response& r) {
  if (const auto exact = number_in(r.header("retry-after-ms")))
    return clamped(*exact);
  return wait_in(r.header("retry-after"),
                 date_in(r.header("date")).value_or(seconds_of(system_clock::now())));
}

} // namespace troupe::tools
