#pragma once

#include "actors/live_task.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe {

/// The tasks that an orchestrator works on, each in a slot that another one takes when it is over.
/// Whatever waits for a task names its slot and its generation, and finds nobody when it is gone.
class live_tasks {
 public:
  /// A place for this task. It stays where it is until it is closed.
  live_task& open(task_ptr what) {
    std::uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.push_back(std::make_unique<live_task>());
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    auto& t = *slots_[slot];
    t.reset(++generation_);
    t.slot = slot;
    t.what = std::move(what);
    by_id_.emplace(t.what->id, slot);
    return t;
  }
  /// The task is over: its slot is free, and it can be found no more.
  void close(live_task& t) {
    by_id_.erase(t.what->id);
    t.reset(0);
    free_.push_back(t.slot);
  }

  /// Null: that task is over.
  [[nodiscard]] live_task* at(std::uint32_t slot, std::uint32_t generation) {
    if (slot >= slots_.size() || slots_[slot]->generation != generation || !slots_[slot]->what)
      return nullptr;
    return slots_[slot].get();
  }
  /// Somebody is there.
  [[nodiscard]] live_task& at(std::uint32_t slot) { return *slots_[slot]; }
  [[nodiscard]] live_task* find(const std::string& id) {
    auto hit = by_id_.find(id);
    return hit == by_id_.end() ? nullptr : slots_[hit->second].get();
  }
  [[nodiscard]] bool contains(const std::string& id) const { return by_id_.contains(id); }
  [[nodiscard]] std::size_t size() const noexcept { return by_id_.size(); }

  /// `what` is called with every task, or with as many. It may open and close none.
  template <class F>
  void for_each(const F& what, std::size_t most = std::numeric_limits<std::size_t>::max()) {
    std::size_t count = 0;
    for (const auto& [id, slot] : by_id_) {
      if (count++ == most)
        break;
      what(*slots_[slot]);
    }
  }

 private:
  std::vector<std::unique_ptr<live_task>> slots_;
  std::vector<std::uint32_t> free_;
  std::uint32_t generation_ = 0;
  /// Keyed by views into the tasks' own ids.
  std::unordered_map<std::string_view, std::uint32_t> by_id_;
};

} // namespace troupe
