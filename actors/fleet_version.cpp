#include "actors/fleet_version.hpp"

#include "actors/boundary.hpp"

namespace troupe {

boundary_ptr fleet_version::boundary_of(const agent_spec& who) const {
  if (!has(who))
    return boundary::of(who, domain(who.card.domain));
  const auto made = boundaries.find(who.card.domain + "/" + who.card.name);
  return made == boundaries.end() ? nullptr : made->second;
}

fleet_version_ptr fleet_versions::current() const {
  std::lock_guard hold{mutex_};
  return current_;
}

fleet_version_ptr fleet_versions::find(std::uint64_t number) const {
  std::lock_guard hold{mutex_};
  const auto hit = all_.find(number);
  return hit == all_.end() ? nullptr : hit->second;
}

std::vector<fleet_version_ptr> fleet_versions::all() const {
  std::lock_guard hold{mutex_};
  std::vector<fleet_version_ptr> out;
  for (const auto& [number, x] : all_)
    out.push_back(x);
  return out;
}

fleet_version_ptr fleet_versions::of(const agent_spec& who) const {
  std::lock_guard hold{mutex_};
  for (auto i = all_.rbegin(); i != all_.rend(); ++i)
    if (i->second->has(who))
      return i->second;
  return nullptr;
}

std::map<std::string, std::vector<seat_ptr>> fleet_versions::orchestrators() const {
  std::lock_guard hold{mutex_};
  std::map<std::string, std::vector<seat_ptr>> out;
  for (const auto& [number, x] : all_)
    for (const auto& [path, domain] : x->domains)
      out.emplace(path, domain.shards);
  return out;
}

void fleet_versions::put(fleet_version_ptr x) {
  std::lock_guard hold{mutex_};
  if (all_.empty() || current_->number == x->number)
    current_ = x;
  all_[x->number] = std::move(x);
  changes_.fetch_add(1, std::memory_order_release);
}

bool fleet_versions::use(std::uint64_t number) {
  std::lock_guard hold{mutex_};
  const auto hit = all_.find(number);
  if (hit == all_.end())
    return false;
  current_ = hit->second;
  changes_.fetch_add(1, std::memory_order_release);
  return true;
}

void fleet_versions::drop(std::uint64_t number) {
  std::lock_guard hold{mutex_};
  if (current_->number == number)
    return;
  all_.erase(number);
  changes_.fetch_add(1, std::memory_order_release);
}

void fleet_versions::show_nodes(std::map<std::string, std::uint64_t> x) {
  std::lock_guard hold{mutex_};
  nodes_ = std::move(x);
}

std::map<std::string, std::uint64_t> fleet_versions::nodes() const {
  std::lock_guard hold{mutex_};
  return nodes_;
}

void fleet_versions::note_added(std::string agent) {
  std::lock_guard hold{mutex_};
  added_.insert(std::move(agent));
  changes_.fetch_add(1, std::memory_order_release);
}

bool fleet_versions::was_added(std::string_view agent) const {
  std::lock_guard hold{mutex_};
  return added_.contains(agent);
}

} // namespace troupe
