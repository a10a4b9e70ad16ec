#include "actors/work_desk.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace troupe {

namespace {

/// Long enough that nobody guesses it: who has it may end the call.
std::string new_lease() {
  thread_local std::random_device chance;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (int i = 0; i < 4; ++i) {
    auto x = chance();
    for (int k = 0; k < 8; ++k, x >>= 4)
      out += digits[x & 15];
  }
  return out;
}

} // namespace

work_desk::~work_desk() {
  std::vector<tools::alarm_clock::id> alarms;
  {
    const std::lock_guard hold{mutex_};
    for (const auto& [id, x] : items_)
      alarms.push_back(x.alarm);
    for (const auto& [id, x] : askers_)
      alarms.push_back(x.alarm);
    items_.clear();
    askers_.clear();
  }
  for (const auto a : alarms)
    clock_.cancel(a);
}

work_desk::loan work_desk::lend(std::uint64_t id, item& x) {
  x.lent = new_lease();
  watch(id, x);
  auto call = x.call;
  const auto left = std::max(milliseconds{0},
                             std::chrono::duration_cast<milliseconds>(x.deadline - steady::now()));
  call["deadline_ms"] = left.count(); // Some of it may have been spent waiting.
  return {id, x.lent, x.lease, std::move(call)};
}

void work_desk::watch(std::uint64_t id, item& x) {
  clock_.cancel(x.alarm);
  x.alarm = clock_.after(x.lease, [this, id, lease = x.lent] { run_out(id, lease); });
}

void work_desk::run_out(std::uint64_t id, const std::string& lease) {
  done_fn done;
  {
    const std::lock_guard hold{mutex_};
    const auto hit = items_.find(id);
    if (hit == items_.end() || hit->second.lent != lease)
      return;
    done = std::move(hit->second.done);
    items_.erase(hit);
  }
  done(outcome::of({reason::crash, "the worker let its lease run out", {}}));
}

std::uint64_t work_desk::offer(std::string agent, json call, steady::time_point deadline,
                               milliseconds lease, done_fn done) {
  std::uint64_t id = 0;
  {
    const std::lock_guard hold{mutex_};
    id = ++numbers_;
    items_[id] = {std::move(agent), std::move(call), deadline, lease, std::move(done), {}, 0};
  }
  hand_out(id);
  return id;
}

void work_desk::hand_out(std::uint64_t id) {
  take_fn take;
  std::optional<loan> given;
  tools::alarm_clock::id alarm = 0;
  {
    const std::lock_guard hold{mutex_};
    const auto hit = items_.find(id);
    if (hit == items_.end() || !hit->second.lent.empty())
      return; // Somebody has asked for it meanwhile.
    const auto first = std::find_if(askers_.begin(), askers_.end(), [&](const auto& a) {
      return a.second.agent == hit->second.agent;
    });
    if (first == askers_.end())
      return;
    take = std::move(first->second.take);
    alarm = first->second.alarm;
    askers_.erase(first);
    given = lend(id, hit->second);
  }
  clock_.cancel(alarm);
  take(std::move(given));
}

void work_desk::withdraw(std::uint64_t id) {
  done_fn done;
  {
    const std::lock_guard hold{mutex_};
    const auto hit = items_.find(id);
    if (hit == items_.end())
      return;
    clock_.cancel(hit->second.alarm);
    done = std::move(hit->second.done);
    items_.erase(hit);
  }
  done(outcome::of({reason::cancelled, "nobody waits for it any more", {}}));
}

std::uint64_t work_desk::ask(std::string agent, milliseconds wait, take_fn take) {
  std::optional<loan> given;
  std::uint64_t number = 0;
  {
    const std::lock_guard hold{mutex_};
    number = ++numbers_;
    const auto oldest = std::find_if(items_.begin(), items_.end(), [&](const auto& x) {
      return x.second.lent.empty() && x.second.agent == agent;
    });
    if (oldest != items_.end()) {
      given = lend(oldest->first, oldest->second);
    } else if (wait.count() > 0 && askers_.size() < askers_max) {
      auto& a = askers_[number];
      a = {std::move(agent), std::move(take), 0};
      a.alarm = clock_.after(wait, [this, number] {
        take_fn nothing;
        {
          const std::lock_guard inner{mutex_};
          const auto hit = askers_.find(number);
          if (hit == askers_.end())
            return;
          nothing = std::move(hit->second.take);
          askers_.erase(hit);
        }
        nothing(std::nullopt);
      });
      return number;
    }
  }
  take(std::move(given));
  return number;
}

void work_desk::stop_waiting(std::uint64_t number) {
  take_fn gone;
  const std::lock_guard hold{mutex_};
  const auto hit = askers_.find(number);
  if (hit == askers_.end())
    return;
  clock_.cancel(hit->second.alarm);
  gone = std::move(hit->second.take);
  askers_.erase(hit);
}

work_desk::taken work_desk::renew(std::uint64_t id, std::string_view lease, milliseconds& left) {
  const std::lock_guard hold{mutex_};
  const auto hit = items_.find(id);
  if (hit == items_.end() || hit->second.lent.empty() || hit->second.lent != lease)
    return taken::unknown;
  watch(id, hit->second);
  left = std::max(milliseconds{0},
                  std::chrono::duration_cast<milliseconds>(hit->second.deadline - steady::now()));
  return taken::yes;
}

work_desk::taken work_desk::end(std::uint64_t id, std::string_view lease, outcome x) {
  done_fn done;
  tools::alarm_clock::id alarm = 0;
  {
    const std::lock_guard hold{mutex_};
    const auto hit = items_.find(id);
    if (hit == items_.end() || hit->second.lent.empty() || hit->second.lent != lease)
      return taken::unknown;
    done = std::move(hit->second.done);
    alarm = hit->second.alarm;
    items_.erase(hit);
  }
  clock_.cancel(alarm);
  done(std::move(x));
  return taken::yes;
}

void work_desk::give_back(std::uint64_t id, std::string_view lease) {
  {
    const std::lock_guard hold{mutex_};
    const auto hit = items_.find(id);
    if (hit == items_.end() || hit->second.lent.empty() || hit->second.lent != lease)
      return;
    clock_.cancel(hit->second.alarm);
    hit->second.alarm = 0;
    hit->second.lent.clear();
  }
  hand_out(id);
}

std::size_t work_desk::askers() const {
  const std::lock_guard hold{mutex_};
  return askers_.size();
}

std::string work_desk::agent_of(std::uint64_t id) const {
  const std::lock_guard hold{mutex_};
  const auto hit = items_.find(id);
  return hit == items_.end() || hit->second.lent.empty() ? std::string{} : hit->second.agent;
}

} // namespace troupe
