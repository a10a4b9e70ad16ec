#include "nodes/sim/cluster_run.hpp"

#include <array>

namespace troupe::sim {

// What goes wrong in a run, and when.

namespace {

constexpr milliseconds freeze_min{50};
constexpr milliseconds freeze_max{8000};
constexpr milliseconds cut_min{100};
constexpr milliseconds cut_max{10000};
/// What has begun within a cut ends so long behind it at the latest.
constexpr milliseconds acts_end_behind{30000};
constexpr milliseconds slow_min{500};
constexpr milliseconds slow_max{5000};
constexpr milliseconds store_away_min{50};
constexpr milliseconds store_away_max{10000};
constexpr milliseconds still_min{20};
constexpr milliseconds still_max{5000};
constexpr std::uint64_t hit_within = 80; ///< messages from a fault's time to its instant

} // namespace

std::uint64_t cluster_run::soon() {
  return 1 + world_.draw(hit_within);
}

void cluster_run::plan_faults() {
  const auto& f = what_.faults;
  spread(f.node_kills, [this] { any().end_soon = soon(); });
  spread(f.write_crashes, [this] {
    auto& d = any().storage;
    d.crash_at = d.writes + 1 + world_.draw(6);
    d.crash_applies = world_.chance(0.5);
  });
  spread(f.actor_kills, [this] { any().kill_soon = soon(); });
  spread(f.freezes, [this] { freeze(any()); });
  spread(f.partitions, [this] { part(); });
  spread(f.resets, [this] {
    count("resets");
    witness_.disturbed(takeover);
    const auto one = world_.draw(nodes_.size());
    const auto other = (one + 1 + world_.draw(nodes_.size() - 1)) % nodes_.size();
    network_.reset(nodes_[one]->name, nodes_[other]->name);
  });
  spread(f.slow_spells, [this] {
    count("slow_spells");
    const auto lasts = world_.between(slow_min, slow_max);
    witness_.disturbed(lasts + takeover);
    network_.slow(true);
    world_.after(lasts, [this] { network_.slow(false); });
  });
  spread(f.store_outages, [this] { take_store_away(); });
  spread(f.stalls, [this] { stall(any()); });
  spread(f.leaves, [this] { leave(world_.draw(nodes_.size())); });
}

void cluster_run::count(const std::string& kind) {
  ++mishaps_[kind];
  world_.note("fault " + kind);
}

void cluster_run::kill_somebody(sim_node& n) {
  const auto seats = n.machine->seats();
  if (seats.empty())
    return;
  const auto& who = seats[world_.draw(seats.size())];
  count("actor_kills");
  world_.note("kills " + who.str() + " of " + n.name);
  witness_.disturbed(takeover);
  n.machine->kill(who);
}

void cluster_run::freeze(sim_node& n) {
  if (!n.awake())
    return;
  const auto lasts = world_.between(freeze_min, freeze_max);
  count("freezes");
  world_.note("freezes " + n.name);
  witness_.disturbed(lasts + takeover);
  n.frozen = true;
  n.stubs.sleep();
  network_.freeze(n.name, true);
  world_.after(lasts, [this, &n, process = n.storage.process] {
    if (n.storage.process == process)
      thaw(n);
  });
}

void cluster_run::thaw(sim_node& n) {
  if (!n.frozen)
    return;
  world_.note("thaws " + n.name);
  n.frozen = false;
  n.stubs.wake();
  if (n.machine)
    n.machine->pass_until(world_.now());
  network_.freeze(n.name, false);
}

void cluster_run::part() {
  std::vector<std::string> here, there;
  const auto one = world_.draw(nodes_.size());
  const auto how = world_.draw(3);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const bool mine = how < 2 ? i == one : world_.chance(0.5);
    (mine ? here : there).push_back(nodes_[i]->name);
  }
  if (how == 1 && there.size() > 1)
    there = {there[world_.draw(there.size())]};
  const auto lasts = world_.between(cut_min, cut_max);
  count("partitions");
  witness_.disturbed(lasts + takeover);
  for (const auto& n : nodes_)
    n->stubs.part(world_.now() + lasts + acts_end_behind);
  for (const auto& a : here)
    for (const auto& b : there) {
      world_.note("parts " + a + " " + b);
      network_.part(a, b);
      world_.after(lasts, [this, a, b] { network_.join(a, b); });
    }
}

void cluster_run::take_store_away() {
  constexpr std::array<store_error::kind, 3> kinds{store_error::kind::full, store_error::kind::busy,
                                                   store_error::kind::io};
  count("store_outages");
  const auto lasts = world_.between(store_away_min, store_away_max);
  witness_.disturbed(lasts + takeover);
  const auto how = world_.draw(3);
  const auto one = world_.draw(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (how == 0 ? i != one : how == 1 && world_.chance(0.5))
      continue;
    auto& n = *nodes_[i];
    world_.note("no store for " + n.name);
    n.storage.failing = kinds[world_.draw(kinds.size())];
    world_.after(lasts, [&n, number = ++n.outage] {
      if (number == n.outage)
        n.storage.failing.reset();
    });
  }
}

void cluster_run::stall(sim_node& n) {
  if (!n.awake())
    return;
  const auto seats = n.machine->seats();
  const auto who =
      world_.chance(0.5) || seats.empty() ? n.machine->journal() : seats[world_.draw(seats.size())];
  const auto lasts = world_.between(still_min, still_max);
  count("stalls");
  world_.note("stalls " + who.str() + " of " + n.name);
  witness_.disturbed(lasts + takeover);
  n.machine->stall(who, world_.now() + lasts);
}

void cluster_run::leave(std::size_t i) {
  auto& n = *nodes_[i];
  if (!n.awake())
    return;
  count("leaves");
  world_.note(n.name + " leaves");
  witness_.disturbed(takeover);
  n.machine->leave([this, i, process = n.storage.process] {
    world_.after(microseconds{0}, [this, i, process] {
      if (nodes_[i]->machine && nodes_[i]->storage.process == process)
        end(i, "it has left");
    });
  });
}

} // namespace troupe::sim
