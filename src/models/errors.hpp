#pragma once

#include "src/tools/http.hpp"

#include <troupe/model.hpp>

namespace troupe::models {

/// Why a response is no answer: from what went wrong on the way, from a status that is no success,
/// and from the error that the body tells of, in either protocol. The reply holds nothing else.
/// `none` when the response may be an answer.
[[nodiscard]] model_reply error_in(const tools::http_response& response);

/// An error that a provider tells of in the middle of its stream, or in a body: by its type and its
/// code in either protocol.
[[nodiscard]] model_error error_of(const json& error, int status);

/// What of a provider's own words is told: one line, cut.
[[nodiscard]] std::string words_of(const json& error);

} // namespace troupe::models
