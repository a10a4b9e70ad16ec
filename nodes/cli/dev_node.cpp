#include "nodes/cli/dev_node.hpp"

#include "nodes/cli/cluster_choice.hpp"
#include "nodes/cli/diagnostics.hpp"
#include "nodes/cli/door_choice.hpp"
#include "nodes/cli/fleet_folder.hpp"
#include "nodes/cli/last_acts.hpp"
#include "nodes/cli/log_keeper.hpp"
#include "nodes/cli/stop_switch.hpp"
#include "nodes/cli/store_choice.hpp"
#include "nodes/doors/a2a_push.hpp"
#include "nodes/doors/api.hpp"
#include "nodes/doors/http_server.hpp"
#include "nodes/doors/log_search.hpp"
#include "nodes/node.hpp"
#include "nodes/scheduler.hpp"
#include "nodes/store_layout.hpp"
#include "src/store/audit.hpp"
#include "src/store/membership_table.hpp"
#include "src/store/postgres_address.hpp"
#include "src/store/postgres_clock.hpp"
#include "src/telemetry/log.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

namespace troupe::cli {

namespace fs = std::filesystem;

namespace {

constexpr milliseconds drain{5000}; ///< for requests, and acts, that run when the node is to stop
constexpr milliseconds ready_max{60000}; ///< for the tree to start and take up what was interrupted
constexpr milliseconds ready_tick{10};
constexpr milliseconds silent_most{10000}; ///< of a member that may be alive

/// Everything of the node that writes down what happens.
struct telemetry {
  std::shared_ptr<log_book> book;
  std::shared_ptr<spdlog::logger> log;
  std::shared_ptr<const event_log> events;
};

std::shared_ptr<log_book> open_book(log_book_settings with) {
  const auto dir = with.dir.string();
  try {
    return std::make_shared<log_book>(std::move(with));
  } catch (const log_error& e) {
    throw cli_error{exit_failed, std::string{e.what()} +
                                     "; is another node running on the folder " + dir +
                                     "? Each needs one of its own: --data"};
  }
}

telemetry open_telemetry(const dev_settings& x, const fleet_spec& fleet,
                         const redactor_ptr& secrets) {
  telemetry out;
  log_settings to;
  to.level = parse_log_level(fleet.log_level).value_or(log_level::critical);
  to.format = x.log_format == "json" ? log_format::json_lines : log_format::text;
  to.redact = secrets;
  log_book_settings keep;
  keep.dir = fleet.data_dir;
  // The book's own complaints go to a logger that does not write to the book.
  const auto quiet = make_logger(to);
  keep.complain = [quiet](log_level level, const std::string& text) {
    quiet->log(spdlog_level(level), text);
  };
  out.book = open_book(std::move(keep));
  to.book = out.book;
  to.make_default = true;
  out.log = make_logger(to);
  if (fleet.log_level == "off")
    out.log->set_level(spdlog::level::off);
  out.events = std::make_shared<const event_log>(out.log, out.book, secrets);
  return out;
}

[[noreturn]] void no_door(const std::exception& why) {
  std::string text = why.what();
  if (text.find("in use") != std::string::npos)
    text += "; choose another port with --port, or any free one with --port 0";
  throw cli_error{exit_failed, text};
}

/// Before models are trained, which takes a while, and before anything is written.
void check_port_of(const dev_settings& x, const door_spec& with) {
  auto want = http_settings::of(with);
  want.tls = {x.certificate, x.key, {}};
  try {
    check_port(want);
  } catch (const std::exception& e) {
    no_door(e);
  }
}

void open(http_server& door) {
  try {
    door.start();
  } catch (const std::exception& e) {
    no_door(e);
  }
}

/// Waits until the node takes tasks; false when it has to stop before that.
bool wait_ready(node& n, stop_switch& stop) {
  for (milliseconds waited{0}; waited < ready_max; waited += ready_tick) {
    if (n.api().ready())
      return true;
    if (stop.wait(ready_tick))
      return false;
  }
  stop.fail("it was not ready within " + std::to_string(ready_max.count() / 1000) +
            " seconds; its log says why");
  return false;
}

void write_port(const std::string& file, std::uint16_t port) {
  // Written beside and moved into place, so that whoever waits for the file never reads half of it.
  const auto beside = file + ".new";
  {
    std::ofstream out{beside};
    out << port << '\n';
    if (!out.flush())
      throw cli_error{exit_failed, "cannot write the port to " + file};
  }
  fs::rename(beside, file);
}

std::string address_of(const fleet_spec& fleet, std::uint16_t port, bool tls) {
  const auto& host = fleet.door.host;
  const bool v6 = host.find(':') != std::string::npos;
  return (tls ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

/// Nobody else goes by the table of versions just now.
bool is_alone(const dev_settings& x, const std::optional<postgres_settings>& server) {
  if (!x.cluster || !server)
    return true;
  const auto table = open_postgres_membership(*server)->read();
  return std::none_of(table.rows.begin(), table.rows.end(), [&](const auto& m) {
    return m.node != x.cluster->id && m.unrenewed < silent_most &&
           (m.state == member_state::up || m.state == member_state::joining);
  });
}

/// The store that the node is about to go by, for people.
std::string place_of_store(const fleet_spec& fleet,
                           const std::optional<postgres_settings>& server) {
  return server ? postgres_place(server->address) + ", schema " + server->schema + ","
                : "the data folder " + fleet.data_dir;
}

/// Chooses the version of the fleet that the node begins with, and where others come from: `own` is
/// that version from then on. A fleet that cannot be kept has no versions. Of a store that the
/// node may not go by, nothing is read or changed.
void use_versions(const dev_settings& x, loaded_fleet& own, node_options& options,
                  const layout_claim& by, const std::shared_ptr<redactor>& secrets) {
  auto& log = *options.log;
  const auto data = own.fleet.data_dir;
  std::error_code ignored;
  fs::remove_all(fs::path{data} / "versions", ignored);
  version_options with;
  with.source = source_in_folder(x, data, secrets);
  const auto warn = [&log](const std::string& text) { log.warn("{}", text); };
  std::unique_ptr<store> opened;
  if (x.no_store)
    with.memory = make_memory_versions();
  else
    opened = options.open_store();
  if (auto* kept = opened ? opened->layout() : nullptr)
    claim_layout(*kept, own.fleet, by, warn);
  auto content = content_of_own(own, with.source, warn);
  if (!content)
    return;
  auto* table = opened ? opened->versions() : with.memory.get();
  if (!table)
    return;
  const auto now =
      options.time ? options.time->at(std::chrono::steady_clock::now())
                   : std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
  auto first = choose_version(*table, with.source, std::move(content->loaded), content->packed,
                              own.fleet.node_id, by.alone, now, warn);
  log.info("version {} of the fleet", first.number);
  with.number = first.number;
  with.digest = first.digest;
  with.files = std::move(first.content.files);
  with.folder = std::move(first.content.folder);
  own.fleet = std::move(*first.content.fleet);
  with.former = former_versions(*table);
  options.versions = std::move(with);
}

void reload_on_hangup(node& n, stop_switch& stop, spdlog::logger& log) {
  stop.on_hangup([&n, &log] {
    log.info("SIGHUP: the fleet's folder is read again");
    n.api().reload({{}, {}, "SIGHUP"}, [&log](const fleet_reloaded& x, const refused& why) {
      const auto& no = why.why != refusal::none ? why : x.why;
      for (const auto& e : x.errors)
        log.error("the folder cannot be used: {}", to_string(e));
      if (no.why != refusal::none)
        log.error("the fleet stays as it is: {}", no.detail);
      else if (x.change.nothing())
        log.info("nothing has changed: version {} of the fleet stays", x.version);
    });
  });
}

/// From a started node to a stopped one.
exit_code serve(node& n, http_server& door, const dev_settings& x, stop_switch& stop,
                spdlog::logger& log, std::ostream& err) {
  stop.started();
  n.on_failure([&stop](const std::string& why) { stop.fail(why); });
  n.start();
  reload_on_hangup(n, stop, log);
  if (wait_ready(n, stop)) {
    if (!x.port_file.empty())
      write_port(x.port_file, door.port());
    const auto& fleet = n.api().fleet();
    err << "troupe " << fleet.name
        << " is up: " << address_of(fleet, door.port(), !x.certificate.empty()) << " ("
        << in_words(size_of(fleet)) << "); stop with Ctrl-C" << std::endl;
  }
  const auto order = stop.wait();
  if (order.by_signal)
    log.info("{}: stopping", order.why);
  stop.on_hangup(nullptr);
  door.stop(drain);
  // A node that leaves a cluster ends what it has by itself.
  if (order.by_signal && !x.cluster && !let_acts_end(n.api(), drain))
    log.warn("some agents are still acting: what came of that is found out at the next start");
  n.stop();
  if (order.by_signal)
    return exit_ok;
  err << "troupe: the node cannot go on: " << order.why << std::endl;
  return exit_failed;
}

} // namespace

std::vector<std::string> plugin_folders(const std::vector<std::string>& given) {
  auto out = given;
  if (const char* more = std::getenv("TROUPE_PLUGIN_PATH")) {
    const std::string all{more};
    std::size_t from = 0;
    while (from <= all.size()) {
      const auto end = std::min(all.find(':', from), all.size());
      if (end > from)
        out.push_back(all.substr(from, end - from));
      from = end + 1;
    }
  }
  std::error_code none;
  const auto here = fs::read_symlink("/proc/self/exe", none).parent_path();
  for (const auto& place : {here / "plugins", here / "../plugins", here / "../lib/troupe/plugins"})
    if (fs::is_directory(place, none))
      out.push_back(place.lexically_normal().string());
  return out;
}

exit_code run_dev(const dev_settings& x, std::ostream& err) {
  stop_switch stop;
  auto own = load_own_fleet(x, err);
  auto& fleet = own.fleet;
  auto known = own.secrets;
  const char* audit_key = std::getenv("TROUPE_AUDIT_KEY");
  if (audit_key)
    known.emplace_back(audit_key);
  auto server = chosen_store(x);
  if (server)
    for (auto& secret : secrets_of_store(*server))
      known.push_back(std::move(secret));
  const auto secrets = std::make_shared<redactor>(std::move(known));
  const auto door_spec = fleet.door;
  check_door(x, fleet, server);
  check_port_of(x, door_spec);
  const log_limits kept_lines{fleet.log_days, fleet.max_log_bytes};
  const auto out = open_telemetry(x, fleet, secrets);
  const log_keeper keeper{out.book, kept_lines};

  caf::actor_system_config config;
  tune_scheduler(config, x.threads);
  caf::actor_system system{config};
  node_options options;
  options.log = out.log;
  options.events = out.events;
  options.no_store = x.no_store;
  options.secrets = secrets;
  options.audit_key = audit_key ? audit_key : "";
  options.config_fingerprint = own.fingerprint;
  if (server) {
    server->audit_key = options.audit_key;
    server->audit_head = fs::absolute(fs::path{fleet.data_dir} / "audit.store.head").string();
    out.log->info("tasks are stored in {}, schema {}", postgres_place(server->address),
                  server->schema);
    options.open_store = [to = *server] { return open_postgres_store(to); };
  } else if (!x.no_store) {
    options.open_store = [path = fleet.data_dir + "/journal.db", key = options.audit_key] {
      sqlite_settings settings;
      settings.audit_key = key;
      return open_sqlite_store(path, settings);
    };
  }
  const auto keys = x.no_store ? nullptr : std::make_shared<key_ring>();
  options.keys = keys;
  options.search_logs = search_in(*out.book);
  options.plugin_path = plugin_folders(x.plugin_path);
  // The nodes of a cluster go by one clock.
  if (x.cluster && server)
    options.time = timeline_of_server(*server);
  if (!x.cluster || server)
    use_versions(x, own, options, {place_of_store(fleet, server), is_alone(x, server)}, secrets);
  if (x.cluster)
    options.cluster = join_cluster(*x.cluster, server, fleet, out.log);
  node n{system, std::move(fleet), std::move(options)};

  api_settings api;
  api.wait_max = door_spec.wait_max;
  if (!x.no_store)
    api.read_audit = [&n](std::uint64_t after, std::size_t most, auto then) {
      return n.read_audit(after, most, std::move(then));
    };
  api.access = access_of(n, door_spec.host, keys);
  auto door_with = http_settings::of(door_spec);
  door_with.tls = certificate_of(x, out.log);
  api.tls = door_with.tls.given();
  api.work = n.parts()->work;
  if (!door_spec.push_hosts.empty())
    api.push = std::make_shared<push_desk>(n.parts()->http, n.parts()->clock, out.log,
                                           door_spec.push_hosts);
  // The door opens before the tree starts: a port that is taken should end the program before it
  // takes up interrupted work.
  http_server door{std::move(door_with), make_api(n.api(), std::move(api))};
  open(door);
  return serve(n, door, x, stop, *out.log, err);
}

} // namespace troupe::cli
