#include "nodes/node.hpp"

#include "actors/act_watch.hpp"
#include "actors/arm_book.hpp"
#include "actors/audit.hpp"
#include "actors/breaker_desk.hpp"
#include "actors/budgeted_models.hpp"
#include "actors/key_ring.hpp"
#include "actors/quota_desk.hpp"
#include "actors/quota_keeper.hpp"
#include "actors/standing_orders.hpp"
#include "actors/supervisor.hpp"
#include "actors/work_desk.hpp"
#include "nodes/flight_reader.hpp"
#include "nodes/node_client.hpp"
#include "nodes/node_tree.hpp"
#include "nodes/store_layout.hpp"
#include "nodes/subjects.hpp"
#include "nodes/version_maker.hpp"
#include "policies/dice.hpp"
#include "src/cache/model_cache.hpp"
#include "src/models/model_port.hpp"
#include "src/models/vector_server.hpp"
#include "src/telemetry/flight_recorder.hpp"
#include "src/telemetry/log.hpp"
#include "src/telemetry/metrics.hpp"
#include "src/tools/alarm.hpp"
#include "src/tools/http.hpp"
#include "src/tools/plugin.hpp"
#include "src/tools/process.hpp"
#include "src/tools/worker_pool.hpp"

#include <filesystem>
#include <random>
#include <thread>
#include <utility>

namespace troupe {

namespace fs = std::filesystem;

namespace {

/// For the shards to be handed over, and what is said of that, beside the agents' last calls.
constexpr milliseconds leave_most{5000};
constexpr milliseconds stop_most{16000}; ///< for the whole tree; then it is killed

/// A name that no other life of this or another node has had.
std::string life_of(const node_parts& p) {
  return p.fleet.node_id + "/" +
         std::to_string(p.time.at(timeline::steady::now()).time_since_epoch().count()) + "/" +
         std::to_string(p.seed % 1000000);
}

} // namespace

node::node(caf::actor_system& sys, fleet_spec fleet, node_options options)
    : system_(sys)
    , parts_(std::make_shared<node_parts>())
    , options_(std::move(options))
    , late_(std::make_shared<late_children>()) {
  auto& p = *parts_;
  // Children run in the fleet's folder, so that paths handed to them must not depend on ours.
  if (!fleet.data_dir.empty())
    fleet.data_dir = fs::absolute(fleet.data_dir).lexically_normal().string();
  fleet.dir =
      fleet.dir.empty() ? std::string{} : fs::absolute(fleet.dir).lexically_normal().string();
  p.fleet = std::move(fleet);
  p.layout.per_region = p.fleet.shards;
  for (const auto& region : p.fleet.regions)
    p.layout.regions.push_back(region.name);
  p.time = options_.time.value_or(
      timeline{std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now()),
               sys.clock().now()});
  p.seed = options_.seed != 0
               ? options_.seed
               : (std::uint64_t{std::random_device{}()} << 32 | std::random_device{}());
  p.log = options_.log ? options_.log : make_logger({});
  p.events = options_.events;
  p.orders = std::make_shared<standing_orders>();
  p.arms = std::make_shared<arm_book>(p.fleet.node_id);
  p.flights = std::make_shared<flight_recorder>();
  if (options_.cluster)
    p.cluster = std::make_shared<cluster_view>();
  p.counters = std::make_shared<troupe::metrics>(
      metrics_identity{p.fleet.region, p.fleet.node_id, TROUPE_VERSION});
  if (options_.cluster && options_.cluster->certificate_ends)
    p.counters->watch_certificate(options_.cluster->certificate_ends);
  if (options_.natives)
    p.natives = options_.natives;
  p.processes = options_.processes ? options_.processes : tools::make_process_port();
  p.http = options_.http ? options_.http : tools::make_http_port();
  p.workers = options_.workers ? options_.workers : tools::make_worker_pool();
  p.clock = std::make_shared<tools::alarm_clock>();
  p.services = std::make_shared<awaited_services>(p.fleet.services, p.time.at(sys.clock().now()));
  p.models = options_.models ? options_.models
                             : models::make_model_port(p.http, p.fleet.providers, p.fleet.models);
  if (auto limits = quota_plan::of(p.fleet.providers, p.fleet.models); !limits.models.empty()) {
    p.quota = std::make_shared<quota_port>(p.models, std::move(limits),
                                           node_tree::place_of(p, "quota_desk"));
    p.models = p.quota;
  }
  if (!p.fleet.models.empty()) {
    p.budgets = std::make_shared<budget_book>(budget_book::settings{
        p.versions, p.fleet.models, [time = p.time, &sys] { return time.at(sys.clock().now()); },
        node_tree::place_of(p, "budget_keeper"), life_of(p)});
    p.models = make_budgeted_models(p.models, p.budgets);
  }
  if (!p.fleet.models.empty())
    p.models = cache::make_model_cache(p.models, p.clock, [&sys] {
      return std::chrono::duration_cast<milliseconds>(sys.clock().now().time_since_epoch()).count();
    });
  for (const auto& provider : p.fleet.providers)
    if (provider.name == p.fleet.vectors.provider)
      p.vectors = models::make_vector_server(p.http, provider, p.fleet.vectors.model);
  p.work = std::make_shared<work_desk>(*p.clock);
  p.secrets = options_.secrets;
  const bool stores = !options_.no_store;
  if (stores || !p.fleet.plugins.empty())
    fs::create_directories(p.fleet.data_dir);
  plugin_host host{p.natives.get(), p.fleet.data_dir, p.fleet.dir};
  for (const auto& plugin : p.fleet.plugins)
    tools::load_plugin(plugin, {options_.plugin_path.begin(), options_.plugin_path.end()},
                       plugin_abi, &host);
  make_versions();
  if (stores && !options_.open_store)
    options_.open_store = [path = p.fleet.data_dir + "/journal.db", key = options_.audit_key] {
      sqlite_settings settings;
      settings.audit_key = key;
      return open_sqlite_store(path, settings);
    };

