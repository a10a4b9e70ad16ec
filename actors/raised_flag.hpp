#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace troupe {

/// While it is raised it counts in a number that many share, until it ends at the latest.
class raised_flag {
 public:
  raised_flag() = default;
  explicit raised_flag(std::shared_ptr<std::atomic<std::uint32_t>> among)
      : among_(std::move(among)) {}
  raised_flag(const raised_flag&) = delete;
  raised_flag& operator=(const raised_flag&) = delete;
  raised_flag(raised_flag&& x) noexcept
      : among_(std::move(x.among_))
      , raised_(std::exchange(x.raised_, false)) {}
  raised_flag& operator=(raised_flag&& x) noexcept {
    std::swap(among_, x.among_);
    std::swap(raised_, x.raised_);
    return *this;
  }
  ~raised_flag() { raise(false); }

  /// False: it was so before.
  bool raise(bool up) {
    if (!among_ || std::exchange(raised_, up) == up)
      return false;
    if (up)
      among_->fetch_add(1);
    else
      among_->fetch_sub(1);
    return true;
  }
  [[nodiscard]] bool raised() const noexcept { return raised_; }

 private:
  std::shared_ptr<std::atomic<std::uint32_t>> among_;
  bool raised_ = false;
};

} // namespace troupe
