#include "nodes/store_layout.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace troupe {

namespace {

constexpr int claims_max = 5; ///< of nodes that start at the same moment
constexpr const char* another_store =
    "give it another store (`data` or --data; in PostgreSQL --store-schema)";

std::string layout_text(const kept_layout& x) {
  auto out = "`shards: " + std::to_string(x.shards) + "`";
  for (std::size_t i = 0; i < x.regions.size(); ++i)
    out += (i == 0 ? " in the regions " : ", ") + x.regions[i];
  return out;
}

std::string open_text(const open_count& open) {
  auto out =
      open.all == 1 ? std::string{"1 task is open"} : std::to_string(open.all) + " tasks are open";
  return out + ", " +
         (open.beyond == 0
              ? std::string{"and messages of their sessions would be worked on beside them"}
              : std::to_string(open.beyond) + " of them in shards that nobody would serve");
}

/// More regions behind those that there are: nothing that is stored changes its shard.
bool only_adds_regions(const kept_layout& kept, const kept_layout& wanted) {
  return kept.shards == wanted.shards && !kept.regions.empty() &&
         kept.regions.size() <= wanted.regions.size() &&
         std::equal(kept.regions.begin(), kept.regions.end(), wanted.regions.begin());
}

/// Why `wanted` may not take the place of what is kept; empty: it may.
std::string reason_against(const std::optional<kept_layout>& kept, const kept_layout& wanted,
                           const layout_claim& by, const open_count& open) {
  if (!kept) {
    // A store of before, which did not say: what is open there must have a shard.
    if (open.beyond == 0)
      return {};
    return by.place + " holds tasks of more shards than " + layout_text(wanted) + " of the fleet " +
           wanted.fleet + ": " + open_text(open) +
           ". Start it with as many as before, and end them first, or " + another_store;
  }
  const auto differs = by.place + " is laid out for " + layout_text(*kept) +
                       ", and this node's folder says " + layout_text(wanted) + ": ";
  const auto keep = "keep " + layout_text(*kept) + ", or " + another_store;
  if (open.all != 0 && !only_adds_regions(*kept, wanted))
    return differs + open_text(open) + ". End them first, or " + keep;
  if (!by.alone)
    return differs + "other nodes go by it. Stop all of them first, or " + keep;
  return {};
}

} // namespace

kept_layout layout_of(const fleet_spec& fleet) {
  kept_layout out{fleet.name, fleet.shards, {}};
  for (const auto& region : fleet.regions)
    out.regions.push_back(region.name);
  return out;
}

void claim_layout(layout_table& table, const fleet_spec& fleet, const layout_claim& by,
                  const std::function<void(const std::string&)>& say) {
  const auto wanted = layout_of(fleet);
  for (int tries = 0; tries < claims_max; ++tries) {
    const auto kept = table.read();
    if (kept == wanted)
      return;
    if (kept && kept->fleet != wanted.fleet)
      throw std::runtime_error{by.place + " belongs to the fleet " + kept->fleet + ", not to " +
                               wanted.fleet + ": " + another_store};
    const auto against = reason_against(kept, wanted, by, table.open_tasks(wanted.whole()));
    if (!against.empty())
      throw std::runtime_error{against};
    if (!table.keep(wanted, kept))
      continue;
    if (kept)
      say(by.place + " was laid out for " + layout_text(*kept) + ", and is for " +
          layout_text(wanted) + " from now on");
    return;
  }
  throw std::runtime_error{by.place + " is being laid out by other nodes in another way"};
}

} // namespace troupe
