#include "policies/refusal_book.hpp"

#include <algorithm>

namespace troupe {

bool refusal_book::bucket::take(timestamp now, double most, milliseconds refill) {
  if (at == timestamp::min()) {
    left = most;
  } else if (now > at) {
    const auto waited = std::chrono::duration<double, std::milli>(now - at).count();
    left = std::min(most, left + waited / static_cast<double>(refill.count()));
  }
  at = std::max(at, now);
  if (left < 1)
    return false;
  left -= 1;
  return true;
}

void refusal_book::forget_idle(timestamp now) {
  // Who has a full bucket again and owes no record is as good as new.
  const auto idle = std::max(settings_.record_every,
                             milliseconds{static_cast<milliseconds::rep>(
                                 settings_.burst * static_cast<double>(settings_.refill.count()))});
  std::erase_if(sources_, [&](const auto& x) { return x.second.seen + idle <= now; });
}

refusal_book::source_entry& refusal_book::entry_of(const std::string& source, timestamp now) {
  const auto hit = sources_.find(source);
  if (hit != sources_.end())
    return hit->second;
  if (sources_.size() >= settings_.sources_max)
    forget_idle(now);
  return sources_[sources_.size() >= settings_.sources_max ? std::string{} : source];
}

refusal_book::advice refusal_book::refused(const std::string& source, timestamp now) {
  auto& who = entry_of(source, now);
  who.seen = now;
  ++who.unrecorded;
  advice out;
  out.put_off = !who.words.take(now, settings_.burst, settings_.refill);
  if (out.put_off)
    out.retry_after = settings_.refill;
  const bool due = who.recorded == timestamp::min() || now - who.recorded >= settings_.record_every;
  if (due && records_.take(now, settings_.records_burst, settings_.records_refill)) {
    who.recorded = now;
    out.to_record = who.unrecorded;
    who.unrecorded = 0;
  }
  return out;
}

} // namespace troupe
