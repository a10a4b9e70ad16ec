#pragma once

#include "src/store/store.hpp"

#include <troupe/agent.hpp>
#include <troupe/event.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// A line of the effect ledger as its task's orchestrator knows it.
struct ledger_line {
  std::uint32_t step = 0;
  std::uint32_t index = 0;
  /// The attempt that is in doubt or has ended; 0 when several are in doubt, so that none of them
  /// can clear the line alone.
  std::uint32_t attempt = 0;
  effect_state state = effect_state::pending;
  effects does = effects::none;
  bool former = false; ///< written by an earlier run of the whole task, whose steps are not known
  std::string agent;
  std::string fingerprint;
  outcome_ptr result; ///< committed
};

/// How a step hears of what is known to have happened: a failed outcome says that the word of it
/// was refused.
[[nodiscard]] inline event_kind word_of(const outcome& x) noexcept {
  return x.ok() ? event_kind::reconciled : event_kind::step_completed;
}

/// The lines of one task's ledger, by step and call index. Mostly there are none; a map over
/// thousands of items has as many, and each of its steps looks its own up.
class effect_book {
 public:
  [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }
  void clear() noexcept { lines_.clear(); }
  [[nodiscard]] std::span<const ledger_line> lines() const noexcept { return lines_; }

  /// The line, or null. It stays where it is until the next `add`.
  [[nodiscard]] ledger_line* find(std::uint32_t step, std::uint32_t index) {
    const auto at = place_of(step, index);
    return at != lines_.end() && at->step == step && at->index == index ? &*at : nullptr;
  }

  /// All lines of a step, by index.
  [[nodiscard]] std::span<ledger_line> of_step(std::uint32_t step) {
    return {place_of(step, 0), place_of(step + 1, 0)};
  }

  /// Adds a line that is not there yet.
  ledger_line& add(ledger_line x) {
    return *lines_.insert(place_of(x.step, x.index), std::move(x));
  }

 private:
  [[nodiscard]] std::vector<ledger_line>::iterator place_of(std::uint32_t step,
                                                            std::uint32_t index) {
    return std::lower_bound(
        lines_.begin(), lines_.end(), std::pair{step, index},
        [](const ledger_line& x, const std::pair<std::uint32_t, std::uint32_t>& y) {
          return std::pair{x.step, x.index} < y;
        });
  }
  std::vector<ledger_line> lines_;
};

} // namespace troupe