  client_ = std::make_unique<node_client>(parts_, node_tree::place_of(p, "front_desk"),
                                          node_tree::place_of(p, "root"), system_, stores);
}

void node::make_versions() {
  auto& p = *parts_;
  loaded_content own;
  own.fleet = p.fleet;
  if (!options_.versions) {
    p.versions->put(make_version(p, std::move(own), 0, {}));
    return;
  }
  const auto& with = *options_.versions;
  own.files = with.files;
  own.folder = with.folder;
  p.versions->put(make_version(p, std::move(own), with.number, with.digest));
  p.versions->show_nodes({{p.fleet.node_id, with.number}});
  for (const auto& [row, content] : with.former) {
    try {
      auto loaded = with.source.load(content);
      if (!loaded.fleet)
        throw std::runtime_error{loaded.errors.empty() ? "it cannot be read"
                                                       : to_string(loaded.errors.front())};
      use_about(*loaded.fleet, row.about);
      p.versions->put(make_version(p, std::move(loaded), row.number, row.digest));
    } catch (const std::exception& e) {
      // Its mark may have outlived its tasks: the last ones of a version that was current leave it.
      p.log->warn("version {} of the fleet cannot be used any more: {}; tasks that are open by it "
                  "still, if there are any, go on by version {}",
                  row.number, e.what(), with.number);
    }
  }
}

node::~node() {
  stop();
}

