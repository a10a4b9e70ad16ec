#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace troupe {

/// Structured data in tasks, contexts and results. Object keys are kept sorted, so that the same
/// value always gives the same bytes.
using json = nlohmann::json;

/// `value` as JSON text: on one line, or indented by so many spaces. Strings that are not UTF-8 get
/// U+FFFD where they break it, so that whatever an agent says can be shown; `dump` alone would
/// throw.
inline std::string as_text(const json& value, int indent = -1) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

} // namespace troupe
