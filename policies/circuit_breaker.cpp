#include "policies/circuit_breaker.hpp"

#include "policies/deadline.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

std::string seconds_text(milliseconds x) {
  return x.count() % 1000 == 0 ? std::to_string(x.count() / 1000) + " s"
                               : std::to_string(x.count()) + " ms";
}

} // namespace

call_sign sign_for_agent(reason ended) noexcept {
  switch (ended) {
  case reason::crash:
  case reason::timeout:
  case reason::unavailable:
  case reason::invalid_output:
    return call_sign::bad;
  case reason::rate_limited:
  case reason::cancelled:
    return call_sign::nothing;
  default:
    return call_sign::good;
  }
}

call_sign sign_for_provider(reason ended) noexcept {
  switch (ended) {
  case reason::timeout:
  case reason::unavailable:
  case reason::rate_limited:
    return call_sign::bad;
  case reason::crash:
  case reason::invalid_output:
  case reason::cancelled:
    return call_sign::nothing;
  default:
    return call_sign::good;
  }
}

breaker_state circuit_breaker::state(timestamp now) const noexcept {
  return closed_        ? breaker_state::closed
         : now < until_ ? breaker_state::open
                        : breaker_state::half_open;
}

admission circuit_breaker::look(timestamp now) const noexcept {
  if (closed_)
    return admission::free;
  return now < until_ || (probing_ && now < *probing_) || !my_turn(now) ? admission::barred
                                                                        : admission::probe;
}

bool circuit_breaker::my_turn(timestamp now) const noexcept {
  if (nodes_ <= 1)
    return true;
  constexpr auto slot = microseconds{turn};
  const auto since = now - until_;
  const auto number = static_cast<std::uint64_t>(since / slot);
  return number % nodes_ == rank_ && since % slot < slot - microseconds{pause};
}

void circuit_breaker::take_turns(std::uint32_t rank, std::uint32_t of) noexcept {
  nodes_ = std::max(of, 1u);
  rank_ = rank % nodes_;
}

std::optional<breaker_change> circuit_breaker::heard(std::uint32_t good, std::uint32_t bad,
                                                     timestamp now) {
  if (!closed_ || good + bad == 0)
    return std::nullopt;
  few_.add(good, bad, now);
  many_.add(good, bad, now);
  if (bad == 0)
    return std::nullopt;
  auto why = over_limits();
  return why.empty() ? std::nullopt : trip(std::move(why), now);
}

std::optional<breaker_change> circuit_breaker::learn(std::string why, timestamp reopens,
                                                     timestamp probing) {
  const bool was_closed = closed_;
  closed_ = false;
  until_ = reopens;
  probing_.reset();
  if (probing != timestamp{})
    probing_ = probing;
  why_ = std::move(why);
  few_.clear();
  many_.clear();
  if (!was_closed)
    return std::nullopt;
  return breaker_change{breaker_state::closed, breaker_state::open, why_};
}

admission circuit_breaker::enter(timestamp now) noexcept {
  const auto said = look(now);
  if (said == admission::probe)
    probing_ = later(now, limits_.cool_down);
  return said;
}

void circuit_breaker::passed(std::uint32_t count, timestamp at) noexcept {
  if (!closed_)
    return;
  few_.add(count, 0, at);
  many_.add(count, 0, at);
}

std::optional<breaker_change> circuit_breaker::ended(call_sign how, bool probe, timestamp now) {
  if (!closed_) {
    if (!probe || !probing_)
      return std::nullopt;
    probing_.reset();
    if (how == call_sign::good)
      return reset("the probe succeeded");
    if (how == call_sign::nothing)
      return std::nullopt; // It has shown nothing: the next call is another probe.
    open(now);
    return breaker_change{breaker_state::half_open, breaker_state::open,
                          why_ + "; the probe failed"};
  }
  if (how == call_sign::nothing)
    return std::nullopt;
  const bool bad = how == call_sign::bad;
  few_.add(bad ? 0 : 1, bad ? 1 : 0, now);
  many_.add(bad ? 0 : 1, bad ? 1 : 0, now);
  if (!bad)
    return std::nullopt;
  auto why = over_limits();
  return why.empty() ? std::nullopt : trip(std::move(why), now);
}

std::string circuit_breaker::over_limits() const {
  if (limits_.failures > 0 && few_.bad() >= limits_.failures)
    return std::to_string(few_.bad()) + " failures in " + seconds_text(limits_.window);
  const auto calls = many_.calls();
  if (limits_.rate > 0 && calls >= limits_.min_calls &&
      static_cast<double>(many_.bad()) >= limits_.rate * static_cast<double>(calls))
    return std::to_string(many_.bad()) + " of " + std::to_string(calls) + " calls failed in " +
           seconds_text(limits_.rate_window);
  return {};
}

void circuit_breaker::open(timestamp now) noexcept {
  closed_ = false;
  until_ = later(now, limits_.cool_down);
  probing_.reset();
  few_.clear();
  many_.clear();
}

std::optional<breaker_change> circuit_breaker::trip(std::string why, timestamp now) {
  const auto from = state(now);
  why_ = std::move(why);
  open(now);
  return breaker_change{from, breaker_state::open, why_};
}

std::optional<breaker_change> circuit_breaker::reset(std::string why) {
  few_.clear();
  many_.clear();
  if (closed_)
    return std::nullopt;
  closed_ = true;
  probing_.reset();
  why_.clear();
  return breaker_change{breaker_state::half_open, breaker_state::closed, std::move(why)};
}

} // namespace troupe
