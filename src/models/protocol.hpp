#pragma once

#include "src/models/reply_reader.hpp"
#include "src/tools/http.hpp"

#include <troupe/model.hpp>

namespace troupe::models {

/// The request as HTTP, without deadlines: URL, headers and body of the provider's protocol. The
/// answer is asked for as a stream.
[[nodiscard]] tools::http_request to_http(const model_request& what, const model_spec& model,
                                          const provider_spec& provider);
/// What reads the answer to it.
[[nodiscard]] reply_reader_ptr reader_for(const model_request& what, const provider_spec& provider);

// -- the protocols ------------------------------------------------------------

[[nodiscard]] json openai_body(const model_request& what, const model_spec& model);
[[nodiscard]] reply_reader_ptr make_openai_reader();
[[nodiscard]] json anthropic_body(const model_request& what, const model_spec& model);
[[nodiscard]] reply_reader_ptr make_anthropic_reader(bool with_answer_tool);

} // namespace troupe::models
