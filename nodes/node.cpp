#include "nodes/node.hpp"

#include "actors/agent.hpp"
#include "actors/audit.hpp"
#include "actors/boundary.hpp"
#include "actors/front_desk.hpp"
#include "actors/human_desk.hpp"
#include "actors/journal.hpp"
#include "actors/orchestrator.hpp"
#include "actors/registry.hpp"
#include "actors/service.hpp"
#include "actors/supervisor.hpp"
#include "nodes/models.hpp"
#include "nodes/node_client.hpp"
#include "policies/dice.hpp"
#include "src/telemetry/log.hpp"
#include "src/telemetry/metrics.hpp"
#include "src/tools/http.hpp"
#include "src/tools/plugin.hpp"
#include "src/tools/process.hpp"
#include "src/tools/worker_pool.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

namespace troupe {

namespace fs = std::filesystem;

namespace {

constexpr milliseconds agent_shutdown{2000};
constexpr milliseconds isolate{60000};
constexpr milliseconds tree_shutdown{8000};
constexpr milliseconds journal_shutdown{5000};
constexpr milliseconds store_retry{5000}; ///< between tries to open a store that keeps failing

child_rules rules_for(std::string id, milliseconds shutdown,
                      restart_type restart = restart_type::permanent) {
  return {std::move(id), restart, shutdown};
}

void index_domains(const std::vector<domain_spec>& domains, node_parts& parts) {
  for (const auto& d : domains) {
    auto& entry = parts.domains[d.path];
    entry.spec = &d;
    for (std::uint32_t shard = 0; shard < parts.fleet.shards; ++shard)
      entry.shards.push_back(parts.places->claim(directory::orchestrator_of(d.path, shard)));
    index_domains(d.domains, parts);
  }
}

void check_natives(const std::vector<agent_spec>& agents, const node_parts& parts) {
  for (const auto& a : agents) {
    const auto function = a.settings.is_object() ? a.settings.value("function", std::string{}) : "";
    if (a.card.kind == agent_kind::native && !parts.natives->find(function))
      throw std::runtime_error{"agent " + a.card.domain + "/" + a.card.name +
                               ": no native agent is registered as '" + function + "'"};
  }
}

} // namespace

/// Agents that were added while the node ran, by the supervisor they belong to: it has to start
/// them again when it is restarted itself. Any thread.
struct node::late_agents {
  std::mutex mutex;
  std::map<std::string, std::vector<child_spec>, std::less<>> of;
};

/// Draws the supervision tree of a node:
///
///   node (rest_for_one)
///     storage (one_for_one)          the journal: when it fails, the others wait for the next one
///     human_desk, registry
///     services (one_for_one)         one child per service
///     domains (one_for_one)
///       <domain> (one_for_one)
///         <domain>/agents            one child per agent replica, by the domain's strategy
///         <domain>/orchestrators     one child per shard
///         its sub-domains, likewise
///     front_desk
///
/// Whoever comes later in `node` relies on those before; hence rest_for_one.
struct node::builder {
  caf::actor_system& sys;
  parts_ptr parts;
  const node_options& options;
  seat_ptr journal;
  seat_ptr desk;
  seat_ptr registry_place;
  seat_ptr front;
  std::shared_ptr<std::unique_ptr<store>> first_store;
  std::shared_ptr<late_agents> late;
  /// That the fleet was loaded, for the audit trail. Every journal gets it first; the trail takes
  /// it once.
  std::shared_ptr<const std::vector<store_write>> loaded = nullptr;

  child_spec tree(supervisor_config config, const std::string& id) const {
    child_spec out;
    out.rules = rules_for(id, tree_shutdown);
    out.kind = "supervisor";
    out.is_supervisor = true;
    out.place =
        parts->places->claim({address_kind::node, parts->fleet.node_id + "/" + config.name});
    auto shared = std::make_shared<const supervisor_config>(std::move(config));
    out.start = [p = parts, shared, added = late](caf::event_based_actor* self) {
      auto children = *shared;
      {
        std::lock_guard hold{added->mutex};
        if (auto more = added->of.find(shared->name); more != added->of.end())
          children.children.insert(children.children.end(), more->second.begin(),
                                   more->second.end());
      }
      return self->system().spawn(supervisor, p, std::move(children));
    };
    return out;
  }

