#pragma once

#include "src/telemetry/log.hpp"

#include <spdlog/formatter.h>

#include <memory>
#include <string>

namespace troupe {

/// The structured line that this thread is passing to a logger right now, or null. A logger only
/// carries a text; its formatters and our sink find the rest of the line here, and the sink knows
/// that the book has the line already.
[[nodiscard]] const log_entry*& line_in_passing() noexcept;

/// Formats lines for people, or as one JSON object each. Masks secrets of plain lines; structured
/// ones come masked.
[[nodiscard]] std::unique_ptr<spdlog::formatter> make_formatter(log_format format,
                                                                redactor_ptr redact);

/// `event: message {fields}`: a structured line for a logger that only knows texts.
[[nodiscard]] std::string plain_text(const log_entry& entry);

} // namespace troupe
