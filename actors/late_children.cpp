#include "actors/late_children.hpp"

namespace troupe {

void late_children::add(const std::string& supervisor, const child_spec& what) {
  remove(supervisor, what.rules.id);
  std::lock_guard hold{mutex_};
  of_[supervisor].push_back(what);
}

void late_children::remove(const std::string& supervisor, const std::string& id) {
  std::lock_guard hold{mutex_};
  if (const auto hit = of_.find(supervisor); hit != of_.end())
    std::erase_if(hit->second, [&](const child_spec& x) { return x.rules.id == id; });
}

void late_children::clear() {
  std::lock_guard hold{mutex_};
  of_.clear();
}

void late_children::append_to(std::vector<child_spec>& children,
                              const std::string& supervisor) const {
  std::lock_guard hold{mutex_};
  if (const auto more = of_.find(supervisor); more != of_.end())
    children.insert(children.end(), more->second.begin(), more->second.end());
}

} // namespace troupe
