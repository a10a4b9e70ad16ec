#include "policies/model_ladder.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool passes_by_itself(model_error x) noexcept {
  switch (x) {
  case model_error::rate_limited:
  case model_error::overloaded:
  case model_error::broken:
  case model_error::unreachable:
  case model_error::timeout:
  case model_error::bad_output:
    return true;
  default:
    return false;
  }
}

} // namespace

model_move after_failure(model_rung at, const model_reply& failed, std::size_t models,
                         milliseconds left, double draw) noexcept {
  if (failed.error == model_error::cancelled || left.count() <= 0)
    return {true, at, {}};
  ++at.failed;
  const bool last = at.model + 1 >= models;
  const auto doubled = model_backoff * (1u << std::min(at.failed - 1, 6u));
  const auto jittered = milliseconds{
      static_cast<std::int64_t>(static_cast<double>(doubled.count()) * (1 + draw / 2))};
  const auto wait = std::max(failed.retry_after, jittered);
  // Whoever did not answer in time would most likely take as long again.
  const bool again = passes_by_itself(failed.error) && at.failed < model_tries &&
                     (last ? wait < left : wait < left / 3 && failed.error != model_error::timeout);
  if (again)
    return {false, at, wait};
  if (last)
    return {true, at, {}};
  return {false, {at.model + 1, 0}, {}};
}

} // namespace troupe
