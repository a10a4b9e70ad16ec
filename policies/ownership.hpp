#pragma once

#include "policies/shard_map.hpp"

#include <troupe/clock.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// A shard of a domain: what is owned.
struct shard_key {
  std::string domain;
  std::uint32_t shard = 0;

  friend auto operator<=>(const shard_key&, const shard_key&) = default;
};

/// From when on this node may do for its shards what needs no store.
struct shard_leases {
  std::map<shard_key, timestamp> from;

  /// `leased_until` is the membership's.
  [[nodiscard]] bool allow(const shard_key& shard, timestamp now,
                           timestamp leased_until) const noexcept {
    const auto hit = from.find(shard);
    return hit != from.end() && now < leased_until && now >= hit->second;
  }
};

struct ownership_settings {
  milliseconds lease{2000};         ///< as in `vote_rules`
  milliseconds handover_wait{5000}; ///< for the living owner before us; then its shard is taken
  milliseconds ask_every{500};
  milliseconds retry{500}; ///< after the store could not be asked
  /// Whoever loses a shard again within this time waits before it takes it again: first `retry`,
  /// then twice as long each time, to the half of this. Nodes that never agree, because they were
  /// configured differently, then do not fight.
  milliseconds calm{60000};
  std::uint32_t takes_at_once = 64; ///< shards being taken at the same time
};

/// What this node has to do with one shard.
struct ownership_action {
  enum class kind : std::uint8_t {
    take,     ///< take its next epoch (`store::take_shard`); answer `taken` or `take_failed`
    ask,      ///< ask `node`, who owned it before, to hand it over
    drain,    ///< park what is new, let what is under way be written, stop; answer `drained`
    released, ///< tell `node` that nothing is done here for the shard any more
    drop,     ///< stop at once; nothing of it can be written any more
    refresh,  ///< read the member table
  };
  kind what;
  shard_key shard;
  std::string node;
  std::uint64_t version = 0; ///< `ask`, `released`: of the table that the sender goes by
  milliseconds leased_in{0}; ///< `released`: before that nobody may do leased work
  std::string why;
};

/// Where a request for a shard goes.
struct shard_route {
  enum class kind : std::uint8_t {
    here,    ///< the shard is served by this node
    forward, ///< send it to `node`
    relay,   ///< send it to `node`, which has a link that we lack with the owner
    park,    ///< the shard moves: keep it until something changes, or its deadline
    refuse,  ///< nobody serves it: say so, with Retry-After
  };
  kind where;
  std::string node;
  std::string why;
};

/// Which shards are this node's, how they come and how they go. The member table says who should
/// own a shard, the store's epoch who does; this value brings the second to the first. See
/// docs/decisions/ownership.md.
///
/// The right to leased work passes on without comparing clocks. An owner has it only under renewals
/// that came back with a version of the table in which the shard is its own, for one lease from
/// when each was sent. Whoever owns the shard by a later version has learnt that version later, so
/// it waits one lease (and a sixteenth, for clocks that run at different speeds) from then, unless
/// the owner before it says that it has stopped.
///
/// A value; not thread safe.
class ownership {
 public:
  using actions = std::vector<ownership_action>;

  ownership(std::string self, std::vector<std::string> domains, shard_layout layout,
            const ownership_settings& settings);

  /// Serves these domains from now on. Shards of a domain that is not among them any more are
  /// dropped: nobody works there.
  void serve(const std::vector<std::string>& domains, timestamp now, actions& todo);
  /// The table as it was just read or written.
  void use(const member_table& table, timestamp now, actions& todo);
  /// Call it at `next_timer`.
  void tick(timestamp now, actions& todo);

  void taken(const shard_key& shard, std::uint64_t epoch, timestamp now, actions& todo);
  void take_failed(const shard_key& shard, timestamp now);
  /// The store has refused a write of the shard under this epoch: it has a newer owner. Said of an
  /// epoch that is not ours any more, it means nothing.
  void fenced(const shard_key& shard, std::uint64_t epoch, timestamp now, actions& todo);
  void drained(const shard_key& shard, timestamp now, actions& todo);
  /// `node` asks for the shard, by version `version` of the table.
  void asked(const shard_key& shard, const std::string& node, std::uint64_t version, actions& todo);
  /// `node` says that it has let go of the shard.
  void released(const shard_key& shard, const std::string& node, std::uint64_t version,
                milliseconds leased_in, timestamp now, actions& todo);
  /// This incarnation is over: drops everything.
  void stop(actions& todo);

  /// The epoch under which this node serves the shard now; 0: it does not.
  [[nodiscard]] std::uint64_t epoch_of(const shard_key& shard) const noexcept;
  /// Of the shards that are served here and will be.
  [[nodiscard]] shard_leases leases() const;
  /// `hops`: nodes that the request came through. A request that goes in circles, because nodes
  /// know different tables, is parked until ours changes.
  [[nodiscard]] shard_route route(const shard_key& shard, std::size_t hops,
                                  const std::function<bool(std::string_view)>& linked) const;
  /// Who owns the shard by the table; empty: nobody.
  [[nodiscard]] std::string owner_of(const shard_key& shard) const;
  /// Shards that are served here, or still on their way to or from here.
  [[nodiscard]] std::size_t busy() const noexcept { return shards_.size(); }
  [[nodiscard]] timestamp next_timer() const noexcept { return next_; }

 private:
  enum class hold : std::uint8_t {
    waiting, ///< for the owner before us, or for our turn to take
    taking,
    held,
    draining,
    fenced, ///< lost to somebody: not taken again before the next table
  };
  struct entry {
    hold now = hold::waiting;
    std::uint64_t epoch = 0;
    std::string from;       ///< waiting: for this node; empty: to be taken
    timestamp since{};      ///< waiting: when it became ours; held: when it was taken
    std::uint32_t lost = 0; ///< times that it was fenced in a row
    timestamp next{};       ///< waiting, taking: when to ask or to take again
    timestamp leased_from;  ///< before it nobody may do leased work
  };
  using entries = std::map<shard_key, entry>;

  void use_owner(const shard_key& key, const std::string& owner, timestamp now, actions& todo);
  void gain(const shard_key& key, const std::string& before, timestamp now);
  void pump(timestamp now, actions& todo);
  void arm(timestamp now);
  [[nodiscard]] bool can_hand_over(const std::string& node) const noexcept;
  [[nodiscard]] milliseconds wait_after(std::uint32_t lost) const noexcept;
  [[nodiscard]] milliseconds full_wait() const noexcept {
    return settings_.lease + settings_.lease / 16;
  }

  std::string self_;
  std::vector<std::string> domains_;
  shard_layout layout_;
  ownership_settings settings_;
  member_table table_;
  std::map<std::string, std::vector<std::string>, std::less<>> owners_; ///< by domain, by shard
  entries shards_;
  timestamp next_ = no_deadline;
};

} // namespace troupe
