#pragma once

#include <troupe/event.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The tasks that ended last, for those who ask afterwards: a ring, the oldest are forgotten first.
///
/// Every task is put in, few are asked for: so putting in costs nearly nothing, and looking up goes
/// through the fingerprints of the ids, four bytes each, which takes microseconds for thousands.
class finished_tasks {
 public:
  explicit finished_tasks(std::size_t most)
      : most_(most) {}

  void add(task_record_ptr record) {
    if (most_ == 0)
      return;
    const auto mark = fingerprint(record->what->id);
    if (ring_.size() < most_) {
      ring_.push_back(std::move(record));
      marks_.push_back(mark);
      return;
    }
    ring_[next_] = std::move(record);
    marks_[next_] = mark;
    next_ = (next_ + 1) % most_;
  }

  [[nodiscard]] task_record_ptr find(std::string_view id) const {
    const auto mark = fingerprint(id);
    for (auto i = std::find(marks_.begin(), marks_.end(), mark); i != marks_.end();
         i = std::find(i + 1, marks_.end(), mark)) {
      const auto& record = ring_[static_cast<std::size_t>(i - marks_.begin())];
      if (record->what->id == id)
        return record;
    }
    return nullptr;
  }

  /// The newest first.
  [[nodiscard]] std::vector<task_record_ptr> newest(std::size_t limit) const {
    std::vector<task_record_ptr> out;
    for (std::size_t i = 0; i < std::min(limit, ring_.size()); ++i)
      out.push_back(ring_[(next_ + ring_.size() - 1 - i) % ring_.size()]);
    return out;
  }

 private:
  static std::uint32_t fingerprint(std::string_view id) noexcept {
    std::uint32_t h = 2166136261u;
    for (char c : id)
      h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
    return h;
  }

  std::size_t most_;
  std::size_t next_ = 0; ///< where the next one goes once the ring is full: the oldest
  std::vector<task_record_ptr> ring_;
  std::vector<std::uint32_t> marks_;
};

} // namespace troupe
