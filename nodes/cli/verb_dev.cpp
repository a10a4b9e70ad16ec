#include "nodes/cli/dev_cluster.hpp"
#include "nodes/cli/dev_node.hpp"
#include "nodes/cli/verbs.hpp"

namespace troupe::cli {

namespace {

/// What `dev` and `node` have in common.
void add_node_options(CLI::App& verb, const std::shared_ptr<dev_settings>& x) {
  x->dir = ".";
  verb.add_option("DIR", x->dir, "the fleet's folder")->capture_default_str();
  verb.add_option("--host", x->host,
                  "address of the HTTP door, instead of the fleet's; beyond the loopback it takes "
                  "--tls-cert and an API key");
  auto* cert = verb.add_option("--tls-cert", x->certificate,
                               "certificate of the HTTP door, in PEM with its chain");
  auto* key = verb.add_option("--tls-key", x->key, "the key of --tls-cert, in PEM");
  cert->needs(key);
  key->needs(cert);
  verb.add_option("--port", x->port, "instead of the fleet's; 0 takes a free one")
      ->check(CLI::Range(0, 65535));
  verb.add_option("--port-file", x->port_file,
                  "gets the port's number as soon as the node takes tasks");
  verb.add_option("--data", x->data,
                  "folder for everything that is stored, instead of the fleet's");
  verb.add_option("--threads", x->threads, "of the actors; 0: one per core, at least two")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  verb.add_option("--log-level", x->log_level, "instead of the fleet's")
      ->check(
          CLI::IsMember({"trace", "debug", "info", "warn", "warning", "error", "critical", "off"}));
  verb.add_option("--log-format", x->log_format, "of the lines on stderr")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  auto* none =
      verb.add_flag("--no-store", x->no_store, "keep tasks in memory only: they end with the node");
  verb.add_option("--store", x->store,
                  "a PostgreSQL server for the tasks, postgresql://..., instead of the data "
                  "folder; TROUPE_STORE keeps it out of the process list")
      ->excludes(none);
  verb.add_option("--store-schema", x->store_schema, "the schema there; nodes of a fleet share it")
      ->capture_default_str();
  verb.add_option("--label", x->labels,
                  "what the node offers to agents: NAME, NAME=VALUE or NAME=AMOUNT; may be given "
                  "again")
      ->allow_extra_args(false);
  verb.add_option("--plugin-path", x->plugin_path,
                  "a folder of plugins; may be given again, also TROUPE_PLUGIN_PATH")
      ->allow_extra_args(false);
}

std::shared_ptr<cluster_shape> add_cluster_options(CLI::App& verb) {
  const auto x = std::make_shared<cluster_shape>();
  verb.add_option("--nodes", x->nodes,
                  "so many nodes, each in a process of its own, that share a PostgreSQL server")
      ->check(CLI::Range(1, 16));
  verb.add_option("--regions", x->regions, "regions that the nodes are handed out to in turn")
      ->delimiter(',');
  verb.add_option("--between", x->between,
                  "how long everything takes from one region to another, such as 80ms")
      ->capture_default_str();
  return x;
}

} // namespace

void add_dev(CLI::App& to, shell& s) {
  auto* verb = add_verb(to, "dev", "Run a fleet on this machine, with its HTTP API, until Ctrl-C",
                        "troupe dev examples/customer-support\n"
                        "troupe dev . --port 0 --port-file port.txt --data build/data\n"
                        "troupe dev . --nodes 3 --regions north,south\n"
                        "troupe dev . --log-level debug --log-format json");
  const auto x = std::make_shared<dev_settings>();
  add_node_options(*verb, x);
  const auto shape = add_cluster_options(*verb);
  for (const auto* option : {"--regions", "--between"})
    verb->get_option(option)->needs("--nodes");
  for (const auto* option : {"--no-store", "--port-file", "--tls-cert", "--tls-key", "--host"})
    verb->get_option("--nodes")->excludes(option);
  verb->callback([&s, x, shape] {
    s.run = [&s, x, shape] {
      return shape->nodes > 0 ? run_cluster(*x, *shape, s.err) : run_dev(*x, s.err);
    };
  });

  auto* up = add_verb(to, "up", "Run a cluster on this machine, a process per node, until Ctrl-C",
                      "troupe up examples/customer-support\n"
                      "troupe up . --nodes 5 --regions north,south --between 80ms\n"
                      "troupe up . --port 0 --data build/data");
  const auto z = std::make_shared<dev_settings>();
  add_node_options(*up, z);
  const auto form = add_cluster_options(*up);
  for (const auto* option : {"--no-store", "--port-file", "--tls-cert", "--tls-key", "--host"})
    up->remove_option(up->get_option(option));
  up->callback([&s, z, form] { s.run = [&s, z, form] { return run_cluster(*z, *form, s.err); }; });

  auto* node = add_verb(to, "node", "Run one node of a cluster, until Ctrl-C or SIGTERM",
                        "troupe node . --id n1 --listen 10.0.0.1:7946 --certs certs "
                        "--store postgresql://troupe@db/troupe");
  const auto y = std::make_shared<dev_settings>();
  y->cluster.emplace();
  auto& cluster = *y->cluster;
  add_node_options(*node, y);
  node->add_option("--id", cluster.id,
                   "of this node: one that no other has, the same at each start")
      ->required();
  node->add_option("--region", cluster.region, "where it stands, instead of the fleet's");
  node->add_option("--listen", cluster.listen, "HOST:PORT for the links of the other nodes")
      ->required();
  node->add_option("--advertise", cluster.advertise,
                   "HOST:PORT by which the others reach it, when that is another one");
  auto* certs = node->add_option("--certs", cluster.certificates,
                                 "the folder with its certificate and key, and the authority's");
  node->add_flag("--plaintext", cluster.plaintext,
                 "links without TLS: only between nodes on one machine's loopback")
      ->excludes(certs);
  node->add_option("--reach", cluster.ways,
                   "ID=HOST:PORT by which this node dials another, in place of what that says; may "
                   "be given again")
      ->allow_extra_args(false);
  node->add_option("--weight", cluster.weight, "its share of the work, compared with the others'")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  node->add_option("--drain-timeout", cluster.drain_timeout,
                   "how long its agents may take to end their calls when it is told to stop")
      ->capture_default_str();
  node->callback([&s, y] { s.run = [&s, y] { return run_dev(*y, s.err); }; });
}

} // namespace troupe::cli
