#include "actors/cluster_keeper.hpp"

#include "policies/deadline.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

// Where the replicas of agents run: what of them is this node's, and what the placer writes down.

namespace {

constexpr milliseconds overlap{1500};    ///< of a replica's homes while it moves
constexpr milliseconds overlap_end{600}; ///< the same when its node ends
/// For its last calls, of an agent without a `timeout`, and beyond that of one that has it: what it
/// says then has to be sent.
constexpr milliseconds last_calls{30000};
constexpr milliseconds beyond_timeout{1000};
constexpr milliseconds last_calls_alone{3000}; ///< when nobody is left who waits for them
constexpr milliseconds quiet{3000};            ///< nobody comes or goes: then the placer evens out
constexpr std::uint32_t moves_at_once = 8;

const placed_replica* placed_at(const placement_records& all, const std::string& id) {
  const auto domain = all.find(id.substr(0, id.rfind('/')));
  if (domain == all.end())
    return nullptr;
  const auto hit = domain->second.replicas.find(id);
  return hit == domain->second.replicas.end() ? nullptr : &hit->second;
}

milliseconds ends_its_calls_within(const seat& place) {
  const auto& spec = place.spec();
  return spec && spec->timeout.count() > 0 ? spec->timeout + beyond_timeout : last_calls;
}

std::string who_takes_part(const member_table& table) {
  std::string out;
  for (const auto& m : table.rows)
    if (m.state != member_state::down)
      out += m.node + ":" + std::to_string(m.incarnation) + std::string{to_string(m.state)} + " ";
  return out;
}

} // namespace

void cluster_keeper_state::place_replicas() {
  const auto& table = *members_->table();
  const auto now = parts_->now(self_);
  if (placed_by_ != table.version) {
    placed_by_ = table.version;
    placed_ = place_agents(config_.fleet.agents, table);
    if (auto seen = who_takes_part(table); seen != members_seen_) {
      members_seen_ = std::move(seen);
      quiet_since_ = now;
    }
    show_absent();
  }
  const bool ends = leaving_.has_value();
  const auto at_most = others_take_work() ? config_.drain_timeout
                                          : std::min(config_.drain_timeout, last_calls_alone);
  for (const auto& [id, replica] : config_.fleet.replicas) {
    const auto* r = placed_at(placed_, id);
    if (r && r->node == config_.self.node && r->incarnation == members_->incarnation() &&
        members_->is_up()) {
      if (!host_->runs(id) || host_->retiring(id))
        host_->run(self_, id, r->restarts);
    } else if (host_->runs(id)) {
      const bool elsewhere = r && !r->node.empty();
      const auto most = ends_its_calls_within(*replica.what.place);
      host_->retire(id, elsewhere ? (ends ? overlap_end : overlap) : milliseconds{0},
                    ends ? std::min(most, at_most) : most, now);
    }
  }
  keep_placement(now);
  run_replicas(now);
}

void cluster_keeper_state::on_use_fleet(const fleet_share& x) {
  for (const auto& [id, replica] : x.replicas)
    if (!config_.fleet.replicas.contains(id)) {
      host_->add(id, replica);
      send_to(self_, config_.registry, register_agent{replica.what.place});
    }
  for (const auto& [id, replica] : config_.fleet.replicas)
    if (!x.replicas.contains(id)) {
      host_->forget(self_, id);
      homeless_.erase(id);
      wants_.erase(id.substr(0, id.find('#')));
    }
  config_.fleet = x;
  ownership::actions todo;
  owners_->serve(x.domains, parts_->now(self_), todo);
  carry_out(todo);
  placed_by_ = 0;
  recorded_ = {};
  if (members_->table())
    place_replicas();
  arm();
}

void cluster_keeper_state::run_replicas(timestamp now) {
  const auto before = host_->running();
  host_->tick(self_, now);
  if (host_->running() != before)
    check_left();
}

void cluster_keeper_state::keep_placement(timestamp now) {
  const auto& table = *members_->table();
  if (!members_->is_up() || placer_of(table) != config_.self.node) {
    wants_.clear();
    return;
  }
  const bool evens = now >= later(quiet_since_, quiet);
  if (recorded_ == record_grounds{table.version, evens, wants_})
    return;
  auto next = placed_;
  for (const auto& [agent, n] : wants_)
    next[agent.substr(0, agent.rfind('/'))].wanted[agent] = n;
  if (evens)
    even_out(next, config_.fleet.agents, table, moves_at_once);
  for (auto& [domain, record] : next) {
    auto text = record.text();
    const auto known = std::find_if(table.placements.begin(), table.placements.end(),
                                    [&](const domain_placement& p) { return p.domain == domain; });
    if (known != table.placements.end() && known->body == text)
      continue;
    // One write at a time: the next one follows from the table that this one makes.
    membership::actions todo;
    members_->propose(domain_placement{domain, std::move(text)}, now, todo);
    carry_out(todo);
    return;
  }
  recorded_ = {table.version, evens, wants_};
}

void cluster_keeper_state::show_absent() {
  // One node warns people; all show it.
  const bool warns = placer_of(*members_->table()) == config_.self.node;
  if (!warns)
    homeless_.clear();
  for (const auto& [id, replica] : config_.fleet.replicas) {
    const auto* r = placed_at(placed_, id);
    const auto as = !r                             ? health::spare
                    : r->node.empty() && !r->waits ? health::unplaced
                                                   : health::down;
    show_absence(*parts_, replica.what.place, as, r ? r->why : std::string{});
    if (!warns)
      continue;
    if (as == health::unplaced && homeless_.insert(id).second)
      parts_->log->warn("agent {} runs nowhere: {}", id, r->why);
    else if (as != health::unplaced && homeless_.erase(id) > 0)
      parts_->log->info("agent {} has a place again", id);
  }
}

void cluster_keeper_state::on_want(const want_replicas& x) {
  wants_[x.agent] = x.replicas;
  if (members_->table() && members_->is_up())
    keep_placement(parts_->now(self_));
}

} // namespace troupe
