#pragma once

#include <nlohmann/json.hpp>

namespace troupe {

/// Structured data in tasks, contexts and results. Object keys are kept sorted, so that the same value always gives the
/// same bytes.
using json = nlohmann::json;

} // namespace troupe
