#pragma once

#include <troupe/clock.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace troupe {

/// Deadlines of numbered slots, at most one each: a binary heap that knows where each slot stands,
/// so that arming, moving and disarming cost O(log n) and nothing stale is kept. Later deadlines
/// than all others, the common case, are armed in O(1).
class timer_heap {
 public:
  /// Sets the deadline of `slot`; `no_deadline` disarms it.
  void arm(std::uint32_t slot, timestamp due) {
    if (due == no_deadline) {
      disarm(slot);
      return;
    }
    if (slot >= place_.size())
      place_.resize(slot + 1, none);
    if (place_[slot] == none) {
      place_[slot] = static_cast<std::uint32_t>(heap_.size());
      heap_.emplace_back(due, slot);
      up(place_[slot]);
      return;
    }
    const auto at = place_[slot];
    const auto before = heap_[at].first;
    heap_[at].first = due;
    due < before ? up(at) : down(at);
  }

  void disarm(std::uint32_t slot) {
    if (slot >= place_.size() || place_[slot] == none)
      return;
    const auto at = place_[slot];
    place_[slot] = none;
    if (at + 1 == heap_.size()) {
      heap_.pop_back();
      return;
    }
    heap_[at] = heap_.back();
    heap_.pop_back();
    place_[heap_[at].second] = at;
    up(at);
    down(place_[heap_[at].second]);
  }

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] timestamp next() const noexcept {
    return heap_.empty() ? no_deadline : heap_[0].first;
  }
  /// The slot whose deadline is `next()`. Requires a non-empty heap.
  [[nodiscard]] std::uint32_t next_slot() const noexcept { return heap_[0].second; }

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  void put(std::uint32_t at, std::pair<timestamp, std::uint32_t> x) {
    heap_[at] = x;
    place_[x.second] = at;
  }
  void up(std::uint32_t at) {
    auto x = heap_[at];
    while (at > 0 && x.first < heap_[(at - 1) / 2].first) {
      put(at, heap_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    put(at, x);
  }
  void down(std::uint32_t at) {
    auto x = heap_[at];
    const auto size = static_cast<std::uint32_t>(heap_.size());
    for (std::uint32_t child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && heap_[child + 1].first < heap_[child].first)
        ++child;
      if (!(heap_[child].first < x.first))
        break;
      put(at, heap_[child]);
      at = child;
    }
    put(at, x);
  }

  std::vector<std::pair<timestamp, std::uint32_t>> heap_;
  std::vector<std::uint32_t> place_;
};

} // namespace troupe
