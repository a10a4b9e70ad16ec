#pragma once

#include "actors/budget_book.hpp"
#include "src/models/model_port.hpp"

#include <memory>

namespace troupe {

/// Models that are asked only when the limits of whoever asks allow it: what a call may use at most
/// is reserved before, and what it has used is settled after it. A call that the limits do not
/// allow gets `over_budget`.
[[nodiscard]] std::shared_ptr<models::model_port>
make_budgeted_models(std::shared_ptr<models::model_port> inner, std::shared_ptr<budget_book> book);

} // namespace troupe
