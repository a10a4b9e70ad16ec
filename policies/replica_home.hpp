#pragma once

#include <troupe/member.hpp>

#include <string>
#include <string_view>

namespace troupe {

/// The node that a replica of an agent runs on by this table: one of those that may own shards of
/// its domain, by rendezvous of the replica's id; empty when there is none. The same on every node
/// that knows the same version, so that nobody has to be asked; a node that is lost moves its own
/// replicas and no others.
[[nodiscard]] std::string replica_home(const member_table& table, std::string_view domain,
                                       std::string_view replica);

} // namespace troupe
