#pragma once

#include "src/store/postgres_handle.hpp"
#include "src/store/store.hpp"
#include "src/store/version_table.hpp"

#include <vector>

namespace troupe {

/// The versions of the fleet on a server that several nodes share.
class postgres_versions final : public version_table {
 public:
  explicit postgres_versions(postgres_handle& db)
      : db_(&db) {}

  std::vector<stored_version> versions() override;
  std::string content(std::uint64_t number) override;
  bool propose(const stored_version& x, std::string_view content) override;
  bool decide(std::uint64_t number, bool use, std::string_view why, timestamp at) override;
  void forget(std::uint64_t number) override;
  std::vector<std::uint64_t> used() override;
  void say(const node_versions& x) override;
  std::vector<node_versions> said() override;

 private:
  postgres_handle* db_;
};

/// Adds the statement for a write of `version_used` or `version_left` to a transaction.
void add_version_use(postgres_handle& db, const store_write& w);

} // namespace troupe
