#include "policies/ownership.hpp"

#include "policies/deadline.hpp"

#include <algorithm>

namespace troupe {

using ownership_act = ownership_action::kind;

ownership::ownership(std::string self, std::vector<std::string> domains, shard_layout layout,
                     const ownership_settings& settings)
    : self_(std::move(self))
    , domains_(std::move(domains))
    , layout_(std::move(layout))
    , settings_(settings) {
  for (const auto& d : domains_)
    owners_[d].resize(layout_.shards());
}

void ownership::serve(const std::vector<std::string>& domains, timestamp now, actions& todo) {
  const auto served = [&](const std::string& domain) {
    return std::find(domains.begin(), domains.end(), domain) != domains.end();
  };
  std::erase_if(owners_, [&](const auto& x) { return !served(x.first); });
  std::erase_if(shards_, [&](const auto& x) {
    if (served(x.first.domain))
      return false;
    todo.push_back(
        {ownership_act::drop, x.first, {}, table_.version, {}, "its domain is not served"});
    return true;
  });
  for (const auto& domain : domains) {
    const auto [owners, is_new] = owners_.try_emplace(domain);
    if (!is_new)
      continue;
    owners->second = owners_of(table_, domain, layout_);
    owners->second.resize(layout_.shards());
    for (std::uint32_t i = 0; i < owners->second.size(); ++i)
      if (owners->second[i] == self_)
        gain({domain, i}, {}, now);
  }
  domains_ = domains;
  pump(now, todo);
}

bool ownership::can_hand_over(const std::string& node) const noexcept {
  const auto* m = table_.find(node);
  return m && (m->state == member_state::up || m->state == member_state::leaving) && !m->cut_off;
}

void ownership::use(const member_table& table, timestamp now, actions& todo) {
  if (table.version < table_.version)
    return;
  const bool same = table.version == table_.version;
  const bool skipped = table.version > table_.version + 1;
  std::vector<std::string> restarted;
  for (const auto& m : table.rows)
    if (const auto* old = table_.find(m.node); old && old->incarnation != m.incarnation)
      restarted.push_back(m.node);
  table_ = table;
  if (skipped) {
    // Somebody else may have owned it in between, and may still believe so.
    for (auto& [key, e] : shards_)
      e.leased_from = std::max(e.leased_from, later(now, full_wait()));
  }
  const auto gone = [&](const std::string& node) {
    return std::find(restarted.begin(), restarted.end(), node) != restarted.end();
  };
  const auto before = owners_;
  if (!same)
    for (auto& [domain, owners] : owners_)
      owners = owners_of(table, domain, layout_);
  std::vector<shard_key> known;
  for (auto& [key, e] : shards_) {
    if (gone(e.from))
      e.from.clear();
    known.push_back(key);
  }
  for (const auto& key : known)
    use_owner(key, owner_of(key), now, todo);
  for (const auto& [domain, owners] : owners_)
    for (std::uint32_t i = 0; i < owners.size(); ++i)
      if (owners[i] == self_) {
        const auto& last = before.find(domain)->second[i];
        gain({domain, i}, gone(last) ? std::string{} : last, now);
      }
  pump(now, todo);
}

void ownership::use_owner(const shard_key& key, const std::string& owner, timestamp now,
                          actions& todo) {
  auto hit = shards_.find(key);
  if (owner == self_) {
    if (auto& e = hit->second; e.now == hold::fenced)
      e = {hold::waiting,          0, {}, now, e.lost, later(now, wait_after(e.lost)),
           later(now, full_wait())};
    else if (hit->second.now == hold::waiting && !can_hand_over(hit->second.from))
      hit->second.from.clear();
    return;
  }
  switch (hit->second.now) {
  case hold::taking:
    // Nobody waits for it: whoever is to take it here might get through to the store only when its
    // next owner has it.
  case hold::held:
    hit->second.now = hold::draining;
    todo.push_back({ownership_act::drain,
                    key,
                    owner,
                    table_.version,
                    {},
                    owner.empty() ? "no member serves it" : owner + " owns it now"});
    break;
  case hold::waiting:
  case hold::fenced:
    shards_.erase(hit);
    break;
  case hold::draining:
    break;
  }
}

milliseconds ownership::wait_after(std::uint32_t lost) const noexcept {
  if (lost <= 1)
    return {};
  return std::min(settings_.retry * (std::int64_t{1} << std::min(lost - 2, 20u)),
                  settings_.calm / 2);
}

void ownership::gain(const shard_key& key, const std::string& before, timestamp now) {
  if (shards_.contains(key))
    return;
  entry e;
  e.since = now;
  e.next = now;
  e.leased_from = later(now, full_wait());
  if (before != self_ && can_hand_over(before))
    e.from = before;
  shards_.emplace(key, std::move(e));
}

void ownership::pump(timestamp now, actions& todo) {
  auto taking = static_cast<std::size_t>(std::count_if(
      shards_.begin(), shards_.end(), [](const auto& x) { return x.second.now == hold::taking; }));
  for (auto& [key, e] : shards_) {
    if ((e.now != hold::waiting && e.now != hold::taking) || now < e.next)
      continue;
    if (e.now == hold::waiting && !e.from.empty()) {
      if (now < later(e.since, settings_.handover_wait)) {
        e.next = later(now, settings_.ask_every);
        todo.push_back(
            {ownership_act::ask, key, e.from, table_.version, {}, "the shard has come to us"});
        continue;
      }
      e.from.clear();
    }
    if (e.now == hold::waiting && taking >= settings_.takes_at_once) {
      e.next = later(now, settings_.retry / 10);
      continue;
    }
    if (e.now == hold::waiting)
      ++taking;
    // Taking it twice is harmless: the later epoch is the higher one.
    e.now = hold::taking;
    e.next = later(now, settings_.handover_wait);
    todo.push_back({ownership_act::take, key, {}, table_.version, {}, {}});
  }
  arm(now);
}

void ownership::arm(timestamp now) {
  next_ = no_deadline;
  for (const auto& [key, e] : shards_)
    if (e.now == hold::waiting || e.now == hold::taking)
      next_ = std::min(next_, std::max(e.next, now));
}

void ownership::tick(timestamp now, actions& todo) {
  pump(now, todo);
}

void ownership::taken(const shard_key& shard, std::uint64_t epoch, timestamp now, actions& todo) {
  auto hit = shards_.find(shard);
  if (hit == shards_.end())
    return;
  auto& e = hit->second;
  if (e.now == hold::held || e.now == hold::draining) {
    e.epoch = std::max(e.epoch, epoch);
    return;
  }
  if (e.now != hold::taking)
    return;
  e.now = hold::held;
  e.epoch = epoch;
  e.since = now;
  pump(now, todo);
}

void ownership::take_failed(const shard_key& shard, timestamp now) {
  auto hit = shards_.find(shard);
  if (hit == shards_.end() || hit->second.now != hold::taking)
    return;
  hit->second.next = later(now, settings_.retry);
  arm(now);
}

void ownership::fenced(const shard_key& shard, std::uint64_t epoch, timestamp now, actions& todo) {
  auto hit = shards_.find(shard);
  if (hit == shards_.end() || epoch == 0 || epoch != epoch_of(shard))
    return;
  todo.push_back({ownership_act::drop, shard, {}, table_.version, {}, "it has a newer owner"});
  auto& e = hit->second;
  e.lost = now >= later(e.since, settings_.calm) ? 1 : e.lost + 1;
  e.now = hold::fenced;
  e.epoch = 0;
  todo.push_back(
      {ownership_act::refresh, shard, {}, table_.version, {}, "another node owns the shard"});
  arm(now);
}

void ownership::drained(const shard_key& shard, timestamp now, actions& todo) {
  auto hit = shards_.find(shard);
  if (hit == shards_.end() || hit->second.now != hold::draining)
    return;
  const auto leased_in = left(hit->second.leased_from, now);
  shards_.erase(hit);
  const auto owner = owner_of(shard);
  if (owner == self_)
    gain(shard, {}, now);
  else if (!owner.empty())
    todo.push_back({ownership_act::released, shard, owner, table_.version, leased_in, {}});
  pump(now, todo);
}

void ownership::asked(const shard_key& shard, const std::string& node, std::uint64_t version,
                      actions& todo) {
  if (version > table_.version) {
    todo.push_back({ownership_act::refresh, shard, {}, version, {}, node + " knows a newer table"});
    return;
  }
  const auto hit = shards_.find(shard);
  const bool busy_with_it =
      hit != shards_.end() && hit->second.now != hold::waiting && hit->second.now != hold::fenced;
  // What is still being let go of says so when it is. Somebody with an old table reads ours when it
  // sees the version of this answer.
  if (!busy_with_it || version < table_.version)
    todo.push_back({ownership_act::released, shard, node, table_.version, full_wait(), {}});
}

void ownership::released(const shard_key& shard, const std::string& node, std::uint64_t version,
                         milliseconds leased_in, timestamp now, actions& todo) {
  if (version > table_.version) {
    todo.push_back({ownership_act::refresh, shard, {}, version, {}, node + " knows a newer table"});
    return;
  }
  auto hit = shards_.find(shard);
  if (hit == shards_.end() || hit->second.now != hold::waiting || hit->second.from != node)
    return;
  auto& e = hit->second;
  e.from.clear();
  e.next = now;
  if (version == table_.version)
    e.leased_from = std::min(e.leased_from, later(now, leased_in));
  pump(now, todo);
}

void ownership::stop(actions& todo) {
  for (const auto& [key, e] : shards_)
    if (e.now != hold::waiting && e.now != hold::fenced)
      todo.push_back(
          {ownership_act::drop, key, {}, table_.version, {}, "this incarnation is over"});
  shards_.clear();
  next_ = no_deadline;
}

std::uint64_t ownership::epoch_of(const shard_key& shard) const noexcept {
  auto hit = shards_.find(shard);
  const bool serves =
      hit != shards_.end() && (hit->second.now == hold::held || hit->second.now == hold::draining);
  return serves ? hit->second.epoch : 0;
}

shard_leases ownership::leases() const {
  shard_leases out;
  for (const auto& [key, e] : shards_)
    if (e.now == hold::held)
      out.from.emplace(key, e.leased_from);
  return out;
}

std::string ownership::owner_of(const shard_key& shard) const {
  auto hit = owners_.find(shard.domain);
  return hit == owners_.end() || shard.shard >= hit->second.size() ? std::string{}
                                                                   : hit->second[shard.shard];
}

shard_route ownership::route(const shard_key& shard, std::size_t hops,
                             const std::function<bool(std::string_view)>& linked) const {
  using to = shard_route::kind;
  constexpr std::size_t hops_most = 3;
  auto hit = shards_.find(shard);
  if (hit != shards_.end() && hit->second.now == hold::held)
    return {to::here, {}, {}};
  if (hit != shards_.end())
    return {to::park, {}, "the shard is on its way"};
  const auto owner = owner_of(shard);
  if (owner.empty())
    return {to::refuse,
            {},
            "no member serves shard " + std::to_string(shard.shard) + " of " + shard.domain};
  if (owner == self_ || hops >= hops_most)
    return {to::park, {}, "the nodes do not agree yet where the shard is"};
  if (linked(owner))
    return {to::forward, owner, {}};
  if (hops == 0) {
    std::vector<const member*> between;
    std::vector<rendezvous_candidate> candidates;
    for (const auto& m : table_.rows)
      if (m.state == member_state::up && m.node != self_ && m.node != owner && linked(m.node)) {
        between.push_back(&m);
        candidates.push_back({stable_hash(m.node), 1});
      }
    const auto key = stable_hash(shard.domain + "#" + std::to_string(shard.shard));
    if (const auto best = rendezvous_pick(key, candidates); best != no_candidate)
      return {to::relay, between[best]->node, "there is no link with " + owner};
  }
  return {to::park, {}, "there is no link with " + owner};
}

} // namespace troupe
