#include "nodes/cli/door_choice.hpp"

#include "policies/access.hpp"
#include "src/telemetry/metrics.hpp"

#include <boost/asio/ip/address.hpp>
#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>

namespace troupe::cli {

namespace {

/// Why a door refuses: all of it is known from the beginning, so that the series are, too.
constexpr std::array<std::string_view, 6> refusals{"no_key",      "wrong_key", "revoked_key",
                                                   "expired_key", "scope",     "keys_unknown"};

bool has_good_key(store& where) {
  key_ring ring;
  ring.read(where);
  const auto now = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
  const auto book = ring.seen();
  return std::any_of(book->begin(), book->end(), [&](const auto& x) {
    return x.second && standing_of(*x.second, now) == key_standing::good;
  });
}

} // namespace

bool is_loopback(const std::string& host) {
  boost::system::error_code e;
  const auto at = boost::asio::ip::make_address(host, e);
  return host == "localhost" || (!e && at.is_loopback());
}

void check_door(const dev_settings& x, const fleet_spec& fleet,
                const std::optional<postgres_settings>& server) {
  const auto& host = fleet.door.host;
  if (is_loopback(host))
    return;
  if (x.certificate.empty())
    throw cli_error{exit_usage, "a door on " + host +
                                    " is reached from other machines: it needs TLS, --tls-cert "
                                    "and --tls-key"};
  if (x.no_store)
    throw cli_error{exit_usage, "a door on " + host +
                                    " needs an API key, and --no-store leaves no place to keep "
                                    "one"};
  const auto file = std::filesystem::path{fleet.data_dir} / "journal.db";
  std::unique_ptr<store> where;
  if (server)
    where = open_postgres_store(*server);
  else if (std::filesystem::exists(file)) {
    sqlite_settings s;
    if (const char* secret = std::getenv("TROUPE_AUDIT_KEY"))
      s.audit_key = secret;
    where = open_sqlite_store(file.string(), s);
  }
  if (!where || !has_good_key(*where))
    throw cli_error{exit_usage,
                    "a door on " + host +
                        " needs an API key, and there is none that is good. Make one first:\n"
                        "  troupe keys create --name root --allow admin --out root.key " +
                        (server ? "--store env" : "--data " + fleet.data_dir)};
}

access_settings access_of(node& n, const std::string& host, const std::shared_ptr<key_ring>& keys) {
  access_settings out;
  out.keys = keys;
  out.always = !is_loopback(host);
  out.node = n.api().fleet().node_id;
  out.write = [&n](std::vector<store_write> what, std::function<void(const std::string&)> then) {
    return n.write(std::move(what), std::move(then));
  };
  auto& family = prometheus::BuildCounter()
                     .Name("troupe_door_refused_total")
                     .Help("Requests that were refused at the door for want of a key or of rights.")
                     .Register(n.parts()->counters->registry());
  std::map<std::string_view, prometheus::Counter*> by_reason;
  for (const auto why : refusals)
    by_reason[why] = &family.Add({{"reason", std::string{why}}});
  out.count = [by_reason](std::string_view why) {
    if (const auto hit = by_reason.find(why); hit != by_reason.end())
      hit->second->Increment();
  };
  return out;
}

door_certificate certificate_of(const dev_settings& x, const std::shared_ptr<spdlog::logger>& log) {
  door_certificate out{x.certificate, x.key, {}};
  out.notice = [log](bool bad, const std::string& text) {
    log->log(bad ? spdlog::level::warn : spdlog::level::info, "door: {}", text);
  };
  return out;
}

} // namespace troupe::cli
