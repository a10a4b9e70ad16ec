// How a handle comes to its connection: to a server that takes writes and was not overtaken.
#include "src/store/postgres_address.hpp"
#include "src/store/postgres_handle.hpp"
#include "src/store/postgres_probe.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>

namespace troupe {

namespace {

constexpr const char* overtaken = "TRO01"; ///< no server's code: our own verdict on a server

const char* field(const PGresult* r, int which) {
  const char* x = PQresultErrorField(r, which);
  return x ? x : "";
}

/// libpq hands notices to a function; ours wants one of them only. When a commit waits for its
/// standby and the wait is cancelled, by an administrator or by a shutdown, the server commits all
/// the same and says so in a warning: what looks like success is on one machine only. The text may
/// be in any language; the place in the server's source that it comes from is always told.
void take_notice(void* flag, const PGresult* r) {
  if (std::string_view{field(r, PG_DIAG_SEVERITY_NONLOCALIZED)} == "WARNING" &&
      std::string_view{field(r, PG_DIAG_SOURCE_FUNCTION)} == "SyncRepWaitForLSN")
    *static_cast<bool*>(flag) = true;
}

} // namespace

bool postgres_handle::alive() {
  if (!conn_)
    return false;
  // A server that went away has closed the socket: better found out now than by a batch.
  // First its last words are read, then the end.
  pollfd p{PQsocket(conn_.get()), POLLIN, 0};
  for (int i = 0; i < 4 && ::poll(&p, 1, 0) > 0; ++i)
    if (PQconsumeInput(conn_.get()) == 0)
      return false;
  return PQstatus(conn_.get()) == CONNECTION_OK;
}

void postgres_handle::begin_call() {
  if (queue_.empty() && alive() && PQtransactionStatus(conn_.get()) == PQTRANS_IDLE)
    return;
  drop();
  try {
    dial();
    prepare_(*this);
    if (PQenterPipelineMode(conn_.get()) == 0)
      lost("no pipeline: " + trimmed(PQerrorMessage(conn_.get())));
  } catch (...) {
    drop();
    throw;
  }
}

void postgres_handle::dial() {
  constexpr milliseconds probe{400};
  auto hosts = those_that_listen(postgres_hosts(settings_.address), probe);
  // libpq takes the first server that accepts writes. One that was overtaken does so too: then the
  // ones behind it are asked.
  for (auto from = hosts.begin();; ++from) {
    std::string names, addresses, ports;
    for (auto h = from; h != hosts.end(); ++h) {
      const char* comma = h == from ? "" : ",";
      names += comma + h->host;
      addresses += comma + h->hostaddr;
      ports += comma + h->port;
    }
    open(names, addresses, ports);
    try {
      return tune();
    } catch (const postgres_error& e) {
      if (e.state() != overtaken || from + 1 == hosts.end())
        throw;
    }
    drop();
  }
}

void postgres_handle::open(const std::string& hosts, const std::string& addresses,
                           const std::string& ports) {
  const auto seconds =
      std::to_string(std::max<std::int64_t>(2, (settings_.connect_timeout.count() + 999) / 1000));
  const auto patience = std::to_string(settings_.answer_timeout.count());
  std::vector<const char*> names, values;
  const auto set = [&](const char* name, const std::string& value) {
    names.push_back(name);
    values.push_back(value.c_str());
  };
  // A server whose machine is gone answers nothing; these can be said otherwise in the address.
  const std::string application{"troupe"}, idle{"5"}, interval{"2"}, count{"3"},
      writes{"read-write"};
  set("fallback_application_name", application);
  set("keepalives_idle", idle);
  set("keepalives_interval", interval);
  set("keepalives_count", count);
  set("tcp_user_timeout", patience);
  set("dbname", settings_.address);
  // What stands behind the address cannot.
  const auto given = [](const std::string& list) {
    return list.find_first_not_of(',') != std::string::npos;
  };
  if (given(hosts))
    set("host", hosts);
  if (given(addresses))
    set("hostaddr", addresses);
  if (given(ports))
    set("port", ports);
  set("connect_timeout", seconds);
  set("target_session_attrs", writes);
  names.push_back(nullptr);
  values.push_back(nullptr);
  conn_.reset(PQconnectdbParams(names.data(), values.data(), 1));
  if (!conn_ || PQstatus(conn_.get()) != CONNECTION_OK)
    lost("no connection: " + trimmed(PQerrorMessage(conn_.get())));
  if (PQserverVersion(conn_.get()) < 150000)
    throw postgres_error{store_error::kind::foreign, "",
                         place_ + ": PostgreSQL 15 or newer is needed, this is " +
                             std::to_string(PQserverVersion(conn_.get()) / 10000)};
  unreplicated_ = false;
  PQsetNoticeReceiver(conn_.get(), take_notice, &unreplicated_);
  PQsetnonblocking(conn_.get(), 1);
}

void postgres_handle::tune() {
  const auto ms = [](milliseconds x) {
    return std::to_string(std::max<std::int64_t>(1, x.count()));
  };
  // Every statement is written for its index, and tables grow by orders of magnitude between two
  // looks of the planner at them: a plan that was good for an empty table must not stay. Plans are
  // made once for each connection, so that a statement costs no planning. The forbidden kinds are
  // only made expensive, which is what JIT compilation takes as its sign to start: hence off.
  // No statement has a time limit at the server, nor does it end when we are gone. Both would hold
  // for a commit that waits for its standby as well, and when they strike there the server commits
  // on one machine, where all can see it, and reports success. We keep the time instead.
  auto rows =
      script("SET search_path TO " + settings_.schema +
             ", pg_catalog; SET lock_timeout = " + ms(settings_.lock_timeout) +
             "; SET idle_in_transaction_session_timeout = " + ms(settings_.answer_timeout) +
             "; SET client_connection_check_interval = 0; SET statement_timeout = 0;"
             " SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
             " SET enable_bitmapscan = off; SET enable_hashjoin = off;"
             " SET enable_mergejoin = off; SET enable_memoize = off; SET enable_material = off;"
             " SET jit = off;"
             " SET client_min_messages = warning;"
             " SELECT set_config('synchronous_commit', 'on', false)"
             " WHERE current_setting('synchronous_commit') IN ('off', 'local');"
             // The first eight digits of a segment's name are the timeline that is being written.
             " SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)");
  const auto found = static_cast<std::uint32_t>(
      rows.size() == 1 ? std::stoul(std::string{rows.bytes(0, 0)}, nullptr, 16) : 0);
  auto& newest = *settings_.newest_timeline;
  auto known = newest.load();
  while (known < found && !newest.compare_exchange_weak(known, found)) {
  }
  if (found < known)
    throw postgres_error{store_error::kind::io, overtaken,
                         place_ +
                             ": this server was the primary once, but another one has been "
                             "promoted since (timeline " +
                             std::to_string(known) + ", this one writes " + std::to_string(found) +
                             ")"};
}

} // namespace troupe
