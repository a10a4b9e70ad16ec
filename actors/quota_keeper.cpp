#include "actors/quota_keeper.hpp"

#include "actors/quota_desk.hpp"
#include "actors/quota_leaves_json.hpp"
#include "actors/tick.hpp"
#include "policies/deadline.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t flows_most = 1000;
constexpr milliseconds come_again{200};
constexpr milliseconds frozen_most{std::chrono::hours{1}};

/// A node that is alone has everything, and need not ask for it again and again.
constexpr quota_times quota_alone{std::chrono::hours{1},    std::chrono::minutes{10},
                                  std::chrono::minutes{10}, milliseconds{0},
                                  quota_on_its_way,         milliseconds{0}};

quota_times times_of(const quota_plan::limit& x, bool alone) {
  auto out = alone ? quota_alone : quota_times{};
  out.on_its_way = x.on_its_way;
  out.longest = x.longest;
  return out;
}

quota_need need_of(const json& x) {
  quota_need out;
  out.used = quota_amount_of(x, "used");
  out.largest = quota_amount_of(x, "largest");
  out.longest =
      milliseconds{std::clamp<std::int64_t>(x.value("longest_ms", std::int64_t{0}), 0, 3600000)};
  const auto flows = x.find("flows");
  if (flows == x.end() || !flows->is_array())
    return out;
  for (const auto& f : *flows) {
    if (out.flows.size() >= flows_most)
      break;
    quota_flow one;
    const auto urgency = f.value("urgency", 2u);
    one.urgency = static_cast<priority>(std::min(urgency, 3u));
    one.tenant = f.value("tenant", std::uint64_t{0});
    one.weight = std::clamp(f.value("weight", 1.0), 0.01, 1e6);
    one.need = quota_amount_of(f, "need");
    out.flows.push_back(one);
  }
  return out;
}

} // namespace

void quota_keeper_state::init(caf::event_based_actor* self, parts_ptr parts) {
  self_ = self;
  parts_ = std::move(parts);
}

std::uint64_t quota_keeper_state::own_incarnation() const {
  if (!parts_->cluster)
    return 1;
  const auto table = parts_->cluster->seen();
  const auto* own = table.find(parts_->fleet.node_id);
  return own ? own->incarnation : 0;
}

bool quota_keeper_state::is_member(timestamp now) const {
  if (!parts_->cluster || parts_->cluster->leased_until() > now)
    return true;
  for (const auto& row : parts_->cluster->seen().rows) {
    if (row.node == parts_->fleet.node_id || row.state == member_state::down)
      continue;
    const auto place = parts_->places->find({address_kind::node, row.node + "/respondent"});
    if (!place || !place->now().handle)
      return false;
  }
  return true;
}

void quota_keeper_state::let_go() {
  const auto desk =
      parts_->places->find({address_kind::node, parts_->fleet.node_id + "/quota_desk"});
  const auto incarnation = own_incarnation();
  for (auto at = books_.begin(); at != books_.end();) {
    auto& [limit, k] = *at;
    // In another life of ours others have been the owner since: what was free then is theirs.
    const bool same_life = k.incarnation == incarnation;
    if (same_life && quota_owner(*parts_, limit) == parts_->fleet.node_id) {
      ++at;
      continue;
    }
    if (const auto free = k.book.close(); same_life && !free.none())
      send_to(self_, desk, quota_handed{limit, free});
    at = books_.erase(at);
  }
}

void quota_keeper_state::on_asked(const quota_asked& x) {
  const auto now = parts_->now(self_);
  let_go();
  const auto refuse = [&](std::string why) {
    x.then({}, {refusal::conflict, std::move(why), come_again});
  };
  const auto& plan = parts_->quota->plan();
  const auto limit = std::find_if(plan.limits.begin(), plan.limits.end(),
                                  [&](const quota_plan::limit& l) { return l.name == x.limit; });
  if (limit == plan.limits.end())
    return refuse("there is no limit of that name");
  if (quota_owner(*parts_, x.limit) != parts_->fleet.node_id)
    return refuse("this node does not own that limit");
  if (!is_member(now))
    return refuse("this node may be none of the cluster's any more");
  const auto whole = quota_amount::from(limit->is);
  auto hit = books_.find(x.limit);
  if (hit == books_.end())
    hit = books_
              .emplace(x.limit, kept{quota_book{whole, now, times_of(*limit, !parts_->cluster)},
                                     own_incarnation(), timestamp{}})
              .first;
  auto& k = hit->second;
  std::set<std::string> members;
  if (!parts_->cluster)
    members.insert(parts_->fleet.node_id);
  else
    for (const auto& row : parts_->cluster->seen().rows)
      if (row.state == member_state::up)
        members.insert(row.node);
  k.book.use(std::move(members));
  k.frozen = std::max(k.frozen, later(now, x.frozen));
  auto claim = x.what;
  claim.has = least(claim.has, whole);
  claim.left = leaves_of(x.left, "of", now);
  const auto said = k.book.asked(x.node, std::move(claim), now);
  x.then({{"has", quota_json(said.has)},
          {"target", quota_json(said.target)},
          {"lease_ms", said.lease.count()},
          {"again_ms", said.again.count()},
          {"busy_ms", said.busy.count()},
          {"frozen_ms", left(k.frozen, now).count()},
          {"settled", said.settled},
          {"number", said.number},
          {"own", leaves_json(k.book.leaves_of(parts_->fleet.node_id), now)}},
         {});
  if (parts_->cluster && !std::exchange(ticking_, true))
    self_->delayed_send(self_, look_again, tick{});
}

void quota_keeper_state::on_tick() {
  ticking_ = false;
  let_go();
  if (!books_.empty() && !std::exchange(ticking_, true))
    self_->delayed_send(self_, look_again, tick{});
}

caf::behavior quota_keeper(caf::stateful_actor<quota_keeper_state>* self, parts_ptr parts) {
  guard(self, parts, "quota keeper");
  state_of(self).init(self, std::move(parts));
  return {
      [self](const quota_asked& x) { state_of(self).on_asked(x); },
      [self](tick) { state_of(self).on_tick(); },
  };
}

node_subject quota_subject(parts_ptr parts) {
  return [parts = std::move(parts)](const json& query, const node_reply& then) {
    const auto place =
        parts->places->find({address_kind::node, parts->fleet.node_id + "/quota_keeper"});
    const auto keeper = place ? place->now().handle : caf::actor{};
    if (!keeper || !query.is_object())
      return then({}, {refusal::conflict, "this node keeps no limits now", come_again});
    // What is not as it should be throws, and is refused by the respondent.
    quota_asked x;
    x.limit = query.value("limit", "");
    x.node = query.value("node", "");
    x.what.life = query.value("life", std::uint64_t{1});
    x.what.has = quota_amount_of(query, "has");
    x.what.knew = query.value("knew", false);
    x.what.wants = need_of(query);
    x.what.after = query.value("after", std::uint64_t{0});
    x.what.leaves = steps_of(query, "leaves");
    if (const auto left = query.find("left"); left != query.end() && left->is_object()) {
      x.what.left_by = left->value("by", "");
      x.left = *left;
    }
    x.frozen = milliseconds{std::clamp<std::int64_t>(query.value("frozen_ms", std::int64_t{0}), 0,
                                                     frozen_most.count())};
    x.then = then;
    caf::anon_send(keeper, std::move(x));
  };
}

} // namespace troupe
