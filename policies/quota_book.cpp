#include "policies/quota_book.hpp"

#include "policies/deadline.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr milliseconds forgotten_after = quota_minute + quota_on_its_way + quota_clocks;
constexpr std::int64_t busy_nodes_most = 10;
/// Clocks of two nodes may differ in speed by so much of a lease.
constexpr std::int64_t clocks_differ = 16;

} // namespace

quota_book::quota_book(quota_amount limit, timestamp now, quota_times times)
    : limit_(limit)
    , times_(times)
    , unknown_(limit)
    , unknown_until_(
          later(now, times.fenced + times.lease + times.lease / clocks_differ + forgotten_after)) {}

quota_amount quota_book::lent() const noexcept {
  quota_amount out;
  for (const auto& [node, h] : holders_)
    out += h.has;
  for (const auto& x : lost_)
    out += x.what;
  return out;
}

void quota_book::tidy(timestamp now) {
  for (auto at = holders_.begin(); at != holders_.end();) {
    auto& h = at->second;
    if (h.until > now) {
      ++at;
      continue;
    }
    if (!h.has.none())
      lost_.push_back({h.has, later(h.until, forgotten_after)});
    at = holders_.erase(at);
  }
  std::erase_if(lost_, [&](const lost& x) {
    if (x.until > now)
      return false;
    free_ += x.what;
    return true;
  });
}

void quota_book::settle(timestamp now) {
  if (settled_)
    return;
  bool first = !members_.empty();
  for (const auto& node : members_) {
    const auto hit = holders_.find(node);
    first = first && hit != holders_.end() && !hit->second.knew;
  }
  if (!first && now < unknown_until_)
    return;
  settled_ = true;
  free_ += unknown_;
  unknown_ = {};
}

quota_amount quota_book::share_of(const std::string& node) const {
  quota_amount out;
  if (!members_.contains(node))
    return out;
  std::vector<const quota_need*> needs;
  std::size_t own = 0;
  quota_amount whole = free_;
  for (const auto& [name, h] : holders_) {
    whole += h.has;
    if (!members_.contains(name))
      continue;
    if (name == node)
      own = needs.size();
    needs.push_back(&h.wants);
  }
  for (std::size_t i = 0; i < out.of.size(); ++i)
    if (limit_.of[i] > 0)
      out.of[i] = quota_shares(whole.of[i], static_cast<quota_kind>(i), needs)[own];
  return out;
}

quota_answer quota_book::asked(const std::string& node, quota_claim x, timestamp now) {
  tidy(now);
  auto& h = holders_[node];
  if (h.life != 0 && h.life != x.life) {
    // It has forgotten what it had, and when it used it.
    if (!h.has.none())
      lost_.push_back({h.has, later(h.until, forgotten_after)});
    h = {};
  }
  h.life = x.life;
  h.knew = h.knew || x.knew;
  h.until = later(now, times_.lease + times_.lease / clocks_differ);
  h.wants = std::move(x.wants);
  // It says the truth about what it has given back. What it has more than we know of it must have
  // from an owner before us, and that is in what we know nothing of.
  const auto more = least(x.has - h.has, unknown_);
  unknown_ -= more;
  free_ += h.has - x.has;
  h.has = least(h.has, x.has) + more;
  settle(now);

  quota_answer out;
  out.target = share_of(node);
  const auto gets = least(out.target - h.has, free_);
  free_ -= gets;
  h.has += gets;
  // What is only a little too much is not worth moving to and fro, unless somebody cannot send
  // anything for want of it.
  for (std::size_t i = 0; i < out.target.of.size(); ++i) {
    const auto target = out.target.of[i];
    const bool short_of = std::any_of(holders_.begin(), holders_.end(), [&](const auto& one) {
      return members_.contains(one.first) && one.second.has.of[i] < one.second.wants.largest.of[i];
    });
    if (target > 0 && !short_of && h.has.of[i] <= target + std::max<std::uint64_t>(1, target / 16))
      out.target.of[i] = std::max(target, h.has.of[i]);
  }
  out.has = h.has;
  out.lease = times_.lease;
  out.again = times_.again;
  const auto nodes =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(members_.size()), 1, busy_nodes_most);
  out.busy = times_.busy * nodes;
  out.settled = settled_;
  return out;
}

quota_amount quota_book::close() noexcept {
  const auto out = free_;
  free_ = {};
  return out;
}

} // namespace troupe
