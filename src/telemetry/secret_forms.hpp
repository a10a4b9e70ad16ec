#pragma once

#include <troupe/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// A secret as it stands in what quotes it: in JSON, whether that keeps letters beyond ASCII or
/// escapes them, and in what Python shows of a text. Some of them may be the secret itself.
[[nodiscard]] std::vector<std::string> quoted_forms(const std::string& secret);

/// The number that the secret is, should somebody write it as one.
[[nodiscard]] std::optional<json> as_number(const std::string& secret);

} // namespace troupe
