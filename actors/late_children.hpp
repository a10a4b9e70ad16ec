#pragma once

#include "actors/supervisor.hpp"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace troupe {

/// Children that were given to supervisors while the node ran, by the name of the supervisor: it
/// has to start them again when it is restarted itself. Any thread.
class late_children {
 public:
  void add(const std::string& supervisor, const child_spec& what);
  void remove(const std::string& supervisor, const std::string& id);
  void clear();
  /// Adds those of `supervisor` to `children`.
  void append_to(std::vector<child_spec>& children, const std::string& supervisor) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<child_spec>, std::less<>> of_;
};

} // namespace troupe
