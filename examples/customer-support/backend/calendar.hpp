#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::support {

/// A day of the calendar, without a time and without a zone: what invoices and deliveries are dated
/// by.
using day = std::chrono::sys_days;

/// Reads `2026-11-21`. Nothing for any other form or for a day that does not exist.
[[nodiscard]] std::optional<day> parse_day(std::string_view text);

/// `2026-11-21`, as the database keeps it.
[[nodiscard]] std::string iso(day d);

/// `21 November 2026`, as customers read it.
[[nodiscard]] std::string in_words(day d);

/// Today by the system's clock, in UTC.
[[nodiscard]] day system_today();

/// The day after `n` working days (Monday to Friday) have passed since `from`.
[[nodiscard]] day after_working_days(day from, int n);

/// One paid month of a subscription: `start` belongs to it, `end` is the first day of the next.
struct billing_cycle {
  day start;
  day end;

  [[nodiscard]] int days() const noexcept { return static_cast<int>((end - start).count()); }

  /// Days that are still to come, the day `now` included; between 0 and `days()`.
  [[nodiscard]] int days_left(day now) const noexcept;
};

/// The cycle that `now` lies in, for a subscription that is billed on day `billing_day` of each
/// month. Only 1 to 28 are billing days, so that every month has one; others are brought into that
/// range.
[[nodiscard]] billing_cycle cycle_at(day now, int billing_day);

/// Whole months from `from` to `to`; 0 if `to` is not later.
[[nodiscard]] int whole_months(day from, day to);

} // namespace troupe::support
