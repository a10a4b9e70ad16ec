#pragma once

#include "src/store/sqlite_handle.hpp"
#include "src/store/version_table.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace troupe {

/// The versions of the fleet in a database. What is written runs in `transaction`.
class sqlite_versions final : public version_table {
 public:
  sqlite_versions(sqlite_handle& db, std::function<void(const std::function<void()>&)> transaction);

  std::vector<stored_version> versions() override;
  std::string content(std::uint64_t number) override;
  bool propose(const stored_version& x, std::string_view content) override;
  bool decide(std::uint64_t number, bool use, std::string_view why, timestamp at) override;
  void forget(std::uint64_t number) override;
  std::vector<std::uint64_t> used() override;
  void say(const node_versions& x) override;
  std::vector<node_versions> said() override;

  /// A shard has open tasks of a version from now on, or no longer. Within the caller's
  /// transaction.
  void note_use(std::uint64_t number, std::string_view domain, std::uint32_t shard, bool begins);

 private:
  sqlite_handle& db_;
  std::function<void(const std::function<void()>&)> transaction_;
  sqlite_statement all_, content_, next_, put_, drop_refused_, former_, decide_, forget_;
  sqlite_statement used_, use_, leave_, say_, said_;
};

} // namespace troupe
