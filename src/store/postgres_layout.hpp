#pragma once

#include "src/store/layout_table.hpp"
#include "src/store/postgres_handle.hpp"

namespace troupe {

/// The layout that a server keeps for the nodes that share it.
class postgres_layout final : public layout_table {
 public:
  explicit postgres_layout(postgres_handle& db)
      : db_(&db) {}

  std::optional<kept_layout> read() override;
  bool keep(const kept_layout& x, const std::optional<kept_layout>& before) override;
  open_count open_tasks(std::uint32_t shards) override;

 private:
  postgres_handle* db_;
};

} // namespace troupe
