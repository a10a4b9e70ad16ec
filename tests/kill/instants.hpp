#pragma once

#include <string>

namespace troupe::kill {

/// The instants at which this process can be made to end, as a power failure would end it. Only
/// this program has them: nothing of the shipped one is compiled otherwise.
///
/// `write:N`: before the N-th write to a file of the node's database, so that N and N+1 stand
/// before and after each: of BEGIN, of every page, of COMMIT. `torn:N`: after half of that write.
/// `acknowledge:N`: after the N-th commit, before anybody hears of it. `act:N`, `acted:N`: before
/// and after the N-th act in the world outside, the latter before its reply.
void aim(const std::string& at);

/// Passes the instant `what`; does not return when it is the one that was aimed at.
void pass(const char* what);

/// Lets `write` and `torn` be counted from now on.
void watch_database();

/// The exit code of a process that ended at its instant.
inline constexpr int struck = 86;

} // namespace troupe::kill
