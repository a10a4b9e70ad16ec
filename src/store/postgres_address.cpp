#include "src/store/postgres_address.hpp"

#include "src/store/store.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace troupe {

namespace {

struct options_closer {
  void operator()(PQconninfoOption* x) const noexcept { PQconninfoFree(x); }
};
using options_ptr = std::unique_ptr<PQconninfoOption, options_closer>;

options_ptr parsed(const std::string& address) {
  char* why = nullptr;
  options_ptr out{PQconninfoParse(address.c_str(), &why)};
  PQfreemem(why); // It may quote the password.
  return out;
}

options_ptr readable(const std::string& address) {
  auto out = parsed(address);
  if (!out)
    throw store_error{store_error::kind::foreign,
                      "the store's address cannot be read; it is written as "
                      "postgresql://USER@HOST:PORT/DATABASE"};
  return out;
}

/// Between commas; nothing for an empty text.
std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t from = 0; !list.empty() && from <= list.size();) {
    const auto end = std::min(list.find(',', from), list.size());
    out.push_back(list.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

std::string value_of(const PQconninfoOption* all, std::string_view name) {
  for (const auto* o = all; o && o->keyword; ++o)
    if (name == o->keyword && o->val)
      return o->val;
  return {};
}

} // namespace

bool is_postgres_url(std::string_view address) noexcept {
  return address.starts_with("postgresql://") || address.starts_with("postgres://");
}

std::vector<postgres_host> postgres_hosts(const std::string& address) {
  const auto all = readable(address);
  const auto hosts = parts_of(value_of(all.get(), "host"));
  const auto addresses = parts_of(value_of(all.get(), "hostaddr"));
  const auto ports = parts_of(value_of(all.get(), "port"));
  std::vector<postgres_host> out(std::max({hosts.size(), addresses.size(), std::size_t{1}}));
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i < hosts.size())
      out[i].host = hosts[i];
    if (i < addresses.size())
      out[i].hostaddr = addresses[i];
    // One port is that of all.
    if (!ports.empty())
      out[i].port = ports[std::min(i, ports.size() - 1)];
  }
  return out;
}

std::string postgres_place(const std::string& address) {
  const auto all = readable(address);
  const auto user = value_of(all.get(), "user");
  const auto host = value_of(all.get(), "host");
  const auto port = value_of(all.get(), "port");
  const auto base = value_of(all.get(), "dbname");
  std::string out = "postgresql://";
  if (!user.empty())
    out += user + "@";
  out += host;
  if (!port.empty())
    out += ":" + port;
  return base.empty() ? out : out + "/" + base;
}

std::vector<std::string> postgres_secrets(const std::string& address) {
  std::vector<std::string> out;
  const auto all = parsed(address);
  for (const auto* name : {"password", "sslpassword"})
    if (auto x = value_of(all.get(), name); !x.empty())
      out.push_back(std::move(x));
  // A password with escapes in it is another text in the URL than on the wire.
  if (const auto at = address.find('@'); !out.empty() && is_postgres_url(address)) {
    const auto user = address.find("://") + 3;
    const auto colon = address.find(':', user);
    if (at != std::string::npos && colon < at &&
        address.substr(colon + 1, at - colon - 1) != out[0])
      out.push_back(address.substr(colon + 1, at - colon - 1));
  }
  return out;
}

} // namespace troupe
