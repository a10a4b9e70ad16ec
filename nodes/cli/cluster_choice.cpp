#include "nodes/cli/cluster_choice.hpp"

#include "nodes/cli/exit_code.hpp"
#include "nodes/cli/shell.hpp"
#include "policies/node_placement.hpp"
#include "src/links/certificates.hpp"
#include "src/links/kept_certificate.hpp"
#include "src/links/mesh.hpp"

#include <filesystem>
#include <stdexcept>
#include <utility>

namespace troupe::cli {

namespace {

/// The links' notices that people who run the node should read; the rest is counted.
void note(spdlog::logger& log, const links::link_notice& x) {
  using kind = links::notice_kind;
  const bool routine = x.kind == kind::unreachable || x.kind == kind::certificate_renewed;
  log.log(routine ? spdlog::level::info : spdlog::level::warn, "links: {}", x.text);
}

links::link_settings link_settings_of(const cluster_settings& x, const std::string& region) {
  links::link_settings out;
  out.node = x.id;
  out.region = region;
  const auto at = links::split_address(x.listen);
  if (at.host.empty() || at.port == 0)
    throw cli_error{exit_usage, "--listen wants HOST:PORT, a numeric address and a port"};
  out.host = at.host;
  out.port = at.port;
  for (const auto& way : x.ways) {
    const auto eq = way.find('=');
    if (eq == std::string::npos)
      throw cli_error{exit_usage, "--reach wants ID=HOST:PORT, not \"" + way + "\""};
    out.ways[way.substr(0, eq)] = way.substr(eq + 1);
  }
  out.plaintext = x.plaintext;
  if (!x.plaintext) {
    if (x.certificates.empty())
      throw cli_error{exit_usage, "a node of a cluster needs its certificate: --certs DIR, as "
                                  "`troupe certs node` makes it"};
    const std::filesystem::path dir{x.certificates};
    const auto own = links::node_files(dir, x.id);
    out.certificate = own.certificate.string();
    out.key = own.key.string();
    out.authority = links::authority_files(dir).certificate.string();
  }
  std::string wrong;
  for (const auto& flaw : out.validate())
    wrong += (wrong.empty() ? "" : "; ") + flaw;
  if (!wrong.empty())
    throw cli_error{exit_usage, wrong};
  // Whoever cannot link with anybody must not become a member first.
  if (!x.plaintext)
    try {
      out.kept = links::keep_certificate(out);
    } catch (const std::runtime_error& e) {
      throw cli_error{exit_failed, std::string{"this node cannot join: "} + e.what()};
    }
  return out;
}

} // namespace

cluster_options join_cluster(const cluster_settings& x,
                             const std::optional<postgres_settings>& server,
                             const fleet_spec& fleet, const std::shared_ptr<spdlog::logger>& log) {
  if (!server)
    throw cli_error{exit_usage, "the nodes of a cluster share a store: --store or TROUPE_STORE, "
                                "the address of a PostgreSQL server"};
  const auto settings = link_settings_of(x, fleet.region);
  cluster_options out;
  out.self.node = x.id;
  out.self.region = fleet.region;
  put_labels(out.self, fleet.node_labels);
  out.self.reached_at = {x.advertise.empty() ? x.listen : x.advertise};
  out.self.weight = x.weight;
  out.drain_timeout = milliseconds{milliseconds_of(x.drain_timeout, "--drain-timeout")};
  out.self.version = TROUPE_VERSION;
  // Owners that are alive say when they have let go: this is for those that do not.
  out.owners.handover_wait = milliseconds{2000};
  out.open_table = [to = *server] { return open_postgres_membership(to); };
  if (settings.kept)
    out.certificate_ends = [kept = settings.kept] { return links::end_of(*kept); };
  out.open_links = [settings, log](std::uint64_t incarnation) {
    auto mine = settings;
    mine.incarnation = incarnation;
    return std::make_unique<links::mesh>(
        std::move(mine), [log](const links::link_notice& notice) { note(*log, notice); });
  };
  return out;
}

} // namespace troupe::cli
