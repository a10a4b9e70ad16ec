#include "actors/kept_answers.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

bool same_request(const agent_call& a, const agent_call& b) {
  return a.step == b.step && a.attempt == b.attempt && a.query == b.query &&
         a.about->id == b.about->id && a.skill == b.skill && a.text == b.text &&
         a.idempotency_key == b.idempotency_key && a.input == b.input && a.context == b.context;
}

bool kept_answers::keep(answer x, milliseconds took) {
  if (took < worth)
    return false;
  forget(x.at);
  if (all_.size() >= most)
    all_.erase(all_.begin());
  all_.push_back(std::move(x));
  return true;
}

const kept_answers::answer* kept_answers::find(const agent_call& what) const {
  const auto hit = std::find_if(all_.rbegin(), all_.rend(),
                                [&](const answer& x) { return same_request(*x.to, what); });
  return hit == all_.rend() ? nullptr : &*hit;
}

void kept_answers::forget(timestamp now) {
  all_.erase(all_.begin(), std::find_if(all_.begin(), all_.end(),
                                        [&](const answer& x) { return x.at + long_enough > now; }));
  if (all_.empty())
    all_.shrink_to_fit();
}

} // namespace troupe
