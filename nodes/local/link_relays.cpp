#include "nodes/local/link_relays.hpp"

#include <algorithm>

namespace troupe::local {

link_relays::link_relays(boost::asio::io_context& io, const std::vector<node>& nodes,
                         milliseconds between) {
  for (const auto& a : nodes)
    for (const auto& b : nodes) {
      if (!(a.id < b.id))
        continue;
      const bool far = a.region != b.region;
      const auto usual = far ? between : milliseconds{0};
      const auto [at, fresh] = pairs_.try_emplace(
          {a.id, b.id}, pair{std::make_unique<links::relay>(io, 0), far, usual,
                             boost::asio::steady_timer{io}, boost::asio::steady_timer{io}});
      at->second.way->slow(usual);
    }
}

void link_relays::at(const std::string& id, std::uint16_t port) {
  for (auto& [who, x] : pairs_)
    if (who.second == id)
      x.way->lead_to(port);
}

std::vector<std::string> link_relays::ways_of(const std::string& id) const {
  std::vector<std::string> out;
  for (const auto& [who, x] : pairs_)
    if (who.first == id)
      out.push_back(who.second + "=127.0.0.1:" + std::to_string(x.way->port()));
  return out;
}

link_relays::pair* link_relays::find(const std::string& a, const std::string& b) {
  const auto at = pairs_.find({std::min(a, b), std::max(a, b)});
  return at == pairs_.end() ? nullptr : &at->second;
}

bool link_relays::cut(const std::string& a, const std::string& b, milliseconds for_so_long) {
  auto* x = find(a, b);
  if (!x)
    return false;
  x->way->cut(true);
  x->cut_over.expires_after(for_so_long);
  x->cut_over.async_wait([way = x->way.get()](const auto& e) {
    if (!e)
      way->cut(false);
  });
  return true;
}

bool link_relays::slow(const std::string& a, const std::string& b, milliseconds delay,
                       milliseconds for_so_long) {
  auto* x = find(a, b);
  if (!x)
    return false;
  x->way->slow(x->usual + delay);
  x->slow_over.expires_after(for_so_long);
  x->slow_over.async_wait([x](const auto& e) {
    if (!e)
      x->way->slow(x->usual);
  });
  return true;
}

void link_relays::mend_all() {
  for (auto& [who, x] : pairs_) {
    x.cut_over.cancel();
    x.slow_over.cancel();
    x.way->slow(x.usual);
    x.way->cut(false);
  }
}

std::pair<std::uint64_t, std::uint64_t> link_relays::carried() const {
  std::pair<std::uint64_t, std::uint64_t> out;
  for (const auto& [who, x] : pairs_)
    (x.between_regions ? out.first : out.second) += x.way->carried();
  return out;
}

std::vector<std::string> link_relays::cut_now() const {
  std::vector<std::string> out;
  for (const auto& [who, x] : pairs_)
    if (x.way->is_cut())
      out.push_back(who.first + "-" + who.second);
  return out;
}

} // namespace troupe::local
