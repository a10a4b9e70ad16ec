#pragma once

#include <stdexcept>
#include <string>

#include <sys/types.h>

#include "src/tools/group_guard.hpp"
#include "src/tools/process.hpp"
#include "src/tools/unique_fd.hpp"

namespace troupe::tools {

/// Why a program could not be started, as one sentence.
class spawn_error : public std::runtime_error {
 public:
  explicit spawn_error(const std::string& why, bool for_good = false)
      : std::runtime_error(why)
      , for_good_(for_good) {}
  /// It is the program itself: trying again as it is does not help.
  [[nodiscard]] bool for_good() const noexcept { return for_good_; }

 private:
  bool for_good_;
};

/// A child that runs, and this end of everything that connects us to it.
struct spawned {
  pid_t pid = -1;   ///< Also the id of the process group it leads.
  unique_fd handle; ///< A pidfd: readable once the leader has exited.
  unique_fd in;     ///< Our ends of its stdin, stdout and stderr: pipes, not blocking here.
  unique_fd out;
  unique_fd err;
  group_guard::place guarded;
};

/// Starts a program. Throws spawn_error when the spec makes no sense or the system refuses, in
/// which case nothing runs.
///
/// The child gets its three pipes and no other descriptor, default signal handling, and a process
/// group of its own. The system kills it when the *thread* that called this ends, so only a thread
/// that outlives its children may call. That thread waits until the child has become the program,
/// which is what makes an error of the start known here; its memory is borrowed meanwhile and never
/// copied, so the size of this process does not matter.
///
/// Its group is guarded from before the program starts, if there is a place for it.
spawned spawn(const process_spec& spec, group_guard::place guarded = {});

} // namespace troupe::tools
