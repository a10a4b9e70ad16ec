#pragma once

#include "actors/supervisor.hpp"

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace troupe {

/// Children that were given to supervisors while the node ran, by the name of the supervisor: it
/// has to start them again when it is restarted itself. Any thread.
class late_children {
 public:
  void add(const std::string& supervisor, const child_spec& what);
  void remove(const std::string& supervisor, const std::string& id);
  /// It has been added, and not been taken back.
  [[nodiscard]] bool has(const std::string& supervisor, const std::string& id) const;
  /// Forgets what was added, not what was kept.
  void clear();

  /// As `add` and `remove`, for as long as the node runs; `drop` also takes away a child that the
  /// supervisor was drawn with.
  void keep(const std::string& supervisor, const child_spec& what);
  void drop(const std::string& supervisor, const std::string& id);
  /// How the supervisor restarts its children from its next start on.
  void set_rules(const std::string& supervisor, supervision strategy,
                 const restart_intensity& intensity);

  /// Makes of a supervisor as it was drawn the one that is to be started.
  void complete(supervisor_config& what) const;

 private:
  struct rules {
    supervision strategy;
    restart_intensity intensity;
  };
  using children = std::map<std::string, std::vector<child_spec>, std::less<>>;
  static void put(children& to, const std::string& supervisor, const child_spec& what);
  static void take(children& from, const std::string& supervisor, const std::string& id);

  mutable std::mutex mutex_;
  children of_;
  children kept_;
  std::map<std::string, std::set<std::string>, std::less<>> dropped_;
  std::map<std::string, rules, std::less<>> rules_;
};

} // namespace troupe
