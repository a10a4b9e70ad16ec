#include "nodes/node_tree.hpp"

#include "actors/agent.hpp"
#include "actors/orchestrator.hpp"
#include "actors/replica_host.hpp"
#include "actors/standing_orders.hpp"
#include "nodes/tree_child.hpp"

#include <limits>
#include <utility>

namespace troupe {

// Domains with their agents and orchestrators: what differs from version to version, and what moves
// between nodes.

namespace {

constexpr milliseconds isolate{60000};

} // namespace

child_spec node_tree::agent_child(const std::shared_ptr<const agent_spec>& spec,
                                  const std::string& id, seat_ptr place) const {
  auto out = tree_child(
      id, "agent", usual_shutdown, place,
      [p = parts_, place](caf::event_based_actor* self) {
        return self->system().spawn(agent, p, place);
      },
      spec->restart);
  out.detail = to_string(spec->card.kind);
  out.started = [registry = registry_, place](caf::event_based_actor* self) {
    send_to(self, registry, register_agent{place});
  };
  return out;
}

std::vector<child_spec> node_tree::agent_children(const agent_spec& declared,
                                                  const domain_spec& domain) const {
  std::lock_guard hold{made_->mutex};
  auto& out = made_->children[agent_id_of(declared)];
  if (!out.empty())
    return out;
  auto whole = std::make_shared<agent_spec>(declared);
  if (!whole->breaker)
    whole->breaker = domain.breaker;
  const std::shared_ptr<const agent_spec> spec = std::move(whole);
  const auto provider =
      spec->provider.empty()
          ? nullptr
          : parts_->places->claim_provider(spec->provider, domain.provider_breaker);
  for (const auto& id : replica_ids(*spec)) {
    auto place =
        parts_->places->claim({address_kind::agent, spec->card.domain + "/" + id}, spec, provider);
    if (const auto said = parts_->orders->of(place->where().name))
      place->set_duty(duty_of(said->wanted));
    out.push_back(agent_child(spec, id, std::move(place)));
  }
  return out;
}

fleet_share node_tree::of_all_versions() const {
  fleet_share out;
  out.agents = wishes_of(*parts_);
  for (const auto& [path, version] : domains_of(*parts_->versions))
    out.domains.push_back(path);
  for (const auto& x : declared_agents(*parts_->versions))
    for (auto& c : agent_children(*x.what, *x.domain)) {
      auto id = c.place->where().name;
      out.replicas.emplace(std::move(id), moving_child{x.domain->path + "/agents", std::move(c)});
    }
  return out;
}

void node_tree::forget(const std::string& agent) const {
  std::lock_guard hold{made_->mutex};
  made_->children.erase(agent);
}

std::function<std::vector<tree_node>()> node_tree::absent_agents(std::string domain) const {
  return [p = parts_, prefix = std::move(domain) + "/"] {
    std::vector<tree_node> out;
    // In a cluster one node shows them, so that the trees of all nodes together show each once.
    if (p->cluster && placer_of(p->cluster->seen()) != p->fleet.node_id)
      return out;
    for (const auto& place : p->places->all(address_kind::agent)) {
      const auto& name = place->where().name;
      if (place->spec() && name.rfind('/') + 1 == prefix.size() && name.starts_with(prefix) &&
          place->state.load(std::memory_order_relaxed) == health::unplaced)
        out.push_back(
            {name.substr(prefix.size()), "agent", place->absent_why(), "unplaced", 0, {}});
    }
    return out;
  };
}

child_spec node_tree::orchestrator_child(const std::string& domain, std::uint32_t shard) const {
  auto place = parts_->places->claim(directory::orchestrator_of(domain, shard));
  const orchestrator_config config{domain, shard, place, registry_, desk_, journal_, keeper_};
  // One that ends by itself has lost its shard to another owner: hence transient.
  return tree_child(
      std::to_string(shard), "orchestrator", usual_shutdown, std::move(place),
      [p = parts_, config](caf::event_based_actor* self) {
        return self->system().spawn(orchestrator, p, config);
      },
      restart_type::transient);
}

child_spec node_tree::domain_tree(const std::string& path) const {
  const auto domains = domains_of(*parts_->versions);
  const auto& domain = *domains.at(path)->domain(path);
  // Who declares its agents independent of each other wants the broken one to stay down alone.
  supervisor_config agents{path + "/agents", domain.strategy,    domain.intensity, {},
                           isolate,          absent_agents(path)};
  supervisor_config orchestrators{path + "/orchestrators", supervision::one_for_one, {}, {}};
  if (!keeper_) {
    for (const auto& x : declared_agents(*parts_->versions))
      if (x.domain->path == path)
        for (auto& c : agent_children(*x.what, *x.domain))
          if (runs_here(c) && !x.what->scaling)
            agents.children.push_back(std::move(c));
    for (std::uint32_t shard = 0; shard < parts_->layout.shards(); ++shard)
      orchestrators.children.push_back(orchestrator_child(path, shard));
  }
  supervisor_config all{path, supervision::one_for_one, {}, {}};
  all.children.push_back(supervised(std::move(agents), "agents"));
  all.children.push_back(supervised(std::move(orchestrators), "orchestrators"));
  for (const auto& [inner, version] : domains)
    if (supervisor_above(inner) == path)
      all.children.push_back(domain_tree(inner));
  return supervised(std::move(all), path);
}

bool node_tree::runs_here(const child_spec& replica) const {
  // Most need nothing in particular: there may be very many of them.
  const auto asks = [](const agent_spec& x) { return x.placement.any() || x.scaling; };
  if (!asks(*replica.place->spec()))
    return true;
  const auto& id = replica.place->where().name;
  std::lock_guard hold{made_->mutex};
  if (const auto changes = parts_->versions->changes();
      std::exchange(made_->placed_for, changes) != changes) {
    std::vector<agent_wish> wishes;
    for (const auto& x : declared_agents(*parts_->versions))
      if (asks(*x.what))
        wishes.push_back(wish_of(x));
    made_->alone = place_agents(wishes, {0, {own_row(*parts_)}, {}, {}},
                                std::numeric_limits<std::uint32_t>::max());
  }
  const auto& alone = made_->alone;
  const auto domain = alone.find(replica.place->spec()->card.domain);
  const auto* r = domain == alone.end() ? nullptr : [&]() -> const placed_replica* {
    const auto hit = domain->second.replicas.find(id);
    return hit == domain->second.replicas.end() ? nullptr : &hit->second;
  }();
  if (r && !r->node.empty())
    return true;
  show_absence(*parts_, replica.place, r ? health::unplaced : health::spare,
               r ? r->why : std::string{});
  if (r)
    parts_->log->warn("agent {} runs nowhere: {}", id, r->why);
  return false;
}

} // namespace troupe
