#include "nodes/node_tree.hpp"

#include "actors/agent.hpp"
#include "actors/arm_keeper.hpp"
#include "actors/breaker_desk.hpp"
#include "actors/budget_keeper.hpp"
#include "actors/fleet_keeper.hpp"
#include "actors/front_desk.hpp"
#include "actors/human_desk.hpp"
#include "actors/journal.hpp"
#include "actors/key_keeper.hpp"
#include "actors/orchestrator.hpp"
#include "actors/order_keeper.hpp"
#include "actors/quota_desk.hpp"
#include "actors/quota_keeper.hpp"
#include "actors/registry.hpp"
#include "actors/replica_host.hpp"
#include "actors/respondent.hpp"
#include "actors/scaler.hpp"
#include "actors/service.hpp"
#include "actors/standing_orders.hpp"
#include "nodes/fleet_children.hpp"
#include "nodes/version_maker.hpp"
#include "src/store/memory_budgets.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds agent_shutdown{2000};
constexpr milliseconds isolate{60000};
constexpr milliseconds tree_shutdown{8000};
constexpr milliseconds journal_shutdown{5000};
constexpr milliseconds region_start{10000}; ///< for the nodes of a region to start as well
/// Between tries to open a store that keeps failing: another server may have been promoted.
constexpr milliseconds store_retry{500};

template <class Start>
child_spec child(const std::string& id, std::string kind, milliseconds shutdown, seat_ptr place,
                 Start start, restart_type restart = restart_type::permanent) {
  child_spec out;
  out.rules = {id, restart, shutdown};
  out.kind = std::move(kind);
  out.place = std::move(place);
  out.start = std::move(start);
  return out;
}

/// The ids of its replicas within its domain, as many as there may ever be.
std::vector<std::string> replica_ids(const agent_spec& spec) {
  const auto most =
      spec.scaling ? std::max(spec.scaling->max_replicas, spec.replicas) : spec.replicas;
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < most; ++i)
    out.push_back(name_in_address(spec) + (most > 1 ? "#" + std::to_string(i + 1) : std::string{}));
  return out;
}

} // namespace

node_tree::node_tree(parts_ptr parts, const node_options& options,
                     std::shared_ptr<late_children> late, node_subjects subjects)
    : parts_(std::move(parts))
    , options_(options)
    , late_(std::move(late))
    , subjects_(std::move(subjects))
    , journal_(options.no_store ? nullptr : place_of(*parts_, "journal"))
    , desk_(place_of(*parts_, "human_desk"))
    , registry_(place_of(*parts_, "registry"))
    , keeper_(options.cluster ? place_of(*parts_, "cluster_keeper") : nullptr) {}

seat_ptr node_tree::place_of(const node_parts& parts, const std::string& name) {
  return parts.places->claim({address_kind::node, parts.fleet.node_id + "/" + name});
}

child_spec node_tree::supervised(supervisor_config config, const std::string& id) const {
  auto place = place_of(*parts_, config.name);
  auto shared = std::make_shared<const supervisor_config>(std::move(config));
  auto out = child(id, "supervisor", tree_shutdown, std::move(place),
                   [p = parts_, shared, added = late_](caf::event_based_actor* self) {
                     auto what = *shared;
                     added->complete(what);
                     return self->system().spawn(supervisor, p, std::move(what));
                   });
  out.is_supervisor = true;
  return out;
}

