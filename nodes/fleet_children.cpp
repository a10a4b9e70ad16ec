#include "nodes/fleet_children.hpp"

#include "actors/tick.hpp"
#include "nodes/node_tree.hpp"

namespace troupe {

fleet_children::fleet_children(parts_ptr parts, std::shared_ptr<const node_tree> tree,
                               std::shared_ptr<late_children> late, seat_ptr registry,
                               seat_ptr keeper)
    : parts_(std::move(parts))
    , tree_(std::move(tree))
    , late_(std::move(late))
    , registry_(std::move(registry))
    , keeper_(std::move(keeper))
    , seen_(parts_->versions->changes()) {
  for (const auto& x : declared_agents(*parts_->versions))
    agents_.emplace(agent_id_of(*x.what),
                    agent{x.domain->path, tree_->agent_children(*x.what, *x.domain)});
  for (const auto& [path, version] : domains_of(*parts_->versions)) {
    const auto& domain = *version->domain(path);
    domains_.emplace(path, rules{domain.strategy, domain.intensity});
  }
}

seat_ptr fleet_children::supervisor_of(const std::string& name) const {
  return node_tree::place_of(*parts_, name);
}

void fleet_children::follow(caf::event_based_actor* self) {
  const auto changes = parts_->versions->changes();
  if (std::exchange(seen_, changes) == changes)
    return;
  begin_domains(self);
  begin_agents(self);
  if (keeper_)
    send_to(self, keeper_,
            use_fleet{std::make_shared<const fleet_share>(tree_->of_all_versions())});
  end_agents(self);
  end_domains(self);
  use_new_rules(self);
  wake_orchestrators(self);
}

void fleet_children::begin_domains(caf::event_based_actor* self) {
  for (const auto& [path, version] : domains_of(*parts_->versions)) {
    const auto& domain = *version->domain(path);
    if (!domains_.emplace(path, rules{domain.strategy, domain.intensity}).second)
      continue;
    // Those within it come with it.
    const auto above = supervisor_above(path);
    const auto tree = std::make_shared<const child_spec>(tree_->domain_tree(path));
    late_->keep(above, *tree);
    send_to(self, supervisor_of(above), start_child{tree});
    const auto within = path + "/";
    for (const auto& [inner, other] : domains_of(*parts_->versions))
      if (inner.starts_with(within))
        domains_.emplace(inner,
                         rules{other->domain(inner)->strategy, other->domain(inner)->intensity});
    for (const auto& x : declared_agents(*parts_->versions))
      if (x.domain->path == path || x.domain->path.starts_with(within))
        agents_.emplace(agent_id_of(*x.what),
                        agent{x.domain->path, tree_->agent_children(*x.what, *x.domain)});
  }
}

void fleet_children::begin_agents(caf::event_based_actor* self) {
  for (const auto& x : declared_agents(*parts_->versions)) {
    const auto [known, is_new] = agents_.try_emplace(agent_id_of(*x.what));
    if (!is_new)
      continue;
    known->second = {x.domain->path, tree_->agent_children(*x.what, *x.domain)};
    if (keeper_)
      continue;
    const auto above = x.domain->path + "/agents";
    for (const auto& c : known->second.replicas) {
      if (!tree_->runs_here(c))
        continue;
      late_->keep(above, c);
      send_to(self, supervisor_of(above), start_child{std::make_shared<const child_spec>(c)});
    }
  }
}

void fleet_children::drop_seats(const agent& x, caf::event_based_actor* self) {
  for (const auto& c : x.replicas) {
    send_to(self, registry_, unregister_agent{c.place});
    parts_->places->drop(c.place->where());
  }
}

void fleet_children::end_agents(caf::event_based_actor* self) {
  std::map<std::string, bool> wanted;
  for (const auto& x : declared_agents(*parts_->versions))
    wanted.emplace(agent_id_of(*x.what), true);
  for (auto i = agents_.begin(); i != agents_.end();) {
    const auto& [id, x] = *i;
    if (wanted.contains(id)) {
      ++i;
      continue;
    }
    // In a cluster the keeper has ended those that run here.
    const auto above = x.domain + "/agents";
    for (const auto& c : x.replicas) {
      late_->drop(above, c.rules.id);
      if (!keeper_)
        send_to(self, supervisor_of(above), end_child{c.rules.id});
    }
    drop_seats(x, self);
    tree_->forget(id);
    i = agents_.erase(i);
  }
}

void fleet_children::end_domains(caf::event_based_actor* self) {
  const auto wanted = domains_of(*parts_->versions);
  for (auto i = domains_.begin(); i != domains_.end();) {
    const auto& path = i->first;
    if (wanted.contains(path)) {
      ++i;
      continue;
    }
    const auto above = supervisor_above(path);
    late_->drop(above, path);
    send_to(self, supervisor_of(above), end_child{path});
    for (std::uint32_t shard = 0; shard < parts_->layout.shards(); ++shard)
      parts_->places->drop(directory::orchestrator_of(path, shard));
    i = domains_.erase(i);
  }
}

void fleet_children::wake_orchestrators(caf::event_based_actor* self) const {
  for (const auto& [path, shards] : parts_->versions->orchestrators())
    for (const auto& place : shards)
      if (place->elsewhere().empty())
        send_to(self, place, tick{});
}

void fleet_children::use_new_rules(caf::event_based_actor* self) {
  for (auto& [path, now] : domains_) {
    const auto* domain = parts_->current()->domain(path);
    if (!domain)
      continue;
    const rules wanted{domain->strategy, domain->intensity};
    if (now == wanted)
      continue;
    now = wanted;
    late_->set_rules(path + "/agents", wanted.first, wanted.second);
    send_to(self, supervisor_of(path + "/agents"), use_rules{wanted.first, wanted.second});
  }
}

} // namespace troupe
