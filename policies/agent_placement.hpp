#pragma once

#include "policies/node_placement.hpp"

#include <troupe/member.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// An agent and the replicas that it may have, as its team declares it.
struct agent_wish {
  std::string domain;
  std::string agent; ///< `domain/agent`
  placement_needs needs;
  std::vector<std::string> replicas; ///< their ids, `domain/agent#n`, as many as there may ever be
  std::uint32_t least = 1;           ///< so many of them unless more are wanted
};

/// Where a replica runs.
struct placed_replica {
  std::string node;              ///< empty: nowhere
  std::uint64_t incarnation = 0; ///< of that node
  std::uint32_t restarts = 0;    ///< how often it was started elsewhere because its node was lost
  std::string why;               ///< nowhere: what the nodes lack; never written down
  bool waits = false;            ///< nowhere, because others start first; its turn comes, likewise

  friend bool operator==(const placed_replica&, const placed_replica&) = default;
};

/// What the member table keeps of a domain's agents: where they run and how many are wanted. A
/// value that every node reads alike.
struct placement_record {
  std::map<std::string, placed_replica, std::less<>> replicas; ///< by id
  std::map<std::string, std::uint32_t, std::less<>> wanted;    ///< replicas, by agent

  /// What is kept of it. Replicas that run nowhere and have never run are not.
  [[nodiscard]] std::string text() const;
  /// Of a text that cannot be read, as much as can be: what is lost is placed anew.
  [[nodiscard]] static placement_record read(std::string_view text);
};

/// On one node by one version of the table, so that the survivors of a large loss are not buried.
constexpr std::uint32_t starts_per_node = 64;

/// By domain.
using placement_records = std::map<std::string, placement_record, std::less<>>;

/// The records as the member table has them.
[[nodiscard]] placement_records records_of(const member_table& table);

/// Where the replicas run by this table: those that live stay where they are, the others get a node
/// that satisfies their needs, or say why there is none. A function of the table and of what is
/// declared, so that every node that knows the same version knows the same answer at once, and
/// nobody waits until it is written down; writing it down is what makes it last. Those on a node
/// that leaves get another one while it hands over. At most `starts` are new on one node: the next
/// ones follow when the table has these.
[[nodiscard]] placement_records place_agents(const std::vector<agent_wish>& wishes,
                                             const member_table& table,
                                             std::uint32_t starts = starts_per_node);

/// Changes the records so that no node has more than its share, by at most `most` moves. A replica
/// moves only where its agent has fewer replicas than where it is, and if the move leaves the two
/// nodes closer together than they were, so that it comes to an end. True: something was moved.
bool even_out(placement_records& records, const std::vector<agent_wish>& wishes,
              const member_table& table, std::uint32_t most);

/// The node that writes the records down, decides how many replicas there are to be and evens out:
/// one of those that are up, by rendezvous; empty: there is none. Two that think they are it do no
/// harm: the table takes the write of whoever knows its newest version.
[[nodiscard]] std::string placer_of(const member_table& table);

} // namespace troupe
