#include "policies/quota_book.hpp"

#include "policies/deadline.hpp"

#include <algorithm>

namespace troupe {

namespace {

constexpr std::int64_t busy_nodes_most = 10;
/// Clocks of two nodes may differ in speed by so much of a lease.
constexpr std::int64_t clocks_differ = 16;

/// What was sent at a moment is in no window after so long.
milliseconds forgotten_after(const quota_times& x) {
  return quota_minute + x.on_its_way + quota_clocks;
}

/// So long after the last moment at which something could be sent requests may be under way.
milliseconds ended_after(const quota_times& x) {
  return std::max(forgotten_after(x), x.longest + quota_clocks);
}

quota_amount only_concurrent(const quota_amount& x) {
  quota_amount out;
  out[quota_kind::concurrent] = x[quota_kind::concurrent];
  return out;
}

} // namespace

quota_book::quota_book(quota_amount limit, timestamp now, quota_times times)
    : limit_(limit)
    , times_(times)
    , unknown_(limit)
    , silent_from_(later(now, times.fenced + times.lease + times.lease / clocks_differ))
    , unknown_until_(later(silent_from_, forgotten_after(times)))
    // Another book on the same limit gives its answers other numbers.
    , answers_(static_cast<std::uint64_t>(now.time_since_epoch().count())) {}

void quota_book::use(std::set<std::string> members) {
  members_ = std::move(members);
  if (settled_)
    ever_.clear();
  else
    ever_.insert(members_.begin(), members_.end());
}

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
    lose(at->first, h);
    lapsed_[at->first] = h.life;
    // It may be the one that others tell of, and it had claimed its part.
    left_noted_ = true;
    at = holders_.erase(at);
  }
  std::erase_if(lost_, [&](const due& x) {
    if (x.at > now)
      return false;
    free_ += x.what;
    return true;
  });
  if (settled_ && lost_.empty())
    lapsed_.clear();
  std::erase_if(leaving_, [&](const due& x) {
    if (x.at > now)
      return false;
    const auto part = least(x.what, unknown_);
    unknown_ -= part;
    free_ += part;
    return true;
  });
}

void quota_book::find_again(const std::string& node, holder& h, quota_claim& x) {
  const auto hit = lapsed_.find(node);
  if (hit == lapsed_.end())
    return;
  if (hit->second == x.life) {
    std::erase_if(lost_, [&](const due& one) {
      if (one.node != node || one.life != x.life)
        return false;
      h.has += one.what;
      return true;
    });
    // It has nothing from anybody else.
    x.has = least(x.has, h.has);
  }
  lapsed_.erase(hit);
}

void quota_book::lose(const std::string& node, const holder& h) {
  auto rest = h.has;
  const auto later_on = [&](const quota_amount& what, timestamp at) {
    if (!what.none())
      lost_.push_back({what, at, node, h.life});
    rest -= what;
  };
  for (std::size_t i = 0; i < h.leaves.steps.size(); ++i)
    if (h.leaves.begin(i) > h.until)
      later_on(least(h.leaves.steps[i], rest - only_concurrent(rest)), h.leaves.end(i));
  later_on(rest - only_concurrent(rest), later(h.until, forgotten_after(times_)));
  later_on(rest, later(h.until, ended_after(times_)));
}

void quota_book::note_left(const quota_claim& x, milliseconds heard_late, timestamp now) {
  if (left_noted_ || settled_ || now >= silent_from_ || x.left_by.empty() ||
      holders_.contains(x.left_by))
    return;
  auto left = x.left;
  left.sooner += heard_late;
  for (std::size_t i = 0; i < left.steps.size(); ++i)
    if (left.begin(i) > silent_from_) {
      auto what = left.steps[i];
      what -= only_concurrent(what);
      leaving_.push_back({what, left.end(i), {}, 0});
    }
  left_noted_ = !leaving_.empty();
  left_by_ = x.left_by;
}

void quota_book::settle(timestamp now) {
  if (settled_)
    return;
  bool first = !ever_.empty();
  for (const auto& node : ever_) {
    const auto hit = holders_.find(node);
    first = first && hit != holders_.end() && !hit->second.knew;
  }
  if (!first && now < unknown_until_)
    return;
  leaving_.clear();
  const auto all_ended = later(silent_from_, ended_after(times_));
  const auto kept = first || now >= all_ended ? quota_amount{} : only_concurrent(unknown_);
  free_ += unknown_ - kept;
  unknown_ = kept;
  settled_ = unknown_.none();
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
    lose(node, h);
    h = {};
  }
  if (h.life == 0)
    find_again(node, h, x);
  if (node == left_by_)
    leaving_.clear();
  // How long ago it was said nobody knows, only that it was after our last answer.
  h.leaves = {};
  if (x.after != 0 && x.after == h.answer) {
    const auto heard_late = left(now, h.answered) + milliseconds{1};
    h.leaves = {std::move(x.leaves), now, heard_late};
    note_left(x, heard_late, now);
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
  out.number = h.answer = ++answers_;
  h.answered = now;
  return out;
}

quota_leaves quota_book::leaves_of(const std::string& node) const {
  const auto hit = holders_.find(node);
  return hit == holders_.end() ? quota_leaves{} : hit->second.leaves;
}

quota_amount quota_book::close() noexcept {
  const auto out = free_;
  free_ = {};
  return out;
}

} // namespace troupe
