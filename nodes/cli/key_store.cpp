#include "nodes/cli/key_store.hpp"

#include "actors/audit.hpp"
#include "policies/access.hpp"
#include "src/store/api_keys.hpp"
#include "src/store/postgres_address.hpp"
#include "src/store/postgres_store.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace troupe::cli {

namespace {

template <class F>
auto translated(F&& work) {
  try {
    return work();
  } catch (const store_error& e) {
    throw cli_error{exit_failed,
                    std::string{e.what()} + (e.why() == store_error::kind::busy
                                                 ? "; a node runs on it: ask that, without --data"
                                                 : "")};
  }
}

} // namespace

std::unique_ptr<store> open_key_store(const key_place& at) {
  const char* secret = std::getenv("TROUPE_AUDIT_KEY");
  const std::string audit_key = secret ? secret : "";
  return translated([&]() -> std::unique_ptr<store> {
    if (at.data.empty()) {
      if (!is_postgres_url(at.server))
        throw cli_error{exit_usage, "--store has to be the address of a PostgreSQL server: "
                                    "postgresql://USER@HOST:PORT/DATABASE"};
      postgres_settings s;
      s.address = at.server;
      s.schema = at.schema;
      s.audit_key = audit_key;
      return open_postgres_store(s);
    }
    std::filesystem::create_directories(at.data);
    sqlite_settings s;
    s.audit_key = audit_key;
    return open_sqlite_store((std::filesystem::path{at.data} / "journal.db").string(), s);
  });
}

std::vector<api_key> keys_in(store& where) {
  std::uint64_t mark = 0;
  std::vector<api_key> out;
  for (const auto& row :
       translated([&] { return where.keys(mark); }).value_or(std::vector<stored_key>{}))
    if (auto key = key_of(row))
      out.push_back(std::move(*key));
  return out;
}

std::string make_key_in(store& where, api_key& wanted) {
  if (const auto flaw = flaw_of(wanted); !flaw.empty())
    throw cli_error{exit_usage, flaw};
  const auto there = keys_in(where);
  if (there.size() >= keys_max)
    throw cli_error{exit_failed, "there are " + std::to_string(keys_max) + " keys already"};
  const auto text = make_key(wanted);
  json record{
      {"id", wanted.id}, {"name", wanted.name}, {"team", wanted.team}, {"allow", json::array()}};
  for (const auto& g : wanted.grants)
    record["allow"].push_back(to_text(g));
  const std::vector<store_write> writes{
      key_write(wanted),
      audit_write("key/" + wanted.id + "/made", wanted.made, "key.made", std::move(record))};
  translated([&] {
    where.apply(writes);
    return true;
  });
  return text;
}

void revoke_key_in(store& where, const std::string& id, timestamp now) {
  const auto there = keys_in(where);
  const auto hit =
      std::find_if(there.begin(), there.end(), [&](const api_key& k) { return k.id == id; });
  if (hit == there.end())
    throw cli_error{exit_not_found, "no such key"};
  const std::vector<store_write> writes{
      revocation_write(id, now),
      audit_write("key/" + id + "/revoked", now, "key.revoked", {{"id", id}, {"name", hit->name}})};
  translated([&] {
    where.apply(writes);
    return true;
  });
}

} // namespace troupe::cli
