#include "nodes/node_tree.hpp"

#include "actors/arm_keeper.hpp"
#include "actors/breaker_desk.hpp"
#include "actors/budget_keeper.hpp"
#include "actors/fleet_keeper.hpp"
#include "actors/front_desk.hpp"
#include "actors/human_desk.hpp"
#include "actors/journal.hpp"
#include "actors/key_keeper.hpp"
#include "actors/order_keeper.hpp"
#include "actors/quota_desk.hpp"
#include "actors/quota_keeper.hpp"
#include "actors/registry.hpp"
#include "actors/respondent.hpp"
#include "actors/scaler.hpp"
#include "actors/service.hpp"
#include "nodes/fleet_children.hpp"
#include "nodes/store_layout.hpp"
#include "nodes/tree_child.hpp"
#include "nodes/version_maker.hpp"
#include "src/store/memory_budgets.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr milliseconds journal_shutdown{5000};
constexpr milliseconds region_start{10000}; ///< for the nodes of a region to start as well
/// Between tries to open a store that keeps failing: another server may have been promoted.
constexpr milliseconds store_retry{500};

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
  auto out =
      tree_child(id, "supervisor", tree_shutdown, std::move(place),
                 [p = parts_, shared, added = std::weak_ptr{late_}](caf::event_based_actor* self) {
                   auto what = *shared;
                   // It may be one of those itself, which hold what is drawn here.
                   if (const auto later = added.lock())
                     later->complete(what);
                   return self->system().spawn(supervisor, p, std::move(what));
                 });
  out.is_supervisor = true;
  return out;
}

std::optional<child_spec> node_tree::scaler_child() const {
  scaler_config config;
  config.keeper = keeper_;
  config.late = late_;
  for (const auto& x : declared_agents(*parts_->versions)) {
    const auto& spec = *x.what;
    if (!spec.scaling)
      continue;
    if (!keeper_)
      for (auto& c : agent_children(spec, *x.domain)) {
        auto id = c.place->where().name;
        config.replicas.emplace(std::move(id),
                                moving_child{x.domain->path + "/agents", std::move(c)});
      }
    config.agents.push_back({wish_of(x), *spec.scaling, spec.slots, spec.timeout});
  }
  if (config.agents.empty())
    return std::nullopt;
  std::sort(config.agents.begin(), config.agents.end(),
            [](const auto& a, const auto& b) { return a.who.agent < b.who.agent; });
  return tree_child("scaler", "scaler", usual_shutdown, place_of(*parts_, "scaler"),
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
  return tree_child("post", "post", usual_shutdown, config.place,
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
  config.drain_timeout = options_.cluster->drain_timeout;
  config.place = keeper_;
  config.root = place_of(*parts_, "root");
  config.registry = registry_;
  config.late = late_;
  config.layout = parts_->layout;
  config.journal = journal_;
  config.stored = layout_of(parts_->fleet);
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
  return tree_child("cluster_keeper", "cluster_keeper", usual_shutdown, keeper_,
                    [p = parts_, config, again](caf::event_based_actor* self) {
                      auto with = config;
                      with.fleet = again->of_all_versions();
                      // Whatever a former life was given is no longer its own. Now, and not when
                      // the keeper has its first turn: the supervisors after it are started
                      // meanwhile, and would find the post of the former incarnation.
                      with.late->clear();
                      return self->system().spawn(cluster_keeper, p, std::move(with));
                    });
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
  return tree_child("fleet_keeper", "fleet_keeper", usual_shutdown,
                    place_of(*parts_, "fleet_keeper"),
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
      tree_child("journal", "journal", journal_shutdown, journal_,
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
  return tree_child("budget_keeper", "budget_keeper", usual_shutdown,
                    place_of(*parts_, "budget_keeper"),
                    [p = parts_, j = journal_,
                     memory = std::make_shared<memory_budgets>()](caf::event_based_actor* self) {
                      return self->system().spawn(budget_keeper, p, j, memory);
                    });
}

child_spec node_tree::services() const {
  supervisor_config out{"services", supervision::one_for_one, {}, {}};
  for (const auto& s : parts_->fleet.services)
    out.children.push_back(tree_child(s.name, "service", usual_shutdown, nullptr,
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
  out.children.push_back(tree_child(
      "human_desk", "human_desk", usual_shutdown, desk_,
      [p = parts_](caf::event_based_actor* self) { return self->system().spawn(human_desk, p); }));
  out.children.push_back(tree_child(
      "registry", "registry", usual_shutdown, registry_,
      [p = parts_](caf::event_based_actor* self) { return self->system().spawn(registry, p); }));
  out.children.push_back(tree_child("respondent", "respondent", usual_shutdown,
                                    place_of(*parts_, "respondent"),
                                    [p = parts_, s = subjects_](caf::event_based_actor* self) {
                                      return self->system().spawn(respondent, p, s);
                                    }));
  if (parts_->quota) {
    out.children.push_back(tree_child("quota_keeper", "quota_keeper", usual_shutdown,
                                      place_of(*parts_, "quota_keeper"),
                                      [p = parts_](caf::event_based_actor* self) {
                                        return self->system().spawn(quota_keeper, p);
                                      }));
    out.children.push_back(tree_child("quota_desk", "quota_desk", usual_shutdown,
                                      place_of(*parts_, "quota_desk"),
                                      [p = parts_](caf::event_based_actor* self) {
                                        return self->system().spawn(quota_desk, p);
                                      }));
  }
  if (keeper_) {
    out.children.push_back(tree_child("breaker_desk", "breaker_desk", usual_shutdown,
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
    if (supervisor_above(path) == "domains")
      domains.children.push_back(domain_tree(path));
  out.children.push_back(supervised(std::move(domains), "domains"));
  if (auto follows = scaler_child())
    out.children.push_back(*std::move(follows));
  out.children.push_back(tree_child(
      "front_desk", "front_desk", usual_shutdown, place_of(*parts_, "front_desk"),
      [p = parts_, f = place_of(*parts_, "front_desk"), j = journal_, d = desk_](
          caf::event_based_actor* self) { return self->system().spawn(front_desk, p, f, j, d); }));
  // Last, so that nobody is restarted on its account.
  if (options_.keys && journal_)
    out.children.push_back(
        tree_child("key_keeper", "key_keeper", usual_shutdown, place_of(*parts_, "key_keeper"),
                   [p = parts_, j = journal_, ring = options_.keys](caf::event_based_actor* self) {
                     return self->system().spawn(key_keeper, p, j, ring);
                   }));
  if (options_.versions)
    out.children.push_back(fleet_keeper_child());
  if (parts_->budgets && !journal_)
    out.children.push_back(budget_keeper_child());
  // Last, so that nobody is restarted with it.
  if (journal_)
    out.children.push_back(tree_child("order_keeper", "order_keeper", usual_shutdown,
                                      place_of(*parts_, "order_keeper"),
                                      [p = parts_, j = journal_](caf::event_based_actor* self) {
                                        return self->system().spawn(order_keeper, p, j);
                                      }));
  if (journal_)
    out.children.push_back(tree_child("arm_keeper", "arm_keeper", usual_shutdown,
                                      place_of(*parts_, "arm_keeper"),
                                      [p = parts_, j = journal_](caf::event_based_actor* self) {
                                        return self->system().spawn(arm_keeper, p, j);
                                      }));
  return out;
}

} // namespace troupe
