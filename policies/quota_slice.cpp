#include "policies/quota_slice.hpp"

#include "policies/deadline.hpp"

namespace troupe {

namespace {

constexpr double spread_from = 0.5;  ///< of the window in use: below, everything goes at once
constexpr double spread_whole = 0.9; ///< from there on, all goes evenly
constexpr double spread_above = 0.8;
constexpr milliseconds catch_up{1000}; ///< that is made up for when something went late

} // namespace

void quota_slice::expire(timestamp now) {
  while (!window_.empty() && window_.front().counts_until <= now) {
    tokens_ -= window_.front().tokens;
    window_.pop_front();
    ++first_;
  }
}

quota_amount quota_slice::used(timestamp now) {
  expire(now);
  return {{window_.size(), tokens_, under_way_}};
}

std::vector<quota_amount> quota_slice::leaves(timestamp now) {
  expire(now);
  std::vector<quota_amount> out;
  for (const auto& x : window_) {
    // An answer lets it get free earlier, as long as it may still be on its way.
    if (x.counts_until <= now || (!x.over && now < later(x.at, on_its_way_)))
      continue;
    const auto n =
        static_cast<std::size_t>((x.counts_until - now - microseconds{1}) / quota_leaves::step);
    if (n >= quota_leaves::most)
      continue;
    if (out.size() <= n)
      out.resize(n + 1);
    // What it has cost nobody knows before it is answered: perhaps nothing.
    out[n] += {{1, x.over ? x.tokens : 0, 0}};
  }
  return out;
}

timestamp quota_slice::free_at(const quota_amount& may, std::uint64_t tokens) const {
  auto count = window_.size();
  auto sum = tokens_;
  const auto fits = [&] {
    return (!limited(quota_kind::requests) || count < may[quota_kind::requests]) &&
           (!limited(quota_kind::tokens) || sum + tokens <= may[quota_kind::tokens]);
  };
  for (const auto& x : window_) {
    --count;
    sum -= x.tokens;
    if (fits())
      return x.counts_until;
  }
  return no_deadline;
}

std::uint64_t quota_slice::usual(std::uint64_t tokens) const noexcept {
  return window_.empty() ? tokens : std::min<std::uint64_t>(tokens, tokens_ / window_.size());
}

milliseconds quota_slice::gap(const quota_amount& may, std::uint64_t tokens) const {
  double share = 0;
  if (limited(quota_kind::requests))
    share = 1.0 / static_cast<double>(std::max<std::uint64_t>(1, may[quota_kind::requests]));
  if (limited(quota_kind::tokens))
    share = std::max(share,
                     static_cast<double>(usual(tokens)) /
                         static_cast<double>(std::max<std::uint64_t>(1, may[quota_kind::tokens])));
  return milliseconds{
      static_cast<std::int64_t>(static_cast<double>(quota_minute.count()) * std::min(1.0, share))};
}

timestamp quota_slice::paced(const quota_amount& may, std::uint64_t tokens, std::size_t waiting,
                             timestamp now) const {
  if (ease_.share(now) < 1)
    return std::max(now, even_);
  double full = 0;
  bool too_many = false;
  auto room = static_cast<double>(quota_minute.count()); // Requests like this one.
  const auto look = [&](quota_kind k, std::uint64_t used, double each) {
    if (!limited(k))
      return;
    const auto most = static_cast<double>(std::max<std::uint64_t>(1, may[k]));
    full = std::max(full, static_cast<double>(used) / most);
    room = std::min(room, std::max(0.0, most - static_cast<double>(used)) / std::max(1.0, each));
    // What was used within the minute comes again, as agents do that have their answers.
    too_many = too_many || static_cast<double>(used) + static_cast<double>(waiting) * each >
                               spread_above * most;
  };
  look(quota_kind::requests, window_.size(), 1);
  look(quota_kind::tokens, tokens_, static_cast<double>(usual(tokens)));
  if (!too_many || full <= spread_from)
    return now;
  // What is left has to last until something gets free.
  const auto until = window_.empty() ? last_ : window_.front().counts_until;
  const auto each = (until - last_) / static_cast<std::int64_t>(room + 1);
  return std::max({now, even_, last_ + each});
}

quota_slice::verdict quota_slice::look(std::uint64_t tokens, bool urgent, std::size_t waiting,
                                       timestamp now) {
  expire(now);
  if (now >= until_)
    return {};
  if (now < frozen())
    return {false, frozen()};
  const auto may = least(has_, target_);
  if (limited(quota_kind::concurrent) && under_way_ >= may[quota_kind::concurrent])
    return {};
  const bool full =
      (limited(quota_kind::requests) && window_.size() >= may[quota_kind::requests]) ||
      (limited(quota_kind::tokens) && tokens_ + tokens > may[quota_kind::tokens]);
  if (full)
    return {false, free_at(may, tokens)};
  if (!urgent)
    if (const auto at = paced(may, tokens, waiting, now); at > now)
      return {false, at};
  return {true, now};
}

std::uint64_t quota_slice::take(std::uint64_t tokens, timestamp now) {
  const std::chrono::duration<double, milliseconds::period> evenly =
      gap(least(has_, target_), tokens) / ease_.share(now);
  const auto each = std::chrono::duration_cast<milliseconds>(evenly);
  even_ = std::min(later(std::max(even_, now - catch_up), each), later(now, each));
  last_ = now;
  window_.push_back({now, later(now, quota_minute + on_its_way_), tokens, false});
  tokens_ += tokens;
  ++under_way_;
  return first_ + window_.size() - 1;
}

void quota_slice::ended(std::uint64_t number, std::uint64_t tokens, timestamp now) {
  if (number >= first_ + window_.size())
    return;
  if (number < first_) {
    --under_way_; // It took longer than it counts.
    return;
  }
  auto& x = window_[number - first_];
  if (x.over)
    return;
  x.over = true;
  --under_way_;
  x.counts_until = std::min(x.counts_until, later(now, quota_minute + quota_clocks));
  if (tokens > 0) {
    tokens_ = tokens_ - x.tokens + tokens;
    x.tokens = tokens;
  }
}

void quota_slice::lend(const quota_amount& has, const quota_amount& target,
                       timestamp until) noexcept {
  has_ = has;
  target_ = target;
  until_ = until;
  lapsed_ = false;
}

quota_amount quota_slice::kept(timestamp now) {
  return least(has_, most(target_, used(now)));
}

quota_amount quota_slice::give_back(timestamp now) {
  has_ = kept(now);
  return has_;
}

bool quota_slice::lapse(timestamp now) noexcept {
  if (lapsed_ || now < until_)
    return false;
  lapsed_ = true;
  target_ = {};
  return !has_.none();
}

bool quota_slice::forget(timestamp now) noexcept {
  if (!lapsed_ || has_.none() || now < later(until_, remembered))
    return false;
  has_ = {};
  return true;
}

} // namespace troupe
