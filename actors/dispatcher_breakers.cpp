#include "actors/dispatcher.hpp"

#include <algorithm>

namespace troupe {

namespace {

/// The breakers that a call to `place` has to pass.
template <class F>
void each_breaker(const seat& place, F f) {
  f(place.breaker, place.where().name);
  if (const auto& p = place.depends_on())
    f(p->breaker, p->name);
}

} // namespace

void dispatcher::look_at_breakers(const seat& place, candidate& c, timestamp now) const {
  each_breaker(place, [&](const shared_breaker& b, const std::string&) {
    if (b.closed())
      return;
    const auto said = b.look(now);
    c.open = c.open || said == admission::barred;
    // A call that may act for real and cannot be repeated is no good probe: it goes there only when
    // there is nobody else.
    c.probe = c.probe || (said == admission::probe && place.spec()->card.does != effects::unsafe);
  });
  c.probe = c.probe && !c.open;
}

bool dispatcher::enter(const seat_ptr& place, std::uint8_t& probe, timestamp now) const {
  probe = 0;
  if (!place->breaker.closed()) {
    const auto said = place->breaker.enter(now);
    if (said == admission::barred)
      return false;
    if (said == admission::probe)
      probe |= agents_probe;
  }
  const auto& provider = place->depends_on();
  if (!provider || provider->breaker.closed())
    return true;
  const auto said = provider->breaker.enter(now);
  if (said == admission::barred) {
    if (probe != 0) // Given back: it has not been used.
      place->breaker.ended(call_sign::nothing, true, now);
    probe = 0;
    return false;
  }
  if (said == admission::probe)
    probe |= providers_probe;
  return true;
}

void dispatcher::give_back(seat& place, std::uint8_t probe, timestamp now) {
  if ((probe & agents_probe) != 0)
    place.breaker.ended(call_sign::nothing, true, now);
  if ((probe & providers_probe) != 0)
    place.depends_on()->breaker.ended(call_sign::nothing, true, now);
}

void dispatcher::tell_of_absent(std::string& because) const {
  std::size_t told = 0;
  for (std::size_t i = 0; i < seats_.size() && told < shown; ++i)
    if (const auto why = (*seats_[i])->absent_why(); !why.empty()) {
      ++told;
      because += (because.empty() ? "" : "; ") + (*seats_[i])->where().name + " is down: " + why;
    }
}

void dispatcher::tell_of_breakers(std::string& because, timestamp now) const {
  std::size_t told = 0;
  for (std::size_t i = 0; i < seats_.size() && told < shown; ++i) {
    if (!candidates_[i].open && !candidates_[i].probe)
      continue;
    each_breaker(**seats_[i], [&](const shared_breaker& b, const std::string& name) {
      const auto seen = b.seen(now);
      if (seen.state == breaker_state::closed)
        return;
      ++told;
      because += (because.empty() ? "" : "; ") + std::string{"the breaker of "} + name +
                 (seen.state == breaker_state::open ? " is open" : " wants a probe") + " (" +
                 seen.why + ")";
    });
  }
}

} // namespace troupe
