#include "policies/delivery.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// The bytes of what answers or tells, by those of everything.
constexpr std::size_t answers_times = 4;

} // namespace

std::size_t delivery_cost(const envelope& x) noexcept {
  std::size_t out = sizeof(envelope) + x.from.name.size() + x.to.name.size() + x.trace.size() +
                    x.kind.size() + x.body.size();
  for (const auto& hop : x.hops)
    out += hop.size();
  return out;
}

void delivery_out::grant(delivery_limits by_peer) noexcept {
  limits_.envelopes = std::min(limits_.envelopes, by_peer.envelopes);
  limits_.bytes = std::min(limits_.bytes, by_peer.bytes);
}

delivery_limits delivery_out::usable(bool opens_work) const noexcept {
  if (opens_work)
    return {limits_.envelopes - limits_.envelopes / 4, limits_.bytes - limits_.bytes / 4};
  return {limits_.envelopes, limits_.bytes * answers_times};
}

bool delivery_out::ever_admits(const envelope& x, bool opens_work) const noexcept {
  return delivery_cost(x) <= usable(opens_work).bytes;
}

bool delivery_out::admit(envelope&& x, bool opens_work) {
  const auto cost = delivery_cost(x);
  const auto most = usable(opens_work);
  if (line_.size() + 1 > most.envelopes || bytes_ + cost > most.bytes)
    return false;
  bytes_ += cost;
  line_.push_back(std::move(x));
  return true;
}

const envelope* delivery_out::next() {
  if (cursor_ == line_.size())
    return nullptr;
  line_[cursor_].number = base_ + cursor_;
  return &line_[cursor_];
}

bool delivery_out::wrote() {
  ++cursor_;
  if (cursor_ <= written_)
    return false;
  written_ = cursor_;
  return true;
}

envelope delivery_out::take_back_next() {
  auto out = std::move(line_[cursor_]);
  bytes_ -= delivery_cost(out);
  line_.erase(line_.begin() + static_cast<std::ptrdiff_t>(cursor_));
  return out;
}

void delivery_out::put_next(envelope&& x) {
  bytes_ += delivery_cost(x);
  line_.insert(line_.begin() + static_cast<std::ptrdiff_t>(cursor_), std::move(x));
}

bool delivery_out::acknowledge(std::uint64_t number) {
  if (number >= base_ + written_)
    return false;
  while (base_ <= number) {
    bytes_ -= delivery_cost(line_.front());
    line_.pop_front();
    ++base_;
    --written_;
    cursor_ -= cursor_ > 0 ? 1 : 0;
  }
  return true;
}

bool delivery_out::rewind(std::uint64_t heard) {
  if (heard + 1 < base_ || !acknowledge(heard))
    return false;
  cursor_ = 0;
  return true;
}

std::vector<envelope> delivery_out::expire(timestamp now) {
  std::vector<envelope> out;
  const auto unwritten = line_.begin() + static_cast<std::ptrdiff_t>(written_);
  const auto kept = std::stable_partition(unwritten, line_.end(),
                                          [now](const envelope& x) { return x.deadline > now; });
  for (auto i = kept; i != line_.end(); ++i) {
    bytes_ -= delivery_cost(*i);
    out.push_back(std::move(*i));
  }
  line_.erase(kept, line_.end());
  return out;
}

delivery_out::leftovers delivery_out::give_up() {
  leftovers out;
  for (std::size_t i = 0; i < line_.size(); ++i)
    (i < written_ ? out.written : out.unwritten).push_back(std::move(line_[i]));
  line_.clear();
  base_ += written_;
  cursor_ = written_ = bytes_ = 0;
  return out;
}

} // namespace troupe
