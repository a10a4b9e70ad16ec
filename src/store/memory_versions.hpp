#pragma once

#include "src/store/version_table.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace troupe {

/// A `version_table` in memory; also that of the store in memory.
class memory_versions final : public version_table {
 public:
  std::vector<stored_version> versions() override;
  std::string content(std::uint64_t number) override;
  bool propose(const stored_version& x, std::string_view content) override;
  bool decide(std::uint64_t number, bool use, std::string_view why, timestamp at) override;
  void forget(std::uint64_t number) override;
  std::vector<std::uint64_t> used() override;
  void say(const node_versions& x) override;
  std::vector<node_versions> said() override;

  /// A shard has open tasks of a version from now on, or no longer.
  void note_use(std::uint64_t number, std::string_view domain, std::uint32_t shard, bool begins);

 private:
  struct row {
    stored_version what;
    std::string content;
  };
  std::map<std::uint64_t, row> rows_;
  std::map<std::uint64_t, std::set<std::pair<std::string, std::uint32_t>>> uses_;
  std::map<std::string, node_versions> said_;
};

} // namespace troupe
