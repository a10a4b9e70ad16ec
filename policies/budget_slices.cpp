#include "policies/budget_slices.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool is_zero(const budget_amount& x) noexcept {
  return x == budget_amount{};
}

} // namespace

budget_slices::slice& budget_slices::slice_of(const budget_account& x, timestamp now) {
  auto [hit, fresh] = slices_.try_emplace(x.name);
  auto& s = hit->second;
  // Another version of the fleet may say something else of the same limit.
  s.what = x;
  s.used = now;
  if (fresh)
    s.told = now;
  return s;
}

bool budget_slices::lacks(const slice& s, const budget_amount& need) noexcept {
  for (std::size_t i = 0; i < budget_units; ++i)
    if (limited(s, i) && s.free[i] < need[i])
      return true;
  return false;
}

bool budget_slices::hopeless(const slice& s, const budget_amount& need) noexcept {
  for (std::size_t i = 0; i < budget_units; ++i)
    if (limited(s, i) && need[i] > s.what.limit[i] - s.spent[i] - s.telling[i] - s.unsaid[i])
      return true;
  return false;
}

bool budget_slices::is_elsewhere(const slice& s, const budget_amount& need) noexcept {
  for (std::size_t i = 0; i < budget_units; ++i)
    if (limited(s, i) &&
        need[i] > s.what.limit[i] - s.spent[i] - s.telling[i] - s.unsaid[i] - s.held[i])
      return true;
  return false;
}

budget_slices::reply budget_slices::reserve(const std::vector<budget_account>& from,
                                            const budget_amount& need, bool forced, timestamp now) {
  reply out;
  bool barred = false;
  std::vector<slice*> mine;
  mine.reserve(from.size());
  for (const auto& x : from) {
    auto& s = slice_of(x, now);
    mine.push_back(&s);
    const bool goes_on = forced && x.ends != timestamp::max();
    if (!lacks(s, need) || goes_on)
      continue;
    if (hopeless(s, need)) {
      out.answer = budget_answer::refused;
      out.limit = words_of(x);
      out.account = x.name;
      out.again = x.ends;
      out.daily = x.scope == budget_scope::day;
      return out;
    }
    // The store has refused one of them, and has not been asked for others yet: that one is why.
    const bool bars = s.refused != timestamp{};
    if (out.answer == budget_answer::wait && (barred || !bars))
      continue;
    barred = bars;
    out.answer = budget_answer::wait;
    out.limit = words_of(x);
    out.account = x.name;
    out.daily = bars && x.scope == budget_scope::day && is_elsewhere(s, need);
    out.again = out.daily ? std::min(x.ends, now + tries_again) : timestamp::max();
  }
  if (out.answer == budget_answer::granted)
    for (auto* s : mine) {
      s->free -= need;
      s->reserved += need;
    }
  return out;
}

void budget_slices::want(const std::vector<budget_account>& from, const budget_amount& need,
                         timestamp now) {
  for (const auto& x : from) {
    auto& s = slice_of(x, now);
    if (is_zero(s.wanted))
      s.first = need;
    s.wanted += need;
    wanting_.insert(x.name);
  }
}

void budget_slices::want_nothing() {
  for (const auto& name : wanting_)
    if (const auto hit = slices_.find(name); hit != slices_.end())
      hit->second.wanted = hit->second.first = {};
  wanting_.clear();
}

void budget_slices::settle(const std::vector<std::string>& from, const budget_amount& reserved,
                           const budget_amount& used, timestamp now) {
  for (const auto& name : from) {
    const auto hit = slices_.find(name);
    if (hit == slices_.end())
      continue;
    auto& s = hit->second;
    s.reserved -= reserved;
    s.free += reserved - used;
    s.unsaid += used;
    s.used = now;
  }
}

