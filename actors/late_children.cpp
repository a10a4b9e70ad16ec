#include "actors/late_children.hpp"

#include <algorithm>

namespace troupe {

void late_children::put(children& to, const std::string& supervisor, const child_spec& what) {
  take(to, supervisor, what.rules.id);
  to[supervisor].push_back(what);
}

void late_children::take(children& from, const std::string& supervisor, const std::string& id) {
  if (const auto hit = from.find(supervisor); hit != from.end())
    std::erase_if(hit->second, [&](const child_spec& x) { return x.rules.id == id; });
}

void late_children::add(const std::string& supervisor, const child_spec& what) {
  std::lock_guard hold{mutex_};
  put(of_, supervisor, what);
}

void late_children::remove(const std::string& supervisor, const std::string& id) {
  std::lock_guard hold{mutex_};
  take(of_, supervisor, id);
}

bool late_children::has(const std::string& supervisor, const std::string& id) const {
  std::lock_guard hold{mutex_};
  const auto hit = of_.find(supervisor);
  return hit != of_.end() && std::any_of(hit->second.begin(), hit->second.end(),
                                         [&](const child_spec& x) { return x.rules.id == id; });
}

void late_children::clear() {
  std::lock_guard hold{mutex_};
  of_.clear();
}

void late_children::keep(const std::string& supervisor, const child_spec& what) {
  std::lock_guard hold{mutex_};
  put(kept_, supervisor, what);
  dropped_[supervisor].erase(what.rules.id);
}

void late_children::drop(const std::string& supervisor, const std::string& id) {
  std::lock_guard hold{mutex_};
  take(of_, supervisor, id);
  take(kept_, supervisor, id);
  dropped_[supervisor].insert(id);
}

void late_children::set_rules(const std::string& supervisor, supervision strategy,
                              const restart_intensity& intensity) {
  std::lock_guard hold{mutex_};
  rules_.insert_or_assign(supervisor, rules{strategy, intensity});
}

void late_children::complete(supervisor_config& what) const {
  std::lock_guard hold{mutex_};
  if (const auto gone = dropped_.find(what.name); gone != dropped_.end())
    std::erase_if(what.children,
                  [&](const child_spec& x) { return gone->second.contains(x.rules.id); });
  for (const auto* more : {&kept_, &of_})
    if (const auto hit = more->find(what.name); hit != more->end())
      what.children.insert(what.children.end(), hit->second.begin(), hit->second.end());
  if (const auto other = rules_.find(what.name); other != rules_.end()) {
    what.strategy = other->second.strategy;
    what.intensity = other->second.intensity;
  }
}

} // namespace troupe
