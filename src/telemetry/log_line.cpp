#include "src/telemetry/log_line.hpp"

#include "src/telemetry/log_book.hpp"
#include "src/telemetry/utf8.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe {

log_line line_of(log_entry entry) {
  log_line out;
  if (entry.at == timestamp{})
    entry.at = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
  // Far from the ends of the range, so that nothing that computes with it can overflow.
  constexpr std::int64_t furthest = std::int64_t{1} << 61;
  out.at = std::clamp(micros(entry.at), -furthest, furthest);
  out.level = entry.level;
  out.event = std::move(entry.event);
  out.message = std::move(entry.message);
  out.session = std::move(entry.session);
  out.task = std::move(entry.task);
  out.task_type = std::move(entry.task_type);
  out.agent = std::move(entry.agent);
  out.domain = std::move(entry.domain);
  out.customer = std::move(entry.customer);
  clean_utf8_in_place(out.message, log_book::max_message);
  for (auto* name : {&out.event, &out.session, &out.task, &out.task_type, &out.agent, &out.domain,
                     &out.customer})
    clean_utf8_in_place(*name, log_book::max_name);
  if (!entry.fields.is_null() && !(entry.fields.is_object() && entry.fields.empty())) {
    if (!entry.fields.is_object())
      entry.fields = json{{"value", std::move(entry.fields)}};
    out.fields = as_text(entry.fields);
    // Half of a JSON text is none; what was cut is kept as a string, so that the fields can still
    // be read.
    if (out.fields.size() > log_book::max_message * 4)
      out.fields = as_text(json{{"cut", clean_utf8(out.fields, log_book::max_message)}});
  }
  return out;
}

} // namespace troupe
