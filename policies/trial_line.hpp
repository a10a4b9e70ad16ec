#pragma once

#include <troupe/clock.hpp>

#include <cstdint>
#include <deque>
#include <optional>

namespace troupe {

/// Finds the step that ends its node among the many that only were under way when the node ended.
///
/// A step that has been under way at several ends of its node is a suspect. Suspects go one at a
/// time, in the order in which they come, so that the next end of the node is held against one and
/// not against all that waited in the queues of their agents. One that has been out for `turn`
/// without ending the node does not keep the others any longer, though it may still be at work.
///
/// Not thread safe.
class trial_line {
 public:
  struct suspect {
    std::uint32_t slot = 0; ///< of its task, with `generation`
    std::uint32_t generation = 0;
    std::uint32_t step = 0;
    std::uint32_t attempt = 0;
    bool triage = false;
    bool operator==(const suspect&) const = default;
  };
  /// So often may a node end under a step before that makes a suspect of it: whoever upgrades or
  /// loses a node once or twice does not slow down what was under way.
  static constexpr std::uint32_t trusted = 2;
  static constexpr milliseconds turn{1000};

  /// True: it goes, and the turn is its own. False: it waits, and `next` will name it.
  [[nodiscard]] bool enter(const suspect& who, timestamp now);
  /// What was out has ended, or has come to something else than it was let go for.
  void ended() noexcept { out_.reset(); }
  /// Who has the turn; nothing: nobody, or whoever had it has had it long enough.
  [[nodiscard]] const suspect* out(timestamp now) noexcept;
  /// Takes who has waited longest out of the line if the turn is free; the caller lets it go by
  /// asking for it again with `enter`, or forgets it.
  [[nodiscard]] std::optional<suspect> next(timestamp now);
  [[nodiscard]] bool empty() const noexcept { return line_.empty(); }
  /// When the turn is free at the latest.
  [[nodiscard]] timestamp due() const noexcept { return until_; }

 private:
  std::optional<suspect> out_;
  timestamp until_{};
  std::deque<suspect> line_;
};

} // namespace troupe
