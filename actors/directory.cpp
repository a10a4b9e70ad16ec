#include "actors/directory.hpp"

#include "actors/arrivals.hpp"
#include "actors/seat_messages.hpp"

#include <algorithm>
#include <memory_resource>

namespace troupe {

namespace {

/// Seats lie side by side, whatever is made between them: the router looks at neighbours, and among
/// a hundred thousand agents each page of memory more costs a walk through cold tables. Never
/// destroyed, since seats outlive directories.
std::pmr::memory_resource& memory_of_seats() {
  static auto* const pool = new std::pmr::synchronized_pool_resource{{1024, 1024}};
  return *pool;
}

} // namespace

seat_ptr directory::claim(const address& where, std::shared_ptr<const agent_spec> what,
                          provider_ptr depends_on) {
  std::unique_lock hold{mutex_};
  auto& place = seats_[{where.kind, where.name}];
  if (!place || (what && place->spec() != what)) {
    place = std::allocate_shared<seat>(std::pmr::polymorphic_allocator<seat>{&memory_of_seats()},
                                       where, std::move(what), std::move(depends_on));
    layout_.fetch_add(1, std::memory_order_release);
  }
  return place;
}

provider_ptr directory::claim_provider(const std::string& name, const breaker_spec& limits) {
  std::unique_lock hold{mutex_};
  auto& known = providers_[name];
  if (!known)
    known = std::make_shared<provider>(name, limits);
  return known;
}

std::vector<provider_ptr> directory::providers() const {
  std::shared_lock hold{mutex_};
  std::vector<provider_ptr> out;
  for (const auto& [name, p] : providers_)
    out.push_back(p);
  return out;
}

seat_ptr directory::find(const address& where) const {
  std::shared_lock hold{mutex_};
  auto hit = seats_.find({where.kind, where.name});
  return hit == seats_.end() ? nullptr : hit->second;
}

void directory::drop(const address& where) {
  std::unique_lock hold{mutex_};
  if (seats_.erase({where.kind, where.name}) > 0)
    layout_.fetch_add(1, std::memory_order_release);
}

caf::actor directory::resolve(const address& where) const {
  auto found = find(where);
  return found ? found->now().handle : caf::actor{};
}

std::vector<seat_ptr> directory::all(address_kind kind) const {
  std::shared_lock hold{mutex_};
  std::vector<seat_ptr> out;
  for (auto i = seats_.lower_bound({kind, {}}); i != seats_.end() && i->first.first == kind; ++i)
    out.push_back(i->second);
  return out;
}

address directory::orchestrator_of(std::string_view domain, std::uint32_t shard) {
  return {address_kind::domain, std::string{domain} + "#" + std::to_string(shard)};
}

void directory::watch(seat_ptr who) {
  std::unique_lock hold{mutex_};
  if (std::find(watchers_.begin(), watchers_.end(), who) == watchers_.end())
    watchers_.push_back(std::move(who));
}

void directory::watch_arrivals(seat_ptr who, address_kind kind) {
  std::unique_lock hold{mutex_};
  std::pair entry{kind, std::move(who)};
  if (std::find(arrivals_.begin(), arrivals_.end(), entry) == arrivals_.end())
    arrivals_.push_back(std::move(entry));
}

void directory::announce_taken(const seat_ptr& who) const {
  std::shared_lock hold{mutex_};
  for (const auto& [kind, watcher] : arrivals_)
    if (kind == who->where().kind && watcher != who)
      if (const auto to = watcher->now().handle)
        caf::anon_send(to, seat_taken{who});
}

void directory::announce_down(const seat_ptr& who, std::uint64_t incarnation,
                              const std::string& why) const {
  std::vector<seat_ptr> watchers;
  {
    std::shared_lock hold{mutex_};
    watchers = watchers_;
  }
  for (const auto& watcher : watchers)
    if (watcher != who && watcher->elsewhere().empty())
      if (auto to = watcher->now().handle)
        caf::anon_send(to, seat_down{who, incarnation, why});
}

} // namespace troupe
