#pragma once

#include <troupe/event.hpp>

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe {

/// The tasks that ended last, for those who ask afterwards. Bounded: the oldest are forgotten
/// first.
class finished_tasks {
 public:
  explicit finished_tasks(std::size_t most)
      : most_(most) {}

  void add(task_record_ptr record) {
    if (most_ == 0)
      return;
    if (order_.size() >= most_) {
      by_id_.erase(order_.front()->what->id);
      order_.pop_front();
    }
    by_id_.insert_or_assign(record->what->id, record);
    order_.push_back(std::move(record));
  }

  [[nodiscard]] task_record_ptr find(const std::string& id) const {
    auto hit = by_id_.find(id);
    return hit == by_id_.end() ? nullptr : hit->second;
  }

  /// The newest first.
  [[nodiscard]] std::vector<task_record_ptr> newest(std::size_t limit) const {
    std::vector<task_record_ptr> out;
    for (auto i = order_.rbegin(); i != order_.rend() && out.size() < limit; ++i)
      out.push_back(*i);
    return out;
  }

 private:
  std::size_t most_;
  std::deque<task_record_ptr> order_;
  /// Keyed by views into the records' own ids, which live as long as the entry.
  std::unordered_map<std::string_view, task_record_ptr> by_id_;
};

} // namespace troupe
