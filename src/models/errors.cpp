#include "src/models/errors.hpp"

#include "src/tools/retry_after.hpp"

#include <troupe/json_read.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::models {

namespace {

constexpr std::size_t told = 200; ///< bytes of a provider's own words

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

model_error by_status(int status) {
  switch (status) {
  case 401:
  case 403:
    return model_error::denied;
  case 408:
    return model_error::timeout;
  case 413:
    return model_error::context_too_long;
  case 429:
    return model_error::rate_limited;
  case 503:
  case 529:
    return model_error::overloaded;
  default:
    return status >= 500 ? model_error::broken : model_error::bad_request;
  }
}

} // namespace

std::string words_of(const json& error) {
  auto text = error.is_string() ? error.get<std::string>() : text_at(error, "message");
  text.resize(std::min(text.size(), told));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return text;
}

model_error error_of(const json& error, int status) {
  const auto type = text_at(error, "type");
  const auto code = text_at(error, "code");
  const auto message = text_at(error, "message");
  if (code == "context_length_exceeded" || type == "exceed_context_size_error" ||
      holds(message, "maximum context length") || holds(message, "prompt is too long") ||
      holds(message, "exceed context limit"))
    return model_error::context_too_long;
  if (code == "content_filter" || code == "content_policy_violation")
    return model_error::refused;
  // Money that has run out does not come back after a wait.
  if (code == "insufficient_quota" || type == "billing_error")
    return model_error::denied;
  static constexpr std::array<std::pair<std::string_view, model_error>, 8> types{{
      {"rate_limit_error", model_error::rate_limited},
      {"overloaded_error", model_error::overloaded},
      {"api_error", model_error::broken},
      {"server_error", model_error::broken},
      {"timeout_error", model_error::timeout},
      {"authentication_error", model_error::denied},
      {"permission_error", model_error::denied},
      {"request_too_large", model_error::context_too_long},
  }};
  for (const auto& [word, meaning] : types)
    if (type == word)
      return meaning;
  return status == 0 ? model_error::broken : by_status(status);
}

model_reply error_in(const tools::http_response& r) {
  using error = tools::http_response::error;
  model_reply out;
  out.detail = r.detail;
  out.unsent = r.unsent;
  switch (r.failed) {
  case error::none:
    break;
  case error::timeout:
    out.error = model_error::timeout;
    return out;
  case error::cannot_connect:
  case error::refused:
    out.error = model_error::unreachable;
    return out;
  case error::cancelled:
    out.error = model_error::cancelled;
    return out;
  case error::too_large:
    out.error = model_error::bad_output;
    return out;
  case error::protocol:
    out.error = model_error::broken;
    out.detail = "the answer broke off: " + r.detail;
    return out;
  }
  if (r.status >= 200 && r.status < 300) {
    out.detail.clear();
    return out;
  }
  const auto body = parse_bounded(r.body);
  const auto& told_error = part_of(body, "error");
  out.error = error_of(told_error, r.status);
  out.retry_after = tools::retry_after(r);
  out.detail = "HTTP status " + std::to_string(r.status);
  if (const auto words = words_of(told_error); !words.empty())
    out.detail += ": " + words;
  return out;
}

} // namespace troupe::models
