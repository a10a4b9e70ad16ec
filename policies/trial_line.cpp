#include "policies/trial_line.hpp"

#include "policies/deadline.hpp"

#include <algorithm>

namespace troupe {

const trial_line::suspect* trial_line::out(timestamp now) noexcept {
  if (out_ && now >= until_)
    out_.reset();
  return out_ ? &*out_ : nullptr;
}

bool trial_line::enter(const suspect& who, timestamp now) {
  if (const auto* other = out(now); other && *other != who) {
    if (std::find(line_.begin(), line_.end(), who) == line_.end())
      line_.push_back(who);
    return false;
  }
  if (!out_) {
    out_ = who;
    until_ = later(now, turn);
  }
  return true;
}

std::optional<trial_line::suspect> trial_line::next(timestamp now) {
  if (line_.empty() || out(now))
    return std::nullopt;
  const auto first = line_.front();
  line_.pop_front();
  return first;
}

} // namespace troupe