std::vector<budget_claim> budget_slices::claims(timestamp now, std::size_t most_claims) {
  std::vector<budget_claim> out;
  const auto consider = [&](const std::string& name, slice& s) {
    if (s.asking || out.size() >= most_claims)
      return;
    budget_claim x;
    x.account = name;
    x.limit = s.what.limit;
    x.until = s.what.until;
    const bool waited_for = !is_zero(s.wanted);
    const bool may_ask = s.refused == timestamp{} || s.refused + asks_again <= now;
    const bool unused = closed_ || s.used + idle <= now;
    bool asks = false;
    bool owes = false;
    bool spares = false;
    for (std::size_t i = 0; i < budget_units; ++i) {
      if (!limited(s, i))
        continue;
      owes = owes || s.free[i] < 0;
      if (waited_for && may_ask && s.free[i] < s.first[i]) {
        asks = true;
        x.need[i] = s.first[i] - s.free[i];
      } else if (s.free[i] < 0) {
        x.need[i] = -s.free[i];
      }
    }
    // Who uses up his slice is likely to go on: twice what is waited for, or what was in use.
    for (std::size_t i = 0; i < budget_units; ++i) {
      if (!limited(s, i))
        continue;
      if (asks)
        x.wish[i] = std::max(x.need[i], 2 * (s.wanted[i] + s.reserved[i]) - s.free[i]);
      else if (!waited_for && (unused || s.pressed) && s.free[i] > 0) {
        x.back[i] = s.free[i];
        spares = true;
      }
    }
    // What has been used beyond what was granted is used: the account has to know.
    x.forced = owes && !asks;
    const bool is_due = !is_zero(s.unsaid) && (asks || unused || s.told + tells <= now);
    if (!asks && !owes && !spares && !is_due)
      return;
    x.spent = s.unsaid;
    s.telling = s.unsaid;
    s.unsaid = {};
    s.free -= x.back;
    s.asking = true;
    s.told = now;
    out.push_back(std::move(x));
  };
  for (const auto& name : wanting_)
    if (const auto hit = slices_.find(name); hit != slices_.end())
      consider(name, hit->second);
  for (auto i = slices_.begin(); i != slices_.end();) {
    auto& s = i->second;
    consider(i->first, s);
    const bool gone =
        !s.asking && is_zero(s.reserved) && is_zero(s.unsaid) && is_zero(s.wanted) &&
        (s.what.until <= now || (s.used + forgets <= now && slices_.size() > remembers &&
                                 s.what.scope != budget_scope::day)) &&
        std::all_of(s.free.of.begin(), s.free.of.end(),
                    [&, n = std::size_t{0}](auto x) mutable { return !limited(s, n++) || x == 0; });
    i = gone ? slices_.erase(i) : std::next(i);
  }
  return out;
}

void budget_slices::granted(const budget_claim& asked, const budget_stand& said, timestamp now) {
  const auto hit = slices_.find(asked.account);
  if (hit == slices_.end())
    return;
  auto& s = hit->second;
  s.asking = false;
  s.telling = {};
  s.free += said.granted;
  s.pressed = said.pressed;
  if (said.refused)
    s.refused = now;
  else if (!is_zero(asked.need))
    s.refused = {};
  s.told = now;
  hear(s, said, now);
}

void budget_slices::seen(const budget_account& what, const budget_stand& said, timestamp now) {
  auto [hit, fresh] = slices_.try_emplace(what.name);
  auto& s = hit->second;
  s.what = what;
  if (fresh)
    s.used = s.told = now;
  // A claim that is on its way may be in what was read, or not.
  if (!s.asking)
    hear(s, said, now);
}

bool budget_slices::knows(const budget_account& what, timestamp now) const {
  const auto hit = slices_.find(what.name);
  return hit != slices_.end() && hit->second.heard + believes > now;
}

void budget_slices::hear(slice& s, const budget_stand& said, timestamp now) noexcept {
  s.heard = now;
  s.spent = said.spent;
  for (std::size_t i = 0; i < budget_units; ++i) {
    const auto mine = s.free[i] + s.reserved[i] + s.unsaid[i];
    s.held[i] = limited(s, i) ? std::max<std::int64_t>(0, said.taken[i] - said.spent[i] - mine) : 0;
  }
}

void budget_slices::failed(const budget_claim& asked) {
  const auto hit = slices_.find(asked.account);
  if (hit == slices_.end())
    return;
  auto& s = hit->second;
  s.asking = false;
  s.unsaid += s.telling;
  s.telling = {};
}

budget_stance budget_slices::stance(const std::vector<budget_account>& of, double tight_at) const {
  budget_stance out;
  for (const auto& x : of) {
    const auto hit = slices_.find(x.name);
    if (hit == slices_.end())
      continue;
    const auto& s = hit->second;
    for (std::size_t i = 0; i < budget_units; ++i) {
      if (x.limit[i] >= no_limit)
        continue;
      const auto used = s.spent[i] + s.held[i] + s.telling[i] + s.unsaid[i] + s.reserved[i];
      const double share =
          x.limit[i] <= 0 ? 1 : static_cast<double>(used) / static_cast<double>(x.limit[i]);
      if (share <= out.share && !out.limit.empty())
        continue;
      out.share = share;
      out.limit = words_of(x);
    }
  }
  out.tight = out.share >= tight_at;
  return out;
}

budget_slices::view budget_slices::view_of(const budget_account& what) const {
  view out;
  out.what = what;
  if (const auto hit = slices_.find(what.name); hit != slices_.end()) {
    const auto& s = hit->second;
    out.used = s.spent + s.telling + s.unsaid + s.reserved;
    out.held = s.held;
  }
  return out;
}

} // namespace troupe
