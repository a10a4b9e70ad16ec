#pragma once

#include <troupe/clock.hpp>
#include <troupe/enum_names.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// A member's life goes from left to right only; whoever was `down` comes back as a new
/// incarnation.
enum class member_state : std::uint8_t {
  joining, ///< it makes links; it owns nothing and has no vote
  up,
  leaving, ///< it hands over what it owns, and still has a vote
  down,    ///< it has left, or was declared dead
};

template <>
struct enum_names<member_state> {
  static constexpr std::array<std::string_view, 4> value{"joining", "up", "leaving", "down"};
};

/// A member says that it cannot reach another one.
struct accusation {
  std::string by;
  std::uint64_t incarnation = 0; ///< of the accuser
  milliseconds age{0}; ///< by the store's clock, when the table was read; a writer leaves it zero
  std::string why;

  friend bool operator==(const accusation&, const accusation&) = default;
};

/// A node's row in the member table.
struct member {
  std::string node;              ///< its id: there is one row for each
  std::uint64_t incarnation = 0; ///< grows with every start of the node
  std::uint64_t token = 0; ///< drawn by the process that wrote the row: tells it from a namesake
  std::string region;
  std::vector<std::string> reached_at;         ///< `host:port`, tried in this order
  std::vector<std::string> labels;             ///< such as `gpu`, for the placement of agents
  std::map<std::string, std::uint64_t> offers; ///< amounts of resources, such as `memory_mb`
  std::vector<std::string> serves;             ///< paths of domains; empty: all
  std::uint32_t weight = 100; ///< its share of the shards, compared with the others'; 0: none
  std::string version;        ///< of the program, for people
  member_state state = member_state::joining;
  /// The others can reach the store and this one has not for a long time: it keeps its place, and
  /// owns nothing until it takes the mark away itself.
  bool cut_off = false;
  std::string why;           ///< it is `down`, for people
  milliseconds unrenewed{0}; ///< since its last renewal, by the store's clock, when the table was
                             ///< read; a writer leaves it as it was
  std::vector<accusation> accused;

  friend bool operator==(const member&, const member&) = default;
};

/// Which region works on the sessions whose home is another one.
struct region_duty {
  std::string home;
  std::string served_by;

  friend bool operator==(const region_duty&, const region_duty&) = default;
};

/// Where the replicas of a domain's agents run, as it was decided and is kept: the text of a
/// `placement_record` (policies/agent_placement).
struct domain_placement {
  std::string domain;
  std::string body;

  friend bool operator==(const domain_placement&, const domain_placement&) = default;
};

/// What the store knows of the cluster. Every write makes the next version, except renewals: they
/// only set back `unrenewed`.
struct member_table {
  std::uint64_t version = 0;
  std::vector<member> rows; ///< by node id
  std::vector<region_duty> duties;
  std::vector<domain_placement> placements; ///< by domain

  [[nodiscard]] const member* find(std::string_view node) const noexcept {
    for (const auto& row : rows)
      if (row.node == node)
        return &row;
    return nullptr;
  }
};

/// A write to the member table. The store takes it if the table still has version `expected`, and
/// refuses it with a conflict otherwise; ages start at zero then.
struct member_write {
  enum class kind : std::uint8_t {
    put,    ///< `row` in place of the node's row
    remove, ///< the row of `row.node`
    duty,   ///< `duty` in place of the home's
    place,  ///< `placement` in place of the domain's
  };
  kind what = kind::put;
  std::uint64_t expected = 0;
  member row;
  region_duty duty;
  domain_placement placement;
};

} // namespace troupe