child_spec node_tree::agent_child(const std::shared_ptr<const agent_spec>& spec,
                                  const std::string& id, seat_ptr place) const {
  auto out = child(
      id, "agent", agent_shutdown, place,
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
  auto& out = made_->children[agent_id(declared)];
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

member node_tree::own_row(const node_parts& parts) {
  member own;
  own.node = parts.fleet.node_id;
  own.region = parts.fleet.region;
  own.version = TROUPE_VERSION;
  own.state = member_state::up;
  put_labels(own, parts.fleet.node_labels);
  return own;
}

std::vector<declared_agent> node_tree::declared(const fleet_versions& versions) {
  std::vector<declared_agent> out;
  std::set<std::string> seen;
  // The newest version comes first: it has the last word on the domain that an agent is in.
  auto all = versions.all();
  std::reverse(all.begin(), all.end());
  for (const auto& version : all)
    for (const auto& [path, place] : version->domains)
      for (const auto& a : place.spec->agents)
        if (seen.insert(agent_id(a)).second)
          out.push_back({version, place.spec, &a});
  return out;
}

std::map<std::string, fleet_version_ptr> node_tree::domains_of(const fleet_versions& versions) {
  std::map<std::string, fleet_version_ptr> out;
  for (const auto& version : versions.all())
    for (const auto& [path, place] : version->domains)
      out.insert_or_assign(path, version);
  for (const auto& [path, place] : versions.current()->domains)
    out.insert_or_assign(path, versions.current());
  return out;
}

std::string node_tree::agent_id(const agent_spec& spec) {
  return spec.card.domain + "/" + name_in_address(spec);
}

std::string node_tree::parent_of(const std::string& domain) {
  const auto slash = domain.rfind('/');
  return slash == std::string::npos ? "domains" : domain.substr(0, slash);
}

std::vector<agent_wish> node_tree::agents_of(const node_parts& parts) {
  std::vector<agent_wish> out;
  for (const auto& x : declared(*parts.versions)) {
    auto& wish = out.emplace_back();
    wish.domain = x.domain->path;
    wish.agent = agent_id(*x.what);
    wish.needs = x.what->placement;
    wish.least = x.what->replicas;
    for (const auto& id : replica_ids(*x.what))
      wish.replicas.push_back(x.domain->path + "/" + id);
  }
  std::sort(out.begin(), out.end(),
            [](const agent_wish& a, const agent_wish& b) { return a.agent < b.agent; });
  return out;
}

fleet_share node_tree::of_all_versions() const {
  fleet_share out;
  out.agents = agents_of(*parts_);
  for (const auto& [path, version] : domains_of(*parts_->versions))
    out.domains.push_back(path);
  for (const auto& x : declared(*parts_->versions))
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
  return child(
      std::to_string(shard), "orchestrator", agent_shutdown, std::move(place),
      [p = parts_, config](caf::event_based_actor* self) {
        return self->system().spawn(orchestrator, p, config);
      },
      restart_type::transient);
}

std::optional<child_spec> node_tree::scaler_child() const {
  scaler_config config;
  config.keeper = keeper_;
  config.late = late_;
  for (auto& wish : agents_of(*parts_)) {
    const auto all = declared(*parts_->versions);
    const auto who = std::find_if(all.begin(), all.end(), [&](const declared_agent& x) {
      return wish.agent == agent_id(*x.what);
    });
    const auto* spec = who->what;
    if (!spec->scaling)
      continue;
    if (!keeper_)
      for (auto& c : agent_children(*spec, *who->domain)) {
        auto id = c.place->where().name;
        config.replicas.emplace(std::move(id), moving_child{wish.domain + "/agents", std::move(c)});
      }
    config.agents.push_back({std::move(wish), *spec->scaling, spec->slots, spec->timeout});
  }
  if (config.agents.empty())
    return std::nullopt;
  return child("scaler", "scaler", agent_shutdown, place_of(*parts_, "scaler"),
               [p = parts_, config](caf::event_based_actor* self) {
                 return self->system().spawn(scaler, p, config);
               });
}

child_spec node_tree::post_child(std::uint64_t incarnation) const {
  post_config config;
  config.open = [open = options_.cluster->open_links, incarnation] { return open(incarnation); };
  config.place = place_of(*parts_, "post");
  config.registry = registry_;
  config.keeper = keeper_;
  config.exposed = {"human_desk", "cluster_keeper", "respondent"};
  return child("post", "post", agent_shutdown, config.place,
               [p = parts_, config](caf::event_based_actor* self) {
                 return self->system().spawn(post, p, config);
               });
}

child_spec node_tree::keeper() const {
  cluster_keeper_config config;
  config.self = options_.cluster->self;
  config.members = options_.cluster->members;
  config.owners = options_.cluster->owners;
  config.open_table = options_.cluster->open_table;
  config.table_on_own_thread = options_.cluster->table_on_own_thread;
  config.place = keeper_;
  config.registry = registry_;
  config.late = late_;
  config.layout = parts_->layout;
  config.regions.regions = parts_->fleet.regions;
  config.regions.back =
      parts_->fleet.region_return ? region_return::automatic : region_return::command;
  config.regions.start_wait = region_start;
  config.regions.stable = parts_->fleet.region_return.value_or(milliseconds{0});
  config.post_place = place_of(*parts_, "post");
  // What it starts later must not depend on where this tree was drawn from.
  const auto again = std::make_shared<const node_tree>(*this);
  config.orchestrator = [again](const shard_key& x) {
    return moving_child{x.domain + "/orchestrators", again->orchestrator_child(x.domain, x.shard)};
  };
  config.post = [again](std::uint64_t incarnation) {
    return moving_child{"network", again->post_child(incarnation)};
  };
  return child("cluster_keeper", "cluster_keeper", agent_shutdown, keeper_,
               [p = parts_, config, again](caf::event_based_actor* self) {
                 auto with = config;
                 with.fleet = again->of_all_versions();
                 // Whatever a former life was given is no longer its own. Now, and not when the
                 // keeper has its first turn: the supervisors after it are started meanwhile, and
                 // would find the post of the former incarnation.
                 with.late->clear();
                 return self->system().spawn(cluster_keeper, p, std::move(with));
               });
}

child_spec node_tree::domain_tree(const std::string& path) const {
  const auto domains = domains_of(*parts_->versions);
  const auto& domain = *domains.at(path)->domain(path);
  // Who declares its agents independent of each other wants the broken one to stay down alone.
  supervisor_config agents{path + "/agents", domain.strategy,    domain.intensity, {},
                           isolate,          absent_agents(path)};
  supervisor_config orchestrators{path + "/orchestrators", supervision::one_for_one, {}, {}};
  if (!keeper_) {
    for (const auto& x : declared(*parts_->versions))
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
    if (parent_of(inner) == path)
      all.children.push_back(domain_tree(inner));
  return supervised(std::move(all), path);
}

bool node_tree::runs_here(const child_spec& replica) const {
  const auto& id = replica.place->where().name;
  std::lock_guard hold{made_->mutex};
  if (const auto changes = parts_->versions->changes();
      std::exchange(made_->placed_for, changes) != changes)
    made_->alone = place_agents(agents_of(*parts_), {0, {own_row(*parts_)}, {}, {}});
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

child_spec node_tree::fleet_keeper_child() const {
  const auto& from = *options_.versions;
  fleet_keeper_config config;
  config.journal = from.memory ? nullptr : journal_;
  config.memory = from.memory;
  config.jobs_on_own_thread = options_.journal_on_own_thread;
  config.own_content = from.source.own_content;
  config.with_domain = from.source.with_domain;
  config.digest_of = from.source.digest_of;
  config.load = from.source.load;
  config.make = [p = parts_](loaded_content x, std::uint64_t number, const std::string& digest) {
    return fleet_version_ptr{make_version(*p, std::move(x), number, digest)};
  };
  const auto children = std::make_shared<fleet_children>(
      parts_, std::make_shared<const node_tree>(*this), late_, registry_, keeper_);
  config.follow = [children](caf::event_based_actor* self) { children->follow(self); };
  return child("fleet_keeper", "fleet_keeper", agent_shutdown, place_of(*parts_, "fleet_keeper"),
               [p = parts_, config](caf::event_based_actor* self) {
                 return self->system().spawn(fleet_keeper, p, config);
               });
}

child_spec node_tree::storage(std::shared_ptr<std::unique_ptr<store>> first_store,
                              std::shared_ptr<const std::vector<store_write>> hello) const {
  // Whoever writes knows what is not stored yet and hands it to the next journal; nobody else need
  // be restarted for it, nor the node end because the store is out of reach for a while.
  supervisor_config out{"storage", supervision::one_for_one, {}, {}, store_retry};
  out.children.push_back(
      child("journal", "journal", journal_shutdown, journal_,
            [p = parts_, first = std::move(first_store), open = options_.open_store,
             own_thread = options_.journal_on_own_thread,
             hello = std::move(hello)](caf::event_based_actor* self) -> caf::actor {
              const auto make = [p, first, open](caf::stateful_actor<journal_state>* me) {
                guard(me, p, "journal");
                auto where = *first ? std::move(*first) : open();
                return troupe::journal(me, p, std::shared_ptr<store>{std::move(where)});
              };
              const auto who = own_thread ? self->system().spawn<caf::detached>(make)
                                          : self->system().spawn(make);
              caf::anon_send(who, journal_append{0, hello});
              return who;
            }));
  // Stopped after all that spend, and before the journal.
  if (parts_->budgets)
    out.children.push_back(budget_keeper_child());
  return supervised(std::move(out), "storage");
}

child_spec node_tree::budget_keeper_child() const {
  return child("budget_keeper", "budget_keeper", agent_shutdown, place_of(*parts_, "budget_keeper"),
               [p = parts_, j = journal_,
                memory = std::make_shared<memory_budgets>()](caf::event_based_actor* self) {
                 return self->system().spawn(budget_keeper, p, j, memory);
               });
}

child_spec node_tree::services() const {
  supervisor_config out{"services", supervision::one_for_one, {}, {}};
  for (const auto& s : parts_->fleet.services)
    out.children.push_back(child(s.name, "service", agent_shutdown, nullptr,
                                 [p = parts_, s](caf::event_based_actor* self) {
                                   return self->system().spawn(service, p, s);
                                 }));
  return supervised(std::move(out), "services");
}

supervisor_config node_tree::root(std::shared_ptr<std::unique_ptr<store>> first_store,
                                  std::shared_ptr<const std::vector<store_write>> hello) const {
  supervisor_config out{parts_->fleet.node_id, supervision::rest_for_one, {}, {}};
  if (journal_)
    out.children.push_back(storage(std::move(first_store), std::move(hello)));
  out.children.push_back(child(
      "human_desk", "human_desk", agent_shutdown, desk_,
      [p = parts_](caf::event_based_actor* self) { return self->system().spawn(human_desk, p); }));
  out.children.push_back(child(
      "registry", "registry", agent_shutdown, registry_,
      [p = parts_](caf::event_based_actor* self) { return self->system().spawn(registry, p); }));
  out.children.push_back(child("respondent", "respondent", agent_shutdown,
                               place_of(*parts_, "respondent"),
                               [p = parts_, s = subjects_](caf::event_based_actor* self) {
                                 return self->system().spawn(respondent, p, s);
                               }));
  if (parts_->quota) {
    out.children.push_back(child("quota_keeper", "quota_keeper", agent_shutdown,
                                 place_of(*parts_, "quota_keeper"),
                                 [p = parts_](caf::event_based_actor* self) {
                                   return self->system().spawn(quota_keeper, p);
                                 }));
    out.children.push_back(child("quota_desk", "quota_desk", agent_shutdown,
                                 place_of(*parts_, "quota_desk"),
                                 [p = parts_](caf::event_based_actor* self) {
                                   return self->system().spawn(quota_desk, p);
                                 }));
  }
  if (keeper_) {
    out.children.push_back(child("breaker_desk", "breaker_desk", agent_shutdown,
                                 place_of(*parts_, "breaker_desk"),
                                 [p = parts_](caf::event_based_actor* self) {
                                   return self->system().spawn(breaker_desk, p);
                                 }));
    out.children.push_back(keeper());
    out.children.push_back(supervised({"network", supervision::one_for_one, {}, {}}, "network"));
  }
  if (!parts_->fleet.services.empty())
    out.children.push_back(services());
  supervisor_config domains{"domains", supervision::one_for_one, {}, {}};
  for (const auto& [path, version] : domains_of(*parts_->versions))
    if (parent_of(path) == "domains")
      domains.children.push_back(domain_tree(path));
  out.children.push_back(supervised(std::move(domains), "domains"));
  if (auto follows = scaler_child())
    out.children.push_back(*std::move(follows));
  out.children.push_back(child(
      "front_desk", "front_desk", agent_shutdown, place_of(*parts_, "front_desk"),
      [p = parts_, f = place_of(*parts_, "front_desk"), j = journal_, d = desk_](
          caf::event_based_actor* self) { return self->system().spawn(front_desk, p, f, j, d); }));
  // Last, so that nobody is restarted on its account.
  if (options_.keys && journal_)
    out.children.push_back(
        child("key_keeper", "key_keeper", agent_shutdown, place_of(*parts_, "key_keeper"),
              [p = parts_, j = journal_, ring = options_.keys](caf::event_based_actor* self) {
                return self->system().spawn(key_keeper, p, j, ring);
              }));
  if (options_.versions)
    out.children.push_back(fleet_keeper_child());
  if (parts_->budgets && !journal_)
    out.children.push_back(budget_keeper_child());
  // Last, so that nobody is restarted with it.
  if (journal_)
    out.children.push_back(child("order_keeper", "order_keeper", agent_shutdown,
                                 place_of(*parts_, "order_keeper"),
                                 [p = parts_, j = journal_](caf::event_based_actor* self) {
                                   return self->system().spawn(order_keeper, p, j);
                                 }));
  if (journal_)
    out.children.push_back(child("arm_keeper", "arm_keeper", agent_shutdown,
                                 place_of(*parts_, "arm_keeper"),
                                 [p = parts_, j = journal_](caf::event_based_actor* self) {
                                   return self->system().spawn(arm_keeper, p, j);
                                 }));
  return out;
}

} // namespace troupe