  child_spec agent_child(const std::shared_ptr<const agent_spec>& spec, const std::string& id,
                         seat_ptr place) const {
    child_spec out;
    out.rules = rules_for(id, agent_shutdown, spec->restart);
    out.kind = "agent";
    out.detail = to_string(spec->card.kind);
    out.place = place;
    out.start = [p = parts, place](caf::event_based_actor* self) {
      return self->system().spawn(agent, p, place);
    };
    out.started = [registry = registry_place, place](caf::event_based_actor* self) {
      send_to(self, registry, register_agent{place});
    };
    return out;
  }

  /// Seats are claimed while the tree is drawn, so that the registry knows every agent before the
  /// first of them runs.
  std::vector<child_spec> agent_children(const agent_spec& declared,
                                         const domain_spec& domain) const {
    std::vector<child_spec> out;
    auto whole = std::make_shared<agent_spec>(declared);
    if (!whole->breaker)
      whole->breaker = domain.breaker;
    const std::shared_ptr<const agent_spec> spec = std::move(whole);
    const auto provider =
        spec->provider.empty()
            ? nullptr
            : parts->places->claim_provider(spec->provider, domain.provider_breaker);
    for (std::uint32_t i = 0; i < spec->replicas; ++i) {
      const auto id =
          spec->card.name + (spec->replicas > 1 ? "#" + std::to_string(i + 1) : std::string{});
      auto place =
          parts->places->claim({address_kind::agent, spec->card.domain + "/" + id}, spec, provider);
      out.push_back(agent_child(spec, id, std::move(place)));
    }
    return out;
  }

  child_spec domain_tree(const domain_spec& domain) const {
    // Who declares its agents independent of each other wants the broken one to stay down alone.
    supervisor_config agents{
        domain.path + "/agents", domain.strategy, domain.intensity, {}, isolate};
    for (const auto& a : domain.agents)
      for (auto& c : agent_children(a, domain))
        agents.children.push_back(std::move(c));
    supervisor_config orchestrators{
        domain.path + "/orchestrators", supervision::one_for_one, {}, {}};
    for (std::uint32_t shard = 0; shard < parts->fleet.shards; ++shard) {
      child_spec c;
      // One that ends by itself has lost its shard to another owner.
      c.rules = rules_for(std::to_string(shard), agent_shutdown, restart_type::transient);
      c.kind = "orchestrator";
      c.place = parts->places->claim(directory::orchestrator_of(domain.path, shard));
      orchestrator_config config{&domain, shard, c.place, registry_place, desk, journal};
      c.start = [p = parts, config](caf::event_based_actor* self) {
        return self->system().spawn(orchestrator, p, config);
      };
      orchestrators.children.push_back(std::move(c));
    }
    supervisor_config all{domain.path, supervision::one_for_one, {}, {}};
    all.children.push_back(tree(std::move(agents), "agents"));
    all.children.push_back(tree(std::move(orchestrators), "orchestrators"));
    for (const auto& inner : domain.domains)
      all.children.push_back(domain_tree(inner));
    return tree(std::move(all), domain.path);
  }

  template <class Start>
  static child_spec single(const std::string& id, milliseconds shutdown, seat_ptr place,
                           Start start) {
    child_spec out;
    out.rules = rules_for(id, shutdown);
    out.kind = id;
    out.place = std::move(place);
    out.start = std::move(start);
    return out;
  }

