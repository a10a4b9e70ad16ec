#include "actors/quota_desk.hpp"

#include "actors/quota_report.hpp"
#include "actors/tick.hpp"
#include "policies/deadline.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds come_again_least{1000};
constexpr milliseconds come_again_most{600000};
constexpr std::uint32_t doubled_most = 5;

const std::string& quota_tenant(const model_caller& by) {
  return by.about && !by.about->who.id.empty() ? by.about->who.id : by.domain;
}

double quota_weight(const quota_plan::line& line, const model_caller& by) {
  if (!by.about)
    return 1;
  const auto hit = line.tiers.find(by.about->who.tier);
  return hit == line.tiers.end() ? 1 : hit->second;
}

/// The part of a minute that a request takes of the limit that it takes most of.
double quota_cost(const quota_amount& limit, std::uint64_t tokens) {
  double out = 0;
  if (const auto n = limit[quota_kind::requests]; n > 0)
    out = 1.0 / static_cast<double>(n);
  if (const auto n = limit[quota_kind::tokens]; n > 0)
    out = std::max(out, static_cast<double>(tokens) / static_cast<double>(n));
  return out;
}

} // namespace

quota_desk_state::quota_desk_state() = default;
quota_desk_state::~quota_desk_state() = default;

void quota_desk_state::init(caf::event_based_actor* self, parts_ptr parts) {
  self_ = self;
  parts_ = std::move(parts);
  const auto now = parts_->now(self_);
  dice_ = dice_box{static_cast<std::uint64_t>(now.time_since_epoch().count()) ^ parts_->seed};
  const auto& plan = parts_->quota->plan();
  limits_.reserve(plan.limits.size());
  for (const auto& x : plan.limits) {
    auto& l = limits_.emplace_back(x);
    l.life = dice_.draw() | 1;
    l.next = now;
  }
  for (const auto& x : plan.lines)
    lines_.emplace_back(x);
  counters_ = std::make_unique<quota_counters>(*parts_, plan);
  on_tick();
}

// -- those who wait ---------------------------------------------------------------

void quota_desk_state::on_wanted(const quota_wanted& x) {
  const auto now = parts_->now(self_);
  const auto& t = *x.which;
  if (t.answered())
    return;
  auto& line = lines_[t.lane.line];
  double cost = 0;
  for (const auto i : t.lane.limits) {
    const auto most = limits_[i].slice.limit();
    cost = std::max(cost, quota_cost(most, t.tokens));
    if (most[quota_kind::tokens] > 0 && t.tokens > most[quota_kind::tokens]) {
      model_reply out;
      out.error = model_error::context_too_long;
      out.detail = "it may cost " + std::to_string(t.tokens) + " tokens, and the limit of " +
                   limits_[i].is.name + " is " + std::to_string(most[quota_kind::tokens]) +
                   " a minute";
      return x.which->answer(std::move(out));
    }
  }
  const auto deadline = later(now, t.what.deadline);
  if (const auto until = frozen(t.lane); until >= deadline) {
    if (auto* n = counters_->lines[t.lane.line].refused)
      n->Increment();
    return x.which->refuse(line.is.provider + " wants no requests now", left(until, now));
  }
  const auto& by = t.what.by;
  quota_wish wish;
  wish.id = t.id;
  wish.urgency = by.urgency;
  wish.tenant = quota_tenant(by);
  wish.weight = quota_weight(line.is, by);
  wish.lane = static_cast<std::uint32_t>(t.lane.limits.back());
  wish.cost = cost;
  wish.tokens = t.tokens;
  wish.since = now;
  wish.deadline = deadline;
  const quota_flows::whose whose{by.urgency, stable_hash(wish.tenant), wish.weight};
  waiting_.emplace(t.id, waiter{x.which, whose});
  for (const auto i : t.lane.limits)
    limits_[i].flows.waits(whose, t.tokens);
  if (const auto out = line.queue.push(std::move(wish)))
    refuse(*out, "too many requests wait for ", now);
  pump(line, now);
  report(now);
  arm(now);
}

quota_ticket_ptr quota_desk_state::gone(std::uint64_t id) {
  const auto hit = waiting_.find(id);
  if (hit == waiting_.end())
    return nullptr;
  const auto x = std::move(hit->second);
  waiting_.erase(hit);
  for (const auto i : x.which->lane.limits)
    limits_[i].flows.leaves(x.by, x.which->tokens);
  return x.which;
}

void quota_desk_state::refuse(std::uint64_t id, const char* why, timestamp now) {
  const auto which = gone(id);
  if (!which)
    return;
  if (auto* n = counters_->lines[which->lane.line].refused)
    n->Increment();
  which->refuse(why + lines_[which->lane.line].is.provider,
                wait_of(*which, which->what.by.urgency, now));
}

milliseconds quota_desk_state::wait_of(const quota_ticket& which, priority urgency,
                                       timestamp now) const {
  double part = 1;
  for (const auto i : which.lane.limits) {
    const auto& slice = limits_[i].slice;
    for (const auto k : {quota_kind::requests, quota_kind::tokens})
      if (slice.limit()[k] > 0)
        part = std::min(part, static_cast<double>(slice.has()[k]) /
                                  static_cast<double>(slice.limit()[k]));
  }
  const auto minutes =
      std::min(60.0, lines_[which.lane.line].queue.ahead_of(urgency) / std::max(part, 0.01));
  const milliseconds queue{
      static_cast<std::int64_t>(minutes * static_cast<double>(quota_minute.count()))};
  return std::clamp(queue + left(frozen(which.lane), now), come_again_least, come_again_most);
}

