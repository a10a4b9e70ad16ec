#include "tests/policies/cluster_world.hpp"

#include <algorithm>

namespace troupe::testing {

// What the nodes do as their policies tell them.

void cluster_world::send(node& from, const std::string& to, std::function<void(node&)> what) {
  if (nodes_.contains(to) && link_of(from.id, to).up && !is_cut(from.id, to))
    deliver(to, ms{1}, ms{20}, std::move(what));
}

void cluster_world::carry_out(node& n, const membership::actions& todo) {
  using kind = membership_action::kind;
  const auto id = n.id;
  for (const auto& a : todo) {
    const auto fail = [this, op = a.op](node& x) {
      membership::actions more;
      x.members->on_store_failed(op, local(x), more);
      carry_out(x, more);
    };
    switch (a.what) {
    case kind::read: {
      auto got = std::make_shared<member_table>();
      on_store(
          id, [this, got] { *got = books_.read(store_time()); },
          [this, got, op = a.op](node& x) {
            membership::actions more;
            x.members->on_table(op, *got, local(x), more);
            carry_out(x, more);
          },
          fail);
      break;
    }
    case kind::write: {
      auto ok = std::make_shared<bool>();
      on_store(
          id, [this, ok, w = a.write] { *ok = books_.apply(w, store_time()); },
          [this, ok, op = a.op](node& x) {
            membership::actions more;
            x.members->on_written(op, *ok, local(x), more);
            carry_out(x, more);
          },
          fail);
      break;
    }
    case kind::renew: {
      auto got = std::make_shared<std::optional<std::uint64_t>>();
      on_store(
          id, [this, got, w = a.write] { *got = books_.renew(w.row, store_time()); },
          [this, got, op = a.op](node& x) {
            membership::actions more;
            x.members->on_renewed(op, *got, local(x), more);
            carry_out(x, more);
          },
          fail);
      break;
    }
    case kind::tell:
      for (const auto& [other, x] : nodes_)
        if (other != id)
          send(n, other, [this, v = a.version](node& to) {
            membership::actions more;
            to.members->on_version_heard(v, local(to), more);
            carry_out(to, more);
          });
      break;
    case kind::view:
      use_view(n);
      break;
    case kind::stop:
    case kind::refuse: {
      n.stops.push_back(a.why);
      ownership::actions last;
      n.owns->stop(last);
      const bool for_good = a.why == "left";
      ++n.life;
      n.running = !for_good;
      if (!for_good)
        deliver(id, ms{100}, ms{500}, [this](node& x) { begin_life(x); });
      return;
    }
    }
  }
}

void cluster_world::use_view(node& n) {
  ownership::actions todo;
  n.owns->use(*n.members->table(), local(n), todo);
  carry_out(n, todo);
  if (!n.members->is_up())
    return;
  if (const auto d = n.regions->decide(*n.members->table(), local(n))) {
    membership::actions more;
    n.members->propose(d->duty, local(n), more);
    carry_out(n, more);
  }
}

void cluster_world::carry_out(node& n, const ownership::actions& todo) {
  using kind = ownership_action::kind;
  const auto id = n.id;
  for (const auto& a : todo) {
    switch (a.what) {
    case kind::take: {
      auto epoch = std::make_shared<std::uint64_t>();
      on_store(
          id,
          [this, epoch, id, shard = a.shard] {
            auto& row = shard_rows_[shard];
            *epoch = ++row.epoch;
            row.owner = id;
          },
          [this, epoch, shard = a.shard](node& x) {
            ownership::actions more;
            x.owns->taken(shard, *epoch, local(x), more);
            carry_out(x, more);
          },
          [this, shard = a.shard](node& x) { x.owns->take_failed(shard, local(x)); });
      break;
    }
    case kind::ask:
      send(n, a.node, [this, id, a](node& to) {
        ownership::actions more;
        to.owns->asked(a.shard, id, a.version, more);
        carry_out(to, more);
      });
      break;
    case kind::released:
      send(n, a.node, [this, id, a](node& to) {
        ownership::actions more;
        to.owns->released(a.shard, id, a.version, a.leased_in, local(to), more);
        carry_out(to, more);
      });
      break;
    case kind::drain:
      deliver(id, ms{1}, ms{300}, [this, shard = a.shard](node& x) {
        ownership::actions more;
        x.owns->drained(shard, local(x), more);
        carry_out(x, more);
      });
      break;
    case kind::refresh: {
      deliver(id, ms{0}, ms{1}, [this](node& x) {
        membership::actions more;
        x.members->on_version_heard(~std::uint64_t{0}, local(x), more);
        carry_out(x, more);
      });
      break;
    }
    case kind::drop:
      break;
    }
  }
}

void cluster_world::write_durably(node& n) {
  for (const auto& shard : shards()) {
    const auto epoch = n.owns->epoch_of(shard);
    if (epoch == 0 || below(40) != 0)
      continue;
    auto taken = std::make_shared<bool>();
    on_store(
        n.id, [this, taken, shard, epoch] { *taken = shard_rows_[shard].epoch == epoch; },
        [this, taken, shard, epoch](node& x) {
          if (*taken)
            return;
          ownership::actions more;
          x.owns->fenced(shard, epoch, local(x), more);
          carry_out(x, more);
        },
        [](node&) {});
  }
}

} // namespace troupe::testing