  supervisor_config root() const {
    supervisor_config out{parts->fleet.node_id, supervision::rest_for_one, {}, {}};
    if (journal) {
      // Whoever writes knows what is not stored yet and hands it to the next journal; nobody else
      // need be restarted for it, nor the node end because the store is out of reach for a while.
      supervisor_config storage{"storage", supervision::one_for_one, {}, {}, store_retry};
      storage.children.push_back(
          single("journal", journal_shutdown, journal,
                 [p = parts, first = first_store, open = options.open_store,
                  own_thread = options.journal_on_own_thread,
                  hello = loaded](caf::event_based_actor* self) -> caf::actor {
                   // The store that `start` opened serves the first incarnation; later ones open it
                   // anew.
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
      out.children.push_back(tree(std::move(storage), "storage"));
    }
    out.children.push_back(
        single("human_desk", agent_shutdown, desk, [p = parts](caf::event_based_actor* self) {
          return self->system().spawn(human_desk, p);
        }));
    out.children.push_back(single(
        "registry", agent_shutdown, registry_place,
        [p = parts](caf::event_based_actor* self) { return self->system().spawn(registry, p); }));
    if (!parts->fleet.services.empty()) {
      supervisor_config services{"services", supervision::one_for_one, {}, {}};
      for (const auto& s : parts->fleet.services) {
        child_spec c;
        c.rules = rules_for(s.name, agent_shutdown);
        c.kind = "service";
        c.start = [p = parts, s](caf::event_based_actor* self) {
          return self->system().spawn(service, p, s);
        };
        services.children.push_back(std::move(c));
      }
      out.children.push_back(tree(std::move(services), "services"));
    }
    supervisor_config domains{"domains", supervision::one_for_one, {}, {}};
    for (const auto& d : parts->fleet.domains)
      domains.children.push_back(domain_tree(d));
    out.children.push_back(tree(std::move(domains), "domains"));
    out.children.push_back(
        single("front_desk", agent_shutdown, front,
               [p = parts, f = front, j = journal, d = desk](caf::event_based_actor* self) {
                 return self->system().spawn(front_desk, p, f, j, d);
               }));
    return out;
  }
};

node::node(caf::actor_system& sys, fleet_spec fleet, node_options options)
    : system_(sys)
    , parts_(std::make_shared<node_parts>())
    , options_(std::move(options))
    , first_store_(std::make_shared<std::unique_ptr<store>>())
    , late_(std::make_shared<late_agents>()) {
  auto& p = *parts_;
  // Children run in the fleet's folder, so that paths handed to them must not depend on ours.
  if (!fleet.data_dir.empty())
    fleet.data_dir = fs::absolute(fleet.data_dir).lexically_normal().string();
  fleet.dir =
      fleet.dir.empty() ? std::string{} : fs::absolute(fleet.dir).lexically_normal().string();
  p.fleet = std::move(fleet);
  index_domains(p.fleet.domains, p);
  p.time = options_.time.value_or(
      timeline{std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now()),
               sys.clock().now()});
  p.seed = options_.seed != 0
               ? options_.seed
               : (std::uint64_t{std::random_device{}()} << 32 | std::random_device{}());
  p.log = options_.log ? options_.log : make_logger({});
  p.events = options_.events;
  p.counters = std::make_shared<troupe::metrics>(
      metrics_identity{p.fleet.region, p.fleet.node_id, TROUPE_VERSION});
  if (options_.natives)
    p.natives = options_.natives;
  p.processes = options_.processes ? options_.processes : tools::make_process_port();
  p.http = options_.http ? options_.http : tools::make_http_port();
  p.workers = options_.workers ? options_.workers : tools::make_worker_pool();
  p.secrets = options_.secrets;
  for (const auto& [path, domain] : p.domains)
    for (const auto& agent : domain.spec->agents)
      if (auto made = boundary::of(agent, domain.spec))
        p.boundaries.emplace(path + "/" + agent.card.name, std::move(made));
  const bool stores = !options_.no_store;
  if (stores || !p.fleet.plugins.empty())
    fs::create_directories(p.fleet.data_dir);
  plugin_host host{p.natives.get(), p.fleet.data_dir, p.fleet.dir};
  for (const auto& plugin : p.fleet.plugins)
    tools::load_plugin(plugin, {options_.plugin_path.begin(), options_.plugin_path.end()},
                       plugin_abi, &host);
  for (const auto& [path, domain] : p.domains)
    check_natives(domain.spec->agents, p);
  p.classifiers = load_models(p.fleet, *p.log);
  if (stores && !options_.open_store)
    options_.open_store = [path = p.fleet.data_dir + "/journal.db", key = options_.audit_key] {
      sqlite_settings settings;
      settings.audit_key = key;
      return open_sqlite_store(path, settings);
    };

  const auto own = [&](const std::string& name) {
    return p.places->claim({address_kind::node, p.fleet.node_id + "/" + name});
  };
  client_ = std::make_unique<node_client>(parts_, own("front_desk"), own("root"), system_, stores);
}

node::~node() {
  stop();
}

void node::start() {
  if (root_)
    return;
  const auto own = [&](const std::string& name) {
    return parts_->places->claim({address_kind::node, parts_->fleet.node_id + "/" + name});
  };
  if (options_.open_store && !options_.no_store)
    *first_store_ = options_.open_store();
  builder b{system_,
            parts_,
            options_,
            options_.no_store ? nullptr : own("journal"),
            own("human_desk"),
            own("registry"),
            own("front_desk"),
            first_store_,
            late_};
  const auto now = parts_->time.at(system_.clock().now());
  b.loaded = std::make_shared<const std::vector<store_write>>(
      1,
      audit_write("config/" + std::to_string(now.time_since_epoch().count()), now, "config.loaded",
                  {{"fleet", parts_->fleet.name},
                   {"node", parts_->fleet.node_id},
                   {"version", TROUPE_VERSION},
                   {"files", options_.config_fingerprint}}));
  root_ = system_.spawn(supervisor, parts_, b.root());
  own("root")->take(root_);
  root_->attach_functor(
      [this_log = parts_->log, tell = on_failure_, &sys = system_](const caf::error& why) {
        if (is_shutdown_exit(why) || is_normal_exit(why))
          return;
        const auto text = failure_text(sys, why);
        this_log->critical("the node's root supervisor has given up: {}", text);
        if (tell)
          tell(text);
      });
}

bool node::read_audit(std::uint64_t after, std::size_t most,
                      std::function<void(std::vector<audit_row>)> then) const {
  const auto place = parts_->places->find({address_kind::node, parts_->fleet.node_id + "/journal"});
  const auto journal = place ? place->now().handle : caf::actor{};
  if (!journal)
    return false;
  caf::anon_send(journal, journal_ask{[after, most, then = std::move(then)](store& where) {
                   then(where.audit(after, most));
                 }});
  return true;
}

bool node::wait_ready(milliseconds most) const {
  const auto until = std::chrono::steady_clock::now() + most;
  while (!client_->ready()) {
    if (std::chrono::steady_clock::now() >= until)
      return false;
    std::this_thread::sleep_for(milliseconds{1});
  }
  return true;
}

void node::stop() {
  if (!root_)
    return;
  auto root = std::exchange(root_, nullptr);
  parts_->places->claim({address_kind::node, parts_->fleet.node_id + "/root"})->leave();
  caf::scoped_actor me{system_};
  me->monitor(root);
  me->send_exit(root, caf::exit_reason::user_shutdown);
  bool ended = false;
  me->receive([&](const caf::down_msg&) { ended = true; },
              caf::after(tree_shutdown * 2) >>
                  [&] { me->send_exit(root, caf::exit_reason::kill); });
  if (!ended)
    parts_->log->error("the supervision tree did not stop in time and was killed");
}

void node::add_agent(agent_spec spec) {
  auto domain = parts_->domains.find(spec.card.domain);
  if (domain == parts_->domains.end())
    throw std::runtime_error{"there is no domain " + spec.card.domain};
  check_natives({spec}, *parts_);
  for (const auto& known : parts_->places->all(address_kind::agent))
    if (known->spec() && known->spec()->card.domain == spec.card.domain &&
        known->spec()->card.name == spec.card.name)
      throw std::runtime_error{"domain " + spec.card.domain + " has an agent " + spec.card.name +
                               " already"};
  const auto own = [&](const std::string& name) {
    return parts_->places->claim({address_kind::node, parts_->fleet.node_id + "/" + name});
  };
  builder b{
      system_,           parts_,       options_, own("journal"), own("human_desk"), own("registry"),
      own("front_desk"), first_store_, late_};
  auto agents = own(spec.card.domain + "/agents")->now().handle;
  if (!agents)
    throw std::runtime_error{"domain " + spec.card.domain + " is not running"};
  for (auto& child : b.agent_children(spec, *domain->second.spec)) {
    {
      std::lock_guard hold{late_->mutex};
      late_->of[spec.card.domain + "/agents"].push_back(child);
    }
    // A supervisor that has been restarted just now knows it already, and takes it as the same.
    caf::anon_send(agents, start_child{std::make_shared<const child_spec>(std::move(child))});
  }
}

} // namespace troupe
