#include "policies/agent_placement.hpp"

#include "policies/rendezvous.hpp"
#include "policies/shard_map.hpp"

#include <troupe/json.hpp>

#include <algorithm>
#include <limits>

namespace troupe {

namespace {

std::uint32_t weight_of(const member& m) noexcept {
  return std::max(1u, m.weight);
}

/// It is to give everything away, for a while (a weight of zero) or for good.
bool hands_over(const member& m) noexcept {
  return m.state == member_state::leaving || (m.state == member_state::up && m.weight == 0);
}

std::uint32_t wanted_of(const placement_records& records, const agent_wish& w) {
  auto n = w.least;
  if (const auto d = records.find(w.domain); d != records.end())
    if (const auto hit = d->second.wanted.find(w.agent); hit != d->second.wanted.end())
      n = std::max(n, hit->second);
  return std::min(n, static_cast<std::uint32_t>(w.replicas.size()));
}

std::vector<host> hosts_of(const member_table& table) {
  std::vector<host> out;
  for (const auto& m : table.rows)
    if (m.state != member_state::down) {
      auto& h = out.emplace_back();
      h.row = m;
      h.draining = m.cut_off || m.weight == 0;
    }
  return out;
}

} // namespace

std::string placement_record::text() const {
  json runs = json::object();
  for (const auto& [id, r] : replicas)
    if (!r.node.empty() || r.restarts > 0)
      runs[id] = json::array({r.node, r.incarnation, r.restarts});
  return json{{"runs", std::move(runs)}, {"wanted", wanted}}.dump(-1, ' ', false,
                                                                  json::error_handler_t::replace);
}

placement_record placement_record::read(std::string_view text) {
  placement_record out;
  const auto whole = json::parse(text, nullptr, false);
  if (!whole.is_object())
    return out;
  const auto number = [](const json& x) {
    return x.is_number_unsigned() ? x.get<std::uint64_t>() : std::uint64_t{0};
  };
  const auto small = [&](const json& x) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(number(x), std::numeric_limits<std::uint32_t>::max()));
  };
  if (const auto runs = whole.find("runs"); runs != whole.end() && runs->is_object())
    for (const auto& [id, r] : runs->items())
      if (r.is_array() && r.size() == 3 && r[0].is_string())
        out.replicas[id] = {r[0].get<std::string>(), number(r[1]), small(r[2]), {}};
  if (const auto wanted = whole.find("wanted"); wanted != whole.end() && wanted->is_object())
    for (const auto& [agent, n] : wanted->items())
      out.wanted[agent] = small(n);
  return out;
}

placement_records records_of(const member_table& table) {
  placement_records out;
  for (const auto& p : table.placements)
    out.emplace(p.domain, placement_record::read(p.body));
  return out;
}

placement_records place_agents(const std::vector<agent_wish>& wishes, const member_table& table,
                               std::uint32_t starts) {
  const auto known = records_of(table);
  placement_records out;
  std::vector<wanted_replica> wanted;
  std::vector<placed_replica*> where;
  for (const auto& w : wishes) {
    auto& record = out[w.domain];
    const auto before = known.find(w.domain);
    if (before != known.end())
      if (const auto n = before->second.wanted.find(w.agent); n != before->second.wanted.end())
        record.wanted[w.agent] = n->second;
    const auto n = wanted_of(known, w);
    for (std::uint32_t i = 0; i < n; ++i) {
      const auto& id = w.replicas[i];
      auto& r = record.replicas[id];
      if (before != known.end())
        if (const auto hit = before->second.replicas.find(id); hit != before->second.replicas.end())
          r = hit->second;
      const auto* m = r.node.empty() ? nullptr : table.find(r.node);
      // Its node hands over: it runs there until its next home has it, which is no failure.
      const bool leaves = m && m->incarnation == r.incarnation && hands_over(*m);
      wanted.push_back({id, w.agent, w.needs, leaves ? std::string{} : r.node, r.incarnation});
      where.push_back(&r);
      if (leaves)
        r.node.clear();
    }
  }
  const auto orders = place_all(wanted, hosts_of(table), starts);
  std::map<std::string_view, placed_replica*> by_id;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    by_id.emplace(wanted[i].id, where[i]);
  for (const auto& o : orders) {
    auto& r = *by_id.at(o.replica);
    const bool lost = !r.node.empty();
    r.node.clear();
    r.incarnation = 0;
    if (lost)
      ++r.restarts;
    if (o.what != placement_order::kind::start) {
      r.why = o.why;
      r.waits = o.what == placement_order::kind::wait;
      continue;
    }
    r.node = o.node;
    if (const auto* m = table.find(o.node))
      r.incarnation = m->incarnation;
  }
  return out;
}