void node::start() {
  if (root_)
    return;
  auto first_store = std::make_shared<std::unique_ptr<store>>();
  if (options_.open_store && !options_.no_store)
    *first_store = options_.open_store();
  // Before anything is taken up there. Others of a cluster may be up: whoever knows that there are
  // none has changed it before.
  if (auto* kept = *first_store ? (*first_store)->layout() : nullptr)
    claim_layout(*kept, parts_->fleet, {"the store", !options_.cluster},
                 [this](const std::string& text) { parts_->log->warn("{}", text); });
  // Before anybody can ask for anything: whether keys are needed must be known from the beginning.
  if (options_.keys && *first_store)
    options_.keys->read(**first_store);
  // Before anybody is started: who was stopped stays so.
  if (*first_store) {
    order_table said;
    for (const auto& x : (*first_store)->orders())
      said.note(x);
    parts_->orders->use(std::move(said), 0);
    for (const auto& x : (*first_store)->learned())
      parts_->arms->take(x);
  }
  const auto now = parts_->time.at(system_.clock().now());
  // Every journal gets it first; the audit trail takes it once.
  auto loaded = std::make_shared<const std::vector<store_write>>(
      1,
      audit_write("config/" + std::to_string(now.time_since_epoch().count()), now, "config.loaded",
                  {{"fleet", parts_->fleet.name},
                   {"node", parts_->fleet.node_id},
                   {"version", TROUPE_VERSION},
                   {"files", options_.config_fingerprint}}));
  auto subjects = subjects_of(
      *client_, {options_.search_logs, flight_reader(parts_->flights, [time = parts_->time] {
                   return time.at(timeline::steady::now());
                 })});
  subjects["limits"] = quota_view_subject(parts_);
  subjects["act"] = act_subject(parts_);
  if (parts_->quota)
    subjects["quota"] = quota_subject(parts_);
  if (options_.cluster) {
    subjects["breakers"] = breaker_subject(parts_, system_);
    subjects["certificate"] = certificate_subject(options_.cluster->certificate_ends);
  }
  root_ = system_.spawn(supervisor, parts_,
                        node_tree{parts_, options_, late_, std::move(subjects)}.root(
                            std::move(first_store), std::move(loaded)));
  node_tree::place_of(*parts_, "root")->take(root_);
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
  const auto journal = node_tree::place_of(*parts_, "journal")->now().handle;
  if (!journal)
    return false;
  caf::anon_send(journal, journal_ask{[after, most, then = std::move(then)](store& where) {
                   then(where.audit(after, most));
                 }});
  return true;
}

bool node::write(std::vector<store_write> what,
                 std::function<void(const std::string&)> then) const {
  return write_now(*parts_, std::move(what), std::move(then), options_.keys);
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

void node::leave() {
  const auto keeper = node_tree::place_of(*parts_, "cluster_keeper")->now().handle;
  if (!keeper)
    return;
  caf::scoped_actor me{system_};
  me->request(keeper, options_.cluster->drain_timeout + leave_most, leave_cluster{})
      .receive([](cluster_left) {},
               [&](const caf::error& why) {
                 parts_->log->warn("this node ends without having left the cluster: {}",
                                   describe(system_, why));
               });
}

void node::stop() {
  if (!root_)
    return;
  if (options_.cluster)
    leave();
  auto root = std::exchange(root_, nullptr);
  node_tree::place_of(*parts_, "root")->leave();
  caf::scoped_actor me{system_};
  me->monitor(root);
  me->send_exit(root, caf::exit_reason::user_shutdown);
  bool ended = false;
  me->receive([&](const caf::down_msg&) { ended = true; },
              caf::after(stop_most) >> [&] { me->send_exit(root, caf::exit_reason::kill); });
  if (!ended)
    parts_->log->error("the supervision tree did not stop in time and was killed");
}

void node::add_agent(agent_spec spec) {
  const auto version = parts_->current();
  const auto* domain = version->domain(spec.card.domain);
  if (!domain)
    throw std::runtime_error{"there is no domain " + spec.card.domain};
  check_natives({spec}, *parts_);
  const auto name = spec.card.domain + "/" + spec.card.name;
  if (spec.scaling)
    throw std::runtime_error{"agent " + name +
                             " is added to a running fleet: it has a fixed number of replicas"};
  host here;
  here.row = own_row(*parts_);
  if (const auto found = place_replica(name, spec.placement, {here}, {}); found.node.empty())
    throw std::runtime_error{"agent " + name + " cannot run here: " + found.why};
  for (const auto& known : parts_->places->all(address_kind::agent))
    if (known->spec() && known->spec()->card.domain == spec.card.domain &&
        known->spec()->card.name == spec.card.name)
      throw std::runtime_error{"domain " + spec.card.domain + " has an agent " + spec.card.name +
                               " already"};
  const auto supervisor_name = spec.card.domain + "/agents";
  const auto agents = node_tree::place_of(*parts_, supervisor_name)->now().handle;
  if (!agents)
    throw std::runtime_error{"domain " + spec.card.domain + " is not running"};
  parts_->versions->note_added(name);
  for (auto& child : node_tree{parts_, options_, late_}.agent_children(spec, *domain)) {
    // It is the application's, and not given by a keeper that may be restarted.
    late_->keep(supervisor_name, child);
    // A supervisor that has been restarted just now knows it already, and takes it as the same.
    caf::anon_send(agents, start_child{std::make_shared<const child_spec>(std::move(child))});
  }
}

} // namespace troupe
