#include "actors/front_desk.hpp"

#include "policies/failover.hpp"

namespace troupe {

// Where sessions are at home.

namespace {

constexpr std::size_t homes_max = 100000;   ///< remembered
constexpr std::chrono::hours remembered{1}; ///< then the store is told again that it is in use

} // namespace

void front_desk_state::home_of(const std::string& key, const std::string& asked,
                               std::function<void(const std::string&, const refused&)> then) {
  const auto wanted = choose_home(parts_->layout.regions, {}, asked, parts_->fleet.region).region;
  const auto now = parts_->now(self_);
  if (const auto known = homes_.find(key); known != homes_.end() && known->second.until > now)
    return then(known->second.region, {});
  if (!journal_)
    return then(wanted, {});
  const auto about = std::make_shared<inquiry<home_found>>(
      [this, key, then](const home_found& x) {
        if (homes_.size() >= homes_max)
          homes_.clear();
        homes_[key] = {x.home, later(parts_->now(self_), remembered)};
        then(x.home, {});
        return true;
      },
      [then](const inquiry<home_found>::ending& end) { then({}, end.why); });
  ask_store<home_found>(
      homes_asked_, about,
      [me = caf::actor_cast<caf::actor>(self_), key, wanted, now](store& where,
                                                                  std::uint64_t request) {
        auto home = where.claim_home(key, wanted, now);
        caf::anon_send(me, at_front_desk{[request, home](front_desk_state& desk) {
                         desk.homes_asked_.take(home_found{request, home});
                       }});
      },
      later(now, patience));
}

} // namespace troupe
