#pragma once

#include "nodes/client.hpp"
#include "nodes/doors/body_reader.hpp"
#include "nodes/doors/http_message.hpp"
#include "nodes/doors/problem.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// A task as `POST /v1/tasks` asks for it, or nothing with `why` filled in.
[[nodiscard]] std::optional<task_request> read_submission(const http_request& from, problem& why);

/// A name of anybody or anything: at most `name_max` bytes, without control characters.
[[nodiscard]] std::string read_name(member_reader& from, std::string_view member);

/// The headers that every door takes with a task: `Idempotency-Key` and `traceparent`.
void read_delivery(const http_request& from, task_request& out, std::vector<body_error>& errors);

/// The trace id in a `traceparent` header (W3C trace context); empty when the header is malformed,
/// which the standard wants ignored.
[[nodiscard]] std::string_view trace_id_in(std::string_view traceparent) noexcept;

} // namespace troupe
