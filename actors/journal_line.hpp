#pragma once

#include "actors/journal_messages.hpp"

#include <troupe/clock.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace troupe {

/// An orchestrator's line to the journal: gathers writes into numbered batches, keeps each until it
/// is known to be on disk, and sends it again when the journal failed or was restarted. Writing the
/// same batch twice is harmless: the store takes it as the same.
class journal_line {
 public:
  /// Tasks with a stake in a batch, as (slot, generation).
  using stakes = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

  void add(store_write&& w, std::uint32_t slot, std::uint32_t generation) {
    if (!open_.writes) {
      open_.writes = std::make_shared<std::vector<store_write>>();
      // Batches are mostly as large as the one before.
      open_.writes->reserve(std::min(last_size_, reserved_most));
    }
    open_.writes->push_back(std::move(w));
    if (open_.who.empty() || open_.who.back() != std::pair{slot, generation})
      open_.who.emplace_back(slot, generation);
  }
  /// Number of the batch that the next write goes into.
  [[nodiscard]] std::uint64_t number() const noexcept { return next_; }
  [[nodiscard]] bool has_open() const noexcept { return open_.writes != nullptr; }

  /// Closes the open batch: to be sent now.
  journal_append close(timestamp now) {
    open_.number = next_++;
    open_.since = now;
    last_size_ = open_.writes->size();
    journal_append out{open_.number, open_.writes,
                       sent_.empty() ? open_.number : sent_.front().number};
    sent_.push_back(std::move(open_));
    open_ = {};
    return out;
  }
  /// Batch `number` is on disk: who had a stake in it.
  [[nodiscard]] stakes stored(std::uint64_t number) {
    for (auto i = sent_.begin(); i != sent_.end(); ++i) {
      if (i->number != number)
        continue;
      auto out = std::move(i->who);
      sent_.erase(i);
      return out;
    }
    return {};
  }
  /// Everything that is not known to be on disk, in order.
  [[nodiscard]] std::vector<journal_append> again() const {
    std::vector<journal_append> out;
    for (const auto& b : sent_)
      out.push_back({b.number, b.writes, sent_.front().number});
    return out;
  }
  [[nodiscard]] std::size_t unconfirmed() const noexcept { return sent_.size(); }
  /// Since when the oldest of those has waited.
  [[nodiscard]] timestamp unconfirmed_since() const noexcept {
    return sent_.empty() ? no_deadline : sent_.front().since;
  }

 private:
  struct batch {
    std::uint64_t number = 0;
    timestamp since{};
    std::shared_ptr<std::vector<store_write>> writes;
    stakes who;
  };
  static constexpr std::size_t reserved_most = 256;
  std::uint64_t next_ = 1;
  std::size_t last_size_ = 1;
  batch open_;
  std::deque<batch> sent_;
};

} // namespace troupe