void quota_desk_state::on_given_up(const quota_given_up& x) {
  const auto which = gone(x.id);
  if (!which)
    return;
  const auto now = parts_->now(self_);
  auto& line = lines_[which->lane.line];
  line.queue.erase(x.id);
  pump(line, now);
  report(now);
  arm(now);
}

void quota_desk_state::drop_late(line_state& line, timestamp now) {
  for (const auto& x : line.queue.expire(now))
    refuse(x.id, "its time is over, and it still waits for ", now);
}

void quota_desk_state::pump(line_state& line, timestamp now) {
  drop_late(line, now);
  line.next = no_deadline;
  const auto fits = [&](const quota_wish& x, bool urgent) {
    for (const auto i : waiting_.at(x.id).which->lane.limits) {
      auto& l = limits_[i];
      const auto said = l.slice.look(x.tokens, urgent, line.queue.size(), now);
      if (said.goes)
        continue;
      line.next = std::min(line.next, said.when);
      if (said.when != l.slice.frozen())
        want_more(l, now);
      return l.is.model.empty() ? quota_queue::fit::none : quota_queue::fit::not_this_lane;
    }
    return quota_queue::fit::yes;
  };
  while (const auto x = line.queue.pop(fits))
    go(*x, now);
}

void quota_desk_state::go(const quota_wish& x, timestamp now) {
  auto hit = waiting_.find(x.id);
  const auto waited = std::move(hit->second);
  waiting_.erase(hit);
  const auto& lane = waited.which->lane;
  auto& out = sent_[x.id];
  out.by = waited.by;
  out.line = lane.line;
  for (const auto i : lane.limits)
    out.from.push_back(
        {i, limits_[i].slice.take(x.tokens, now), limits_[i].flows.sent(waited.by, x.tokens, now)});
  if (auto* h = counters_->lines[lane.line].waited[static_cast<std::size_t>(x.urgency)])
    h->Observe(std::chrono::duration<double>(now - x.since).count());
  const auto me = caf::actor_cast<caf::actor_addr>(self_);
  parts_->quota->pass(
      waited.which, std::max(milliseconds{1}, left(x.deadline, now)),
      [me, id = x.id](const model_reply& said) {
        if (auto to = caf::actor_cast<caf::actor>(me))
          caf::anon_send(to,
                         quota_ended{id, said.used.input_tokens + said.used.output_tokens,
                                     said.error == model_error::rate_limited, said.retry_after});
      });
}

void quota_desk_state::on_ended(const quota_ended& x) {
  const auto hit = sent_.find(x.id);
  if (hit == sent_.end())
    return;
  const auto now = parts_->now(self_);
  const auto was = std::move(hit->second);
  sent_.erase(hit);
  for (const auto& taken : was.from) {
    auto& l = limits_[taken.limit];
    l.slice.ended(taken.of_slice, x.tokens, now);
    l.flows.ended(taken.of_flows, was.by, x.tokens);
    if (!x.limited)
      l.strikes = 0;
  }
  if (x.limited) {
    // Which of its limits the provider means it does not say: the model's own, if there is one.
    auto& l = limits_[was.from.back().limit];
    auto how_long = x.retry_after;
    if (how_long.count() <= 0)
      how_long = freeze_first * (1u << std::min(l.strikes, doubled_most));
    if (l.slice.frozen() <= now)
      ++l.strikes;
    if (freeze(l, how_long, now))
      tell_frozen(l.is.name, how_long);
  }
  pump_all(now);
  arm(now);
}

// -- time -------------------------------------------------------------------------

void quota_desk_state::pump_all(timestamp now) {
  for (auto& line : lines_)
    pump(line, now);
  report(now);
}

void quota_desk_state::on_tick() {
  const auto now = parts_->now(self_);
  if (armed_ != no_deadline && now < armed_)
    return;
  armed_ = no_deadline;
  for (std::size_t i = 0; i < limits_.size(); ++i)
    look_after(i, now);
  pump_all(now);
  arm(now);
}

void quota_desk_state::arm(timestamp now) {
  auto next = no_deadline;
  for (const auto& line : lines_)
    next = std::min({next, line.next, line.queue.next_deadline()});
  for (const auto& l : limits_) {
    if (!l.asking)
      next = std::min(next, l.next);
    if (!l.slice.has().none() && l.slice.lent_until() > now)
      next = std::min(next, l.slice.lent_until());
  }
  if (next == no_deadline || next >= armed_)
    return;
  armed_ = std::max(next, now);
  self_->delayed_send(self_, std::max(microseconds{0}, armed_ - now) + microseconds{1}, tick{});
}

caf::behavior quota_desk(caf::stateful_actor<quota_desk_state>* self, parts_ptr parts) {
  guard(self, parts, "quota desk");
  state_of(self).init(self, std::move(parts));
  return {
      [self](const quota_wanted& x) { state_of(self).on_wanted(x); },
      [self](const quota_given_up& x) { state_of(self).on_given_up(x); },
      [self](const quota_ended& x) { state_of(self).on_ended(x); },
      [self](const quota_frozen& x) { state_of(self).on_frozen(x); },
      [self](const quota_handed& x) { state_of(self).on_handed(x); },
      [self](const quota_view& x) { state_of(self).on_view(x); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

} // namespace troupe
