#pragma once

#include <troupe/event.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace troupe {

/// About how many bytes of memory a task that has ended takes, with all that was said for it.
[[nodiscard]] std::size_t record_size(const task_record& x) noexcept;

/// The tasks that ended last, for those who ask afterwards; the oldest are forgotten first. Bounded
/// by number and by bytes; the last one stays whatever its size, for whoever waits for it.
///
/// Every task is put in, few are asked for: so putting in costs nearly nothing, and looking up goes
/// through the fingerprints of the ids, four bytes each, which takes microseconds for thousands.
class finished_tasks {
 public:
  explicit finished_tasks(std::size_t most)
      : most_(most)
      , room_(std::max(room_least, most * room_each)) {}

  void add(task_record_ptr record);
  [[nodiscard]] task_record_ptr find(std::string_view id) const;
  /// The newest first.
  [[nodiscard]] std::vector<task_record_ptr> newest(std::size_t limit) const;

  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] std::size_t room() const noexcept { return room_; }

  static constexpr std::size_t room_each = std::size_t{64} << 10; ///< bytes for each, on average
  static constexpr std::size_t room_least = std::size_t{4} << 20; ///< bytes for all, however few

 private:
  struct kept {
    task_record_ptr what;
    std::size_t bytes = 0;
  };
  std::size_t most_;
  std::size_t room_;
  std::size_t bytes_ = 0; ///< of all
  std::deque<kept> all_;  ///< the oldest first
  std::deque<std::uint32_t> marks_;
};

} // namespace troupe
