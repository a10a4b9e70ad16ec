#pragma once

#include "src/store/layout_table.hpp"

#include <functional>
#include <utility>

namespace troupe {

/// The layout of the store in memory, which counts its tasks with `count`.
class memory_layout final : public layout_table {
 public:
  explicit memory_layout(std::function<open_count(std::uint32_t)> count)
      : count_(std::move(count)) {}

  std::optional<kept_layout> read() override { return kept_; }
  bool keep(const kept_layout& x, const std::optional<kept_layout>& before) override {
    if (kept_ != before)
      return false;
    kept_ = x;
    return true;
  }
  open_count open_tasks(std::uint32_t shards) override { return count_(shards); }

 private:
  std::function<open_count(std::uint32_t)> count_;
  std::optional<kept_layout> kept_;
};

} // namespace troupe
