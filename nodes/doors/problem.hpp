#pragma once

#include "nodes/doors/http_message.hpp"

#include <troupe/json.hpp>
#include <troupe/reason.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// One thing wrong with a body: where (a JSON pointer, RFC 6901; empty: the whole of it) and what.
struct body_error {
  std::string pointer;
  std::string detail;
};

/// A refusal as an RFC 9457 problem document. `word` names its kind: `type` is
/// `urn:troupe:problem:<word>`.
struct problem {
  unsigned status = 500;
  std::string_view word;
  std::string_view title;
  std::string detail;
  std::vector<body_error> errors;
  milliseconds retry_after{0}; ///< zero: no Retry-After, unless the status calls for one
};

/// The document; `instance` is the path that was asked for.
[[nodiscard]] http_reply to_reply(const problem& p, std::string_view instance = {});

/// The one table that says how the node's refusals look over HTTP.
[[nodiscard]] problem problem_of(const refused& why);

[[nodiscard]] problem bad_request(std::string detail, std::vector<body_error> errors = {});
[[nodiscard]] problem not_found(std::string_view word, std::string detail);

} // namespace troupe
