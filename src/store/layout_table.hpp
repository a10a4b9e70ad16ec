#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Which fleet a store belongs to, and by what sessions and tasks are shared out there. A node that
/// goes by another layout than the open tasks finds some of them in no shard, and begins a second
/// line for sessions that are at work in another one.
struct kept_layout {
  std::string fleet;
  std::uint32_t shards = 0;         ///< of a domain, in each region
  std::vector<std::string> regions; ///< in the fleet's order; empty: there is one
  /// Shards of a domain in all.
  [[nodiscard]] std::uint32_t whole() const noexcept {
    return shards * static_cast<std::uint32_t>(regions.empty() ? 1 : regions.size());
  }
  friend bool operator==(const kept_layout&, const kept_layout&) = default;
};

/// How many tasks are open.
struct open_count {
  std::uint64_t all = 0;
  std::uint64_t beyond = 0; ///< of them, those of shards that are asked about
};

/// The layout that a store keeps. Every call may throw `store_error`, and blocks on the store. One
/// thread at a time.
class layout_table {
 public:
  layout_table() = default;
  layout_table(const layout_table&) = delete;
  layout_table& operator=(const layout_table&) = delete;
  virtual ~layout_table() = default;

  /// Nothing: nobody has said it yet.
  virtual std::optional<kept_layout> read() = 0;
  /// Puts `x` in the place of `before`, which `read` has said. False, and nothing has changed: it
  /// is not what is kept, because somebody else was faster.
  virtual bool keep(const kept_layout& x, const std::optional<kept_layout>& before) = 0;
  /// Open tasks of all domains; `beyond`: in shards from number `shards` on.
  virtual open_count open_tasks(std::uint32_t shards) = 0;
};

/// A layout as text for a store, the same for the same one, and back. Throws `store_error` for a
/// text that cannot be read: to guess would strand tasks.
[[nodiscard]] std::string text_of(const kept_layout& x);
[[nodiscard]] kept_layout kept_layout_of(std::string_view text);

} // namespace troupe
