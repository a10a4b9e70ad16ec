#include "policies/node_placement.hpp"

#include "policies/rendezvous.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

namespace troupe {

namespace {

std::uint64_t amount_of(const std::map<std::string, std::uint64_t>& amounts,
                        const std::string& name) {
  const auto hit = amounts.find(name);
  return hit == amounts.end() ? 0 : hit->second;
}

struct objection {
  placement_refusal why;
  std::string what; ///< the region, label or amount that is missing
};

std::optional<objection> objection_of(const host& h, const placement_needs& needs) {
  if (h.row.state != member_state::up)
    return objection{placement_refusal::not_up, {}};
  if (h.draining)
    return objection{placement_refusal::draining, {}};
  if (!needs.regions.empty() &&
      std::find(needs.regions.begin(), needs.regions.end(), h.row.region) == needs.regions.end())
    return objection{placement_refusal::region, h.row.region};
  for (const auto& label : needs.labels)
    if (std::find(h.row.labels.begin(), h.row.labels.end(), label) == h.row.labels.end())
      return objection{placement_refusal::label, label};
  for (const auto& [name, amount] : needs.amounts) {
    const auto offered = amount_of(h.row.offers, name);
    const auto used = std::min(amount_of(h.used, name), offered);
    if (offered - used < amount)
      return objection{placement_refusal::amount, name};
  }
  return std::nullopt;
}

/// "2 nodes lack the label gpu; 1 node has too little memory_mb".
std::string
in_words(const std::map<std::pair<placement_refusal, std::string>, std::uint32_t>& all) {
  if (all.empty())
    return "there are no nodes";
  std::string out;
  for (const auto& [why, count] : all) {
    const bool one = count == 1;
    if (!out.empty())
      out += "; ";
    out += std::to_string(count) + (one ? " node " : " nodes ");
    switch (why.first) {
    case placement_refusal::not_up:
      out += one ? "is not up" : "are not up";
      break;
    case placement_refusal::draining:
      out += one ? "is draining" : "are draining";
      break;
    case placement_refusal::region:
      out += (one ? "is in the region " : "are in the region ") + why.second;
      break;
    case placement_refusal::label:
      out += (one ? "lacks the label " : "lack the label ") + why.second;
      break;
    case placement_refusal::amount:
      out += (one ? "has too little " : "have too little ") + why.second;
      break;
    }
  }
  return out;
}

} // namespace

void put_labels(member& row, const std::vector<std::string>& labels) {
  for (const auto& x : labels) {
    const auto equals = x.find('=');
    auto name = x.substr(0, equals);
    std::uint64_t amount = 0;
    if (equals != std::string::npos) {
      const auto* end = x.data() + x.size();
      const auto read = std::from_chars(x.data() + equals + 1, end, amount);
      if (read.ec != std::errc{} || read.ptr != end) {
        row.labels.push_back(x);
        continue;
      }
      row.offers[name] = amount;
      if (amount == 0)
        continue;
    }
    row.labels.push_back(std::move(name));
  }
}

placement_choice place_replica(std::string_view replica, const placement_needs& needs,
                               const std::vector<host>& hosts,
                               const std::map<std::string, std::uint32_t>& there) {
  std::map<std::pair<placement_refusal, std::string>, std::uint32_t> why_not;
  std::map<std::string_view, std::uint32_t> in_region;
  for (const auto& h : hosts)
    if (const auto n = there.find(h.row.node); n != there.end())
      in_region[h.row.region] += n->second;
  struct bid {
    const host* h;
    std::uint32_t same_region;
    std::uint32_t same;
    bool far;
    int load;
    std::uint64_t share; ///< replicas for its weight, in hundredths
    std::uint64_t chance;
  };
  std::vector<bid> bids;
  const auto key = stable_hash(replica);
  for (const auto& h : hosts) {
    if (auto no = objection_of(h, needs)) {
      ++why_not[{no->why, std::move(no->what)}];
      continue;
    }
    const auto same = there.find(h.row.node);
    bids.push_back({&h, in_region[h.row.region], same == there.end() ? 0 : same->second,
                    !needs.near.empty() && h.row.region != needs.near,
                    static_cast<int>(std::clamp(h.load, 0.0, 100.0) * 10),
                    std::uint64_t{h.replicas} * 10000 / std::max(1u, h.row.weight),
                    scramble(key ^ stable_hash(h.row.node))});
  }
  if (bids.empty())
    return {{}, in_words(why_not)};
  const auto best = std::min_element(bids.begin(), bids.end(), [](const bid& a, const bid& b) {
    return std::tuple{a.same_region, a.same, a.far, a.load, a.share, b.chance} <
           std::tuple{b.same_region, b.same, b.far, b.load, b.share, a.chance};
  });
  std::string why = "of " + std::to_string(bids.size()) + " that would do, it has " +
                    std::to_string(best->same) + " of the agent's replicas, load " +
                    std::to_string(best->load * 10) + " %";
  if (!needs.near.empty())
    why += best->far ? ", nobody better in " + needs.near : ", in " + needs.near;
  return {best->h->row.node, std::move(why)};
}

std::vector<placement_order> place_all(const std::vector<wanted_replica>& wanted,
                                       std::vector<host> hosts, std::uint32_t starts_per_node) {
  std::vector<placement_order> out;
  std::map<std::string, std::map<std::string, std::uint32_t>, std::less<>> there;
  std::vector<const wanted_replica*> homeless;
  std::map<std::string_view, host*> by_node;
  for (auto& h : hosts)
    by_node.emplace(h.row.node, &h);
  const auto count = [&](host& h, const wanted_replica& w) {
    ++there[w.agent][h.row.node];
    ++h.replicas;
    for (const auto& [name, amount] : w.needs.amounts)
      h.used[name] += amount;
  };
  for (const auto& w : wanted) {
    const auto hit = w.node.empty() ? by_node.end() : by_node.find(w.node);
    const auto* h = hit == by_node.end() ? nullptr : hit->second;
    if (h && h->row.incarnation == w.incarnation &&
        (h->row.state == member_state::up || h->row.state == member_state::leaving))
      count(*hit->second, w);
    else
      homeless.push_back(&w);
  }
  std::map<std::string, std::uint32_t> starts;
  for (const auto* w : homeless) {
    auto choice = place_replica(w->id, w->needs, hosts, there[w->agent]);
    if (choice.node.empty()) {
      out.push_back({placement_order::kind::unsatisfied, w->id, {}, std::move(choice.why)});
      continue;
    }
    if (starts[choice.node] >= starts_per_node) {
      out.push_back({placement_order::kind::wait, w->id, choice.node,
                     std::to_string(starts_per_node) + " starts there are under way"});
      continue;
    }
    ++starts[choice.node];
    count(*by_node.at(choice.node), *w);
    out.push_back({placement_order::kind::start, w->id, choice.node, std::move(choice.why)});
  }
  return out;
}

} // namespace troupe
