#include "actors/shared_breaker.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

/// So far may another node's clock be ahead.
constexpr std::chrono::hours version_ahead{24};

std::uint64_t version_at(timestamp now) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.time_since_epoch().count()));
}

} // namespace

shared_breaker::~shared_breaker() {
  delete inner_.load();
}

shared_breaker::inner& shared_breaker::made() {
  if (auto* known = inner_.load(std::memory_order_acquire))
    return *known;
  auto fresh = std::make_unique<inner>(*limits_);
  inner* expected = nullptr;
  if (inner_.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel))
    return *fresh.release();
  return *expected;
}

void shared_breaker::hand_over(inner& in, timestamp now) {
  if (const auto n = good_.exchange(0, std::memory_order_relaxed); n > 0) {
    in.policy.passed(n, in.bucket_begin);
    if (in.untold_since == timestamp{})
      in.untold_since = now;
    // What is older than the window would count as if it were new.
    if (now - in.untold_since > limits_->rate_window) {
      in.untold_since = now;
      in.untold_good = 0;
    }
    in.untold_good += n;
  }
  // The finer of the two windows says how long may be gathered.
  const auto shorter = std::min(limits_->window, limits_->rate_window);
  const auto bucket = microseconds{shorter} / (failure_window::buckets - 1);
  in.bucket_begin = now;
  bucket_end_.store((now + bucket).time_since_epoch().count(), std::memory_order_relaxed);
}

std::optional<breaker_change> shared_breaker::ended_slowly(call_sign how, bool probe,
                                                           timestamp now) {
  if (how == call_sign::nothing && !probe)
    return std::nullopt;
  auto& in = made();
  std::lock_guard hold{in.mutex};
  hand_over(in, now);
  if (!probe && in.policy.state(now) == breaker_state::closed)
    ++(how == call_sign::bad ? in.untold_bad : in.untold_good);
  auto turned = in.policy.ended(how, probe, now);
  if (turned || probe)
    turned_over(in, now);
  closed_.store(in.policy.state(now) == breaker_state::closed, std::memory_order_relaxed);
  return turned;
}

admission shared_breaker::look(timestamp now) const {
  auto* in = closed() ? nullptr : inner_.load(std::memory_order_acquire);
  if (!in)
    return admission::free;
  std::lock_guard hold{in->mutex};
  return in->policy.look(now);
}

admission shared_breaker::enter(timestamp now) {
  auto* in = closed() ? nullptr : inner_.load(std::memory_order_acquire);
  if (!in)
    return admission::free;
  std::lock_guard hold{in->mutex};
  const auto said = in->policy.enter(now);
  if (said == admission::probe)
    turned_over(*in, now);
  return said;
}

std::optional<breaker_change> shared_breaker::trip(std::string why, timestamp now) {
  auto& in = made();
  std::lock_guard hold{in.mutex};
  closed_.store(false, std::memory_order_relaxed);
  turned_over(in, now);
  return in.policy.trip(std::move(why), now);
}

std::optional<breaker_change> shared_breaker::reset(std::string why, timestamp now) {
  auto* in = inner_.load(std::memory_order_acquire);
  if (!in)
    return std::nullopt;
  std::lock_guard hold{in->mutex};
  good_.store(0, std::memory_order_relaxed);
  closed_.store(true, std::memory_order_relaxed);
  turned_over(*in, now);
  return in->policy.reset(std::move(why));
}

void shared_breaker::turned_over(inner& in, timestamp now) noexcept {
  in.version = std::max(in.version + 1, version_at(now));
  in.untold_good = in.untold_bad = 0;
}

breaker_news shared_breaker::standing(const inner& in, timestamp now) {
  breaker_news out;
  out.version = in.version;
  out.open = in.policy.state(now) != breaker_state::closed;
  if (out.open) {
    out.why = in.policy.why();
    out.reopens = in.policy.reopens();
    out.probing = in.policy.probing();
  }
  return out;
}

breaker_news shared_breaker::standing(timestamp now) {
  auto& in = made();
  std::lock_guard hold{in.mutex};
  return standing(in, now);
}

breaker_news shared_breaker::take_news(timestamp now) {
  auto& in = made();
  std::lock_guard hold{in.mutex};
  hand_over(in, now);
  auto out = standing(in, now);
  in.untold_since = now;
  out.good = std::exchange(in.untold_good, 0);
  out.bad = std::exchange(in.untold_bad, 0);
  return out;
}

bool shared_breaker::has_news() const {
  auto* in = inner_.load(std::memory_order_acquire);
  if (!in)
    return false;
  std::lock_guard hold{in->mutex};
  return in->untold_good + in->untold_bad > 0 || good_.load(std::memory_order_relaxed) > 0;
}

std::optional<breaker_change> shared_breaker::learn(const breaker_news& x, timestamp now) {
  auto& in = made();
  std::lock_guard hold{in.mutex};
  hand_over(in, now);
  std::optional<breaker_change> turned;
  if (x.version > version_at(now + version_ahead))
    return std::nullopt;
  if (x.version > in.version) {
    in.version = x.version;
    if (x.open)
      turned = in.policy.learn(x.why, x.reopens, x.probing);
    else if (in.policy.state(now) != breaker_state::closed)
      turned = in.policy.reset("it works again at another node");
    if (x.open || turned)
      in.untold_good = in.untold_bad = 0;
  }
  if (!turned && (turned = in.policy.heard(x.good, x.bad, now)))
    turned_over(in, now); // What all have counted together is too much.
  closed_.store(in.policy.state(now) == breaker_state::closed, std::memory_order_relaxed);
  return turned;
}

void shared_breaker::take_turns(std::uint32_t rank, std::uint32_t of) {
  auto& in = made();
  std::lock_guard hold{in.mutex};
  in.policy.take_turns(rank, of);
}

shared_breaker::view shared_breaker::seen(timestamp now) const {
  auto* in = inner_.load(std::memory_order_acquire);
  if (!in)
    return {};
  std::lock_guard hold{in->mutex};
  return {in->policy.state(now), in->policy.why(), in->policy.reopens()};
}

} // namespace troupe
