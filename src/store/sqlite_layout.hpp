#pragma once

#include "src/store/layout_table.hpp"
#include "src/store/open_set.hpp"
#include "src/store/sqlite_handle.hpp"

#include <functional>

namespace troupe {

/// The layout that a database keeps. Everything runs in `transaction`, which also makes sure that
/// `open` is as the file says.
class sqlite_layout final : public layout_table {
 public:
  sqlite_layout(sqlite_handle& db, const open_set& open,
                std::function<void(const std::function<void()>&)> transaction);

  std::optional<kept_layout> read() override;
  bool keep(const kept_layout& x, const std::optional<kept_layout>& before) override;
  open_count open_tasks(std::uint32_t shards) override;

 private:
  const open_set* open_;
  std::function<void(const std::function<void()>&)> transaction_;
  sqlite_statement read_, put_;
};

} // namespace troupe
