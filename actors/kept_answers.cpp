#include "actors/kept_answers.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

std::size_t bytes_of(const json& x) {
  constexpr std::size_t each = 32;
  if (x.is_string())
    return each + x.get_ref<const std::string&>().size();
  std::size_t out = each;
  if (x.is_structured())
    for (const auto& [key, value] : x.items())
      out += key.size() + bytes_of(value);
  return out;
}

bool is_act(const agent_call& x) {
  return !x.idempotency_key.empty() && !x.query;
}

} // namespace

bool same_request(const agent_call& a, const agent_call& b) {
  return a.step == b.step && a.attempt == b.attempt && a.query == b.query &&
         a.about->id == b.about->id && a.skill == b.skill &&
         a.idempotency_key == b.idempotency_key &&
         (is_act(a) || (a.text == b.text && a.input == b.input && a.context == b.context));
}

bool kept_answers::keep(answer x, milliseconds took) {
  if (took < worth && !is_act(*x.to))
    return false;
  forget(x.at);
  x.bytes = x.to->text.size() + bytes_of(x.to->input) + bytes_of(x.to->context) +
            x.what->text.size() + bytes_of(x.what->data);
  if (x.bytes > room)
    return false;
  std::size_t first = all_.size() >= most ? 1 : 0;
  for (auto left = bytes_; first < all_.size() && left + x.bytes > room; ++first)
    left -= all_[first].bytes;
  drop(first);
  bytes_ += x.bytes;
  all_.push_back(std::move(x));
  return true;
}

void kept_answers::drop(std::size_t first) {
  for (std::size_t i = 0; i < first; ++i)
    bytes_ -= all_[i].bytes;
  all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(first));
  if (all_.empty())
    all_.shrink_to_fit();
}

const kept_answers::answer* kept_answers::find(const agent_call& what) const {
  const auto hit = std::find_if(all_.rbegin(), all_.rend(),
                                [&](const answer& x) { return same_request(*x.to, what); });
  return hit == all_.rend() ? nullptr : &*hit;
}

void kept_answers::forget(timestamp now) {
  const auto young = std::find_if(all_.begin(), all_.end(),
                                  [&](const answer& x) { return x.at + long_enough > now; });
  drop(static_cast<std::size_t>(young - all_.begin()));
}

} // namespace troupe
