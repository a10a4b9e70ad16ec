#include "policies/failover.hpp"

#include "policies/deadline.hpp"
#include "policies/shard_map.hpp"

#include <algorithm>

namespace troupe {

bool region_there(const member_table& table, std::string_view region) noexcept {
  return std::any_of(table.rows.begin(), table.rows.end(), [&](const member& m) {
    return m.region == region && m.state == member_state::up && !m.cut_off;
  });
}

std::optional<failover_decision> failover::decide(const member_table& table, timestamp now) {
  next_ = no_deadline;
  if (!began_)
    began_ = now;
  for (const auto& r : settings_.regions) {
    if (region_there(table, r.name)) {
      there_since_.emplace(r.name, now);
      seen_.emplace(r.name);
    } else {
      there_since_.erase(r.name);
    }
  }
  for (const auto& r : settings_.regions) {
    const std::string serving{serving_region(table, r.name)};
    const auto home = there_since_.find(r.name);
    const bool home_there = home != there_since_.end();
    if (serving == r.name) {
      commanded_.erase(r.name);
      if (home_there)
        continue;
      const auto patience = later(*began_, settings_.start_wait);
      if (!seen_.contains(r.name) && now < patience) {
        next_ = std::min(next_, patience);
        continue;
      }
    } else if (home_there) {
      const auto due = later(home->second, settings_.stable);
      // It stands until the table has it: a write may come too late for its table.
      if (commanded_.contains(r.name))
        return failover_decision{{r.name, r.name}, r.name + " was told to return"};
      if (!region_there(table, serving))
        return failover_decision{{r.name, r.name},
                                 serving + " is gone, and " + r.name + " is back"};
      if (settings_.back == region_return::automatic) {
        if (now >= due)
          return failover_decision{{r.name, r.name},
                                   r.name + " has been back for " +
                                       std::to_string(settings_.stable.count()) + " ms"};
        next_ = std::min(next_, due);
      }
      continue;
    } else {
      commanded_.erase(r.name);
      if (region_there(table, serving))
        continue;
    }
    for (const auto& backup : r.backups)
      if (backup != serving && region_there(table, backup))
        return failover_decision{{r.name, backup}, serving + " is gone"};
  }
  return std::nullopt;
}

bool failover::command_return(std::string_view home, const member_table& table) {
  const bool known = std::any_of(settings_.regions.begin(), settings_.regions.end(),
                                 [&](const region_plan& r) { return r.name == home; });
  if (!known || serving_region(table, home) == home || !region_there(table, home))
    return false;
  commanded_.emplace(home);
  return true;
}

home_choice choose_home(const std::vector<std::string>& regions, std::string_view recorded,
                        std::string_view asked, std::string_view door) {
  const auto known = [&](std::string_view r) {
    return std::find(regions.begin(), regions.end(), r) != regions.end();
  };
  if (known(recorded))
    return {std::string{recorded}, "recorded"};
  if (known(asked))
    return {std::string{asked}, "asked for"};
  if (known(door))
    return {std::string{door}, "the door's region"};
  return {regions.empty() ? std::string{} : regions.front(), "the first region"};
}

} // namespace troupe
