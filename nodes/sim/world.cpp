#include "nodes/sim/world.hpp"

#include <cmath>

namespace troupe::sim {

namespace {

constexpr milliseconds shortest_job{1};
constexpr milliseconds longest_job{1500};
constexpr milliseconds late_from{2000};
constexpr milliseconds late_to{120000};
constexpr milliseconds stop_within{200};

} // namespace

microseconds world::between(milliseconds from, milliseconds to) noexcept {
  const auto low = std::log(static_cast<double>(std::max<std::int64_t>(from.count(), 1)));
  const auto high = std::log(static_cast<double>(std::max<std::int64_t>(to.count(), 1)));
  const auto ms = std::exp(low + (high - low) * unit_interval(draw()));
  return microseconds{static_cast<std::int64_t>(ms * 1000)};
}

void world::at(timestamp when, std::function<void()> what, bool of_process) {
  all_->agenda.emplace(std::pair{std::max(when, now()), ++all_->next_number},
                       item{std::move(what), of_process ? this : nullptr});
}

void world::happen() {
  auto next = all_->agenda.extract(all_->agenda.begin());
  now(next.key().first);
  next.mapped().what();
}

void world::forget_process() {
  std::erase_if(all_->agenda, [this](const auto& x) { return x.second.of == this; });
}

void world::note(std::string_view line) {
  auto& log = all_->log;
  log += std::to_string(now().time_since_epoch().count());
  log += ' ';
  if (!name_.empty())
    log.append(name_).append(": ");
  log += line;
  log += '\n';
}

tools::worker_pool::job_id sim_pool::submit(job what, std::chrono::milliseconds) {
  const auto id = ++last_;
  auto& e = jobs_[id];
  e.what = std::move(what);
  e.since = world_.now();
  e.hangs = world_.chance(times_.hangs);
  if (e.hangs)
    return id;
  const bool late = world_.chance(times_.late);
  world_.after(
      late ? world_.between(late_from, late_to) : world_.between(shortest_job, longest_job),
      [this, id] { run(id); }, true);
  return id;
}

void sim_pool::cancel(job_id id) {
  auto hit = jobs_.find(id);
  if (hit == jobs_.end())
    return;
  hit->second.stop.request_stop();
  if (hit->second.hangs && world_.chance(0.5))
    world_.after(
        world_.between(shortest_job, stop_within), [this, id] { run(id); }, true);
}

void sim_pool::run(job_id id) {
  auto hit = jobs_.extract(id);
  if (hit.empty())
    return;
  world_.doing_since = hit.mapped().since;
  hit.mapped().what(hit.mapped().stop.get_token());
  world_.doing_since = timestamp::max();
}

} // namespace troupe::sim