bool even_out(placement_records& records, const std::vector<agent_wish>& wishes,
              const member_table& table, std::uint32_t most) {
  auto hosts = hosts_of(table);
  std::map<std::string, host*, std::less<>> by_node;
  for (auto& h : hosts)
    by_node.emplace(h.row.node, &h);
  std::map<std::string, std::map<std::string, std::uint32_t>, std::less<>> there;
  for (const auto& w : wishes) {
    const auto& runs = records[w.domain].replicas;
    for (const auto& id : w.replicas) {
      const auto r = runs.find(id);
      const auto h = r == runs.end() ? by_node.end() : by_node.find(r->second.node);
      if (h == by_node.end())
        continue;
      ++there[w.agent][r->second.node];
      ++h->second->replicas;
      for (const auto& [name, amount] : w.needs.amounts)
        h->second->used[name] += amount;
    }
  }
  bool moved = false;
  for (const auto& w : wishes) {
    for (const auto& id : w.replicas) {
      auto& runs = records[w.domain].replicas;
      const auto r = runs.find(id);
      const auto at = r == runs.end() ? by_node.end() : by_node.find(r->second.node);
      if (at == by_node.end() || most == 0)
        continue;
      auto& from = *at->second;
      auto& same = there[w.agent];
      const auto better = place_replica(id, w.needs, hosts, same);
      const auto next = by_node.find(better.node);
      if (next == by_node.end() || next->second == &from)
        continue;
      auto& to = *next->second;
      const std::uint64_t same_from = same[from.row.node], same_to = same[to.row.node];
      // Each move lessens, in this order, the sum of the squares of the agent's replicas by region,
      // of those by node, or of all replicas by node and weight: no circle is possible.
      const bool evens = (2ull * from.replicas - 1) * weight_of(to.row) >
                         (2ull * to.replicas + 1) * weight_of(from.row);
      std::uint64_t region_from = 0, region_to = 0;
      for (const auto& h : hosts)
        if (const auto n = same.find(h.row.node); n != same.end()) {
          region_from += h.row.region == from.row.region ? n->second : 0;
          region_to += h.row.region == to.row.region ? n->second : 0;
        }
      const bool abroad = from.row.region != to.row.region;
      if (abroad && region_from <= region_to)
        continue;
      const bool nearer =
          !w.needs.near.empty() && from.row.region != w.needs.near && to.row.region == w.needs.near;
      const bool farther =
          !w.needs.near.empty() && from.row.region == w.needs.near && to.row.region != w.needs.near;
      if (farther || !(nearer || (abroad && region_from >= region_to + 2) ||
                       same_from >= same_to + 2 || (same_from > same_to && evens)))
        continue;
      --same[from.row.node];
      ++same[to.row.node];
      --from.replicas;
      ++to.replicas;
      for (const auto& [name, amount] : w.needs.amounts) {
        from.used[name] -= amount;
        to.used[name] += amount;
      }
      r->second.node = to.row.node;
      r->second.incarnation = to.row.incarnation;
      --most;
      moved = true;
    }
  }
  return moved;
}

std::string placer_of(const member_table& table) {
  std::vector<const member*> able;
  std::vector<rendezvous_candidate> candidates;
  for (const auto& m : table.rows)
    if (m.state == member_state::up && !m.cut_off) {
      able.push_back(&m);
      candidates.push_back({stable_hash(m.node), 1});
    }
  const auto best = rendezvous_pick(stable_hash("troupe.supervisors#0"), candidates);
  return best == no_candidate ? std::string{} : able[best]->node;
}

} // namespace troupe
