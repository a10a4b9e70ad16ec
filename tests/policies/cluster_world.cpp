#include "tests/policies/cluster_world.hpp"

#include <algorithm>

namespace troupe::testing {

namespace {

constexpr microseconds step_time = milliseconds{5};

} // namespace

cluster_world::cluster_world(std::uint32_t seed,
                             const std::vector<std::pair<std::string, std::string>>& nodes,
                             shard_layout layout, failover_settings regions)
    : random_(seed)
    , layout_(std::move(layout))
    , regions_(std::move(regions)) {
  for (const auto& [id, region] : nodes) {
    auto& n = nodes_[id];
    n.id = id;
    n.region = region;
    n.speed = 1 + (static_cast<int>(below(41)) - 20) / 1000.0;
    n.offset = std::chrono::duration_cast<microseconds>(
        std::chrono::seconds{static_cast<int>(below(7200)) - 3600});
  }
}

void cluster_world::after(ms least, ms most, std::function<void()> what) {
  const auto span = static_cast<std::uint32_t>((most - least).count() * 1000 + 1);
  queue_.emplace(now_ + least + microseconds{below(span)}, std::move(what));
}

void cluster_world::deliver(const std::string& id, ms least, ms most,
                            std::function<void(node&)> what) {
  auto& n = of(id);
  const auto life = n.life;
  after(least, most, [this, id, life, what = std::move(what)] {
    auto& to = of(id);
    const auto now = [this, id, life, what] {
      if (auto& x = of(id); x.running && x.life == life)
        what(x);
    };
    if (to.frozen)
      to.inbox.push_back(now);
    else
      now();
  });
}

void cluster_world::on_store(const std::string& id, std::function<void()> commit,
                             std::function<void(node&)> answer, std::function<void(node&)> fail) {
  const auto life = of(id).life;
  const ms slow{slow_ ? 300 : 0};
  after(ms{1}, ms{10} + slow, [=, this] {
    auto& n = of(id);
    // What is on its way arrives, whatever has become of its sender.
    if (n.has_store || below(4) == 0)
      commit();
    if (n.life != life)
      return;
    if (n.has_store)
      deliver(id, ms{1}, ms{10} + slow, answer);
    else if (below(2) == 0) // else nobody ever answers
      deliver(id, ms{1}, ms{500}, fail);
  });
}

void cluster_world::begin_life(node& n) {
  ++n.life;
  n.inbox.clear();
  member m;
  m.node = n.id;
  m.region = n.region;
  m.token = ++tokens_;
  n.members = std::make_unique<membership>(m, membership_settings{});
  n.owns = std::make_unique<ownership>(n.id, std::vector<std::string>{"support"}, layout_,
                                       ownership_settings{});
  n.regions = std::make_unique<failover>(regions_);
  membership::actions todo;
  n.members->start(local(n), todo);
  carry_out(n, todo);
}

void cluster_world::start(const std::string& id) {
  auto& n = of(id);
  if (n.running)
    return;
  n.running = true;
  n.frozen = false;
  begin_life(n);
}

void cluster_world::kill(const std::string& id) {
  auto& n = of(id);
  n.running = false;
  n.frozen = false;
  ++n.life;
}

void cluster_world::thaw(const std::string& id) {
  auto& n = of(id);
  n.frozen = false;
  auto inbox = std::move(n.inbox);
  n.inbox.clear();
  for (const auto& x : inbox)
    x();
}

void cluster_world::leave(const std::string& id) {
  deliver(id, ms{0}, ms{1}, [this](node& n) {
    membership::actions todo;
    n.members->leave(local(n), todo);
    carry_out(n, todo);
  });
}

void cluster_world::cut(const std::string& a, const std::string& b, bool yes) {
  if (yes)
    cuts_.insert(std::minmax(a, b));
  else
    cuts_.erase(std::minmax(a, b));
}

void cluster_world::heal() {
  cuts_.clear();
  slow_ = false;
  for (auto& [id, n] : nodes_) {
    n.has_store = true;
    if (n.frozen)
      thaw(id);
    start(id);
  }
}

void cluster_world::one_link(node& a, node& b, link& l) {
  const bool cut_now = is_cut(a.id, b.id);
  const auto lost = [&](node& x, const std::string& peer, std::uint64_t incarnation, link_loss how,
                        ms wait) {
    if (x.running)
      deliver(x.id, ms{1}, wait, [this, peer, incarnation, how](node& to) {
        membership::actions more;
        to.members->on_link_down(peer, incarnation, how, local(to), more);
        carry_out(to, more);
      });
  };
  if (l.up) {
    const bool a_gone = a.life != l.life_a;
    const bool b_gone = b.life != l.life_b;
    if ((a_gone || b_gone) && !cut_now) {
      l.up = false;
      if (!a_gone)
        lost(a, b.id, l.incarnation_b, link_loss::closed, ms{5});
      if (!b_gone)
        lost(b, a.id, l.incarnation_a, link_loss::closed, ms{5});
    } else if (cut_now || a.frozen || b.frozen || a_gone || b_gone) {
      if (l.bad_since.count() < 0)
        l.bad_since = now_;
      // Four heartbeats, and up to one more until somebody looks.
      if (now_ - l.bad_since >= ms{1000}) {
        l.up = false;
        lost(a, b.id, l.incarnation_b, link_loss::silent, ms{250});
        lost(b, a.id, l.incarnation_a, link_loss::silent, ms{250});
      }
    } else {
      l.bad_since = microseconds{-1};
    }
    if (!l.up)
      // Later than the last word of the old link: a carrier reports in order.
      l.redial = now_ + ms{260} + microseconds{below(450000)};
    return;
  }
  if (cut_now || a.frozen || b.frozen)
    return;
  if (a.running != b.running) {
    auto& alive = a.running ? a : b;
    if (now_ - l.told >= ms{200}) {
      l.told = now_;
      lost(alive, a.running ? b.id : a.id, 0, link_loss::refused, ms{20});
    }
    return;
  }
  if (!a.running || a.members->incarnation() == 0 || b.members->incarnation() == 0 ||
      a.members->over() || b.members->over() || now_ < l.redial)
    return;
  l = {true, a.life, b.life, a.members->incarnation(), b.members->incarnation(), microseconds{-1},
       now_, now_};
  const auto up = [&](node& x, const node& peer) {
    deliver(x.id, ms{1}, ms{20},
            [this, id = peer.id, incarnation = peer.members->incarnation()](node& to) {
              membership::actions more;
              to.members->on_link_up(id, incarnation, local(to), more);
              carry_out(to, more);
            });
  };
  up(a, b);
  up(b, a);
}

void cluster_world::links() {
  for (auto a = nodes_.begin(); a != nodes_.end(); ++a)
    for (auto b = std::next(a); b != nodes_.end(); ++b)
      one_link(a->second, b->second, link_of(a->first, b->first));
}

void cluster_world::look() {
  if (!broken_.empty())
    return;
  for (const auto& shard : shards()) {
    std::string leased_by;
    for (auto& [id, n] : nodes_) {
      if (!n.running || n.frozen)
        continue;
      if (const auto epoch = n.owns->epoch_of(shard); epoch != 0) {
        const std::pair self{id, n.life};
        const auto [hit, fresh] = believers_.emplace(std::pair{shard, epoch}, self);
        if (!fresh && hit->second != self)
          broken_ = "shard " + std::to_string(shard.shard) + " epoch " + std::to_string(epoch) +
                    ": " + id + " and " + hit->second.first;
      }
      if (!n.owns->leases().allow(shard, local(n), n.members->leased_until()))
        continue;
      if (!leased_by.empty())
        broken_ = "shard " + std::to_string(shard.shard) + " leased by " + id + " and " +
                  leased_by + " at " + std::to_string(now_.count() / 1000) + " ms";
      leased_by = id;
    }
  }
}

void cluster_world::step() {
  const auto end = now_ + step_time;
  while (!queue_.empty() && queue_.begin()->first <= end) {
    auto next = queue_.extract(queue_.begin());
    now_ = std::max(now_, next.key());
    next.mapped()();
  }
  now_ = end;
  for (auto& [id, n] : nodes_) {
    if (!n.running || n.frozen)
      continue;
    if (local(n) >= n.members->next_timer()) {
      membership::actions todo;
      n.members->tick(local(n), todo);
      carry_out(n, todo);
    }
    if (!n.running || n.members->over())
      continue;
    ownership::actions todo;
    if (local(n) >= n.owns->next_timer())
      n.owns->tick(local(n), todo);
    carry_out(n, todo);
    const auto* own = n.members->table() ? n.members->table()->find(id) : nullptr;
    if (own && own->state == member_state::leaving && n.owns->busy() == 0) {
      membership::actions done;
      n.members->left(local(n), done);
      carry_out(n, done);
    }
    if (n.running)
      write_durably(n);
    if (n.running && n.members->is_up() && local(n) >= n.regions->next_timer())
      use_view(n);
  }
  links();
  look();
}

void cluster_world::run(ms time) {
  for (const auto end = now_ + time; now_ < end;)
    step();
}

std::optional<milliseconds> cluster_world::run_until(const std::function<bool()>& done, ms most) {
  const auto began = now_;
  while (!done()) {
    if (now_ - began >= most)
      return std::nullopt;
    step();
  }
  return std::chrono::duration_cast<ms>(now_ - began);
}

bool cluster_world::down(const std::string& id) const {
  const auto* row = table().find(id);
  return !row || row->state == member_state::down;
}

std::vector<shard_key> cluster_world::shards() const {
  std::vector<shard_key> out;
  for (std::uint32_t i = 0; i < layout_.shards(); ++i)
    out.push_back({"support", i});
  return out;
}

std::vector<std::string> cluster_world::serving(const shard_key& shard) {
  std::vector<std::string> out;
  for (auto& [id, n] : nodes_)
    if (n.running && !n.frozen && n.owns->epoch_of(shard) != 0)
      out.push_back(id);
  return out;
}

std::string cluster_world::disagreement() {
  const auto owners = owners_of(table(), "support", layout_);
  for (auto& [id, n] : nodes_) {
    if (!n.running)
      continue;
    const auto* row = table().find(id);
    if (!n.members->is_up() || !row || row->state != member_state::up || row->cut_off)
      return id + " is not up";
    if (n.members->table()->version != table().version)
      return id + " knows an older table";
    if (!row->accused.empty())
      return id + " is accused";
  }
  for (const auto& shard : shards()) {
    const auto by = serving(shard);
    const auto name = "shard " + std::to_string(shard.shard);
    if (by.size() != 1)
      return name + " is served by " + std::to_string(by.size());
    if (by[0] != owners[shard.shard])
      return name + " is served by " + by[0] + ", not by " + owners[shard.shard];
    auto& n = of(by[0]);
    if (n.owns->epoch_of(shard) != shard_rows_[shard].epoch)
      return name + " has another epoch";
    if (!n.owns->leases().allow(shard, local(n), n.members->leased_until()))
      return name + " is not leased";
  }
  return {};
}

} // namespace troupe::testing
