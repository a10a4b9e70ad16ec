#pragma once

#include "nodes/client.hpp"
#include "nodes/doors/http_message.hpp"
#include "nodes/doors/problem.hpp"

#include <optional>
#include <string_view>

namespace troupe {

/// A task as `POST /v1/tasks` asks for it, or nothing with `why` filled in.
[[nodiscard]] std::optional<task_request> read_submission(const http_request& from, problem& why);

/// The trace id in a `traceparent` header (W3C trace context); empty when the header is malformed,
/// which the standard wants ignored.
[[nodiscard]] std::string_view trace_id_in(std::string_view traceparent) noexcept;

} // namespace troupe
