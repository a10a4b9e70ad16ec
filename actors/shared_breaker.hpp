#pragma once

#include "policies/circuit_breaker.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace troupe {

/// What nodes tell each other of a breaker: how it stands, and what has ended since they told last.
struct breaker_news {
  std::uint32_t good = 0, bad = 0;
  /// Of two tales the one with the greater version is true. Grows with every turn, and is not less
  /// than the microseconds since 1970 at the last one: a node that has been restarted does not
  /// begin at the beginning.
  std::uint64_t version = 0;
  bool open = false;
  std::string why;
  timestamp reopens{};
  timestamp probing{}; ///< until when a probe is waited for; `timestamp{}`: none is under way
};

/// A circuit breaker that all orchestrators of a node share. Thread safe. Its kin at other nodes
/// are kept alike by the breaker desk, which takes the news here and brings those of others.
///
/// While it is closed, asking costs one relaxed load, and the end of a good call one relaxed
/// addition: good ends are gathered for as long as a bucket of the policy's window lasts, and only
/// then handed to it under a lock. Nothing is allocated before the first call has ended.
class shared_breaker {
 public:
  /// `limits` must outlive the breaker.
  explicit shared_breaker(const breaker_spec* limits) noexcept
      : limits_(limits) {}
  ~shared_breaker();
  shared_breaker(const shared_breaker&) = delete;
  shared_breaker& operator=(const shared_breaker&) = delete;

  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_relaxed); }
  /// As the policy's `look` and `enter`.
  [[nodiscard]] admission look(timestamp now) const;
  [[nodiscard]] admission enter(timestamp now);
  /// A call has ended; returns the change that it made, to exactly one of those who report.
  std::optional<breaker_change> ended(call_sign how, bool probe, timestamp now) {
    if (how == call_sign::good && !probe && closed() &&
        now.time_since_epoch().count() < bucket_end_.load(std::memory_order_relaxed)) {
      good_.fetch_add(1, std::memory_order_relaxed);
      return std::nullopt;
    }
    return ended_slowly(how, probe, now);
  }
  std::optional<breaker_change> trip(std::string why, timestamp now);
  std::optional<breaker_change> reset(std::string why, timestamp now);

  /// How it stands, and what has ended since this was asked last.
  [[nodiscard]] breaker_news take_news(timestamp now);
  /// How it stands.
  [[nodiscard]] breaker_news standing(timestamp now);
  /// Whether calls have ended that `take_news` would tell of.
  [[nodiscard]] bool has_news() const;
  /// What another node tells; returns the change that it made here. News from far in the future are
  /// passed over: nobody could ever tell anything later.
  std::optional<breaker_change> learn(const breaker_news& x, timestamp now);
  /// As the policy's.
  void take_turns(std::uint32_t rank, std::uint32_t of);

  struct view {
    breaker_state state = breaker_state::closed;
    std::string why;
    timestamp reopens = no_deadline;
  };
  [[nodiscard]] view seen(timestamp now) const;

 private:
  struct inner {
    explicit inner(const breaker_spec& limits)
        : policy(limits) {}
    std::mutex mutex;
    circuit_breaker policy;
    timestamp bucket_begin{};
    std::uint32_t untold_good = 0, untold_bad = 0;
    timestamp untold_since{};
    std::uint64_t version = 0;
  };
  [[nodiscard]] inner& made();
  void hand_over(inner& in, timestamp now);
  static void turned_over(inner& in, timestamp now) noexcept;
  [[nodiscard]] static breaker_news standing(const inner& in, timestamp now);
  std::optional<breaker_change> ended_slowly(call_sign how, bool probe, timestamp now);

  std::atomic<std::int64_t> bucket_end_{0}; ///< microseconds: good ends before it are gathered
  std::atomic<std::uint32_t> good_{0};      ///< gathered and not handed over
  std::atomic<bool> closed_{true};
  std::atomic<inner*> inner_{nullptr};
  const breaker_spec* limits_;
};

/// Somebody outside on whom agents depend; those who name the same one share its breaker.
struct provider {
  provider(std::string name_, const breaker_spec& limits_)
      : name(std::move(name_))
      , limits(limits_) {}
  const std::string name;
  const breaker_spec limits;
  shared_breaker breaker{&limits};
};

using provider_ptr = std::shared_ptr<provider>;

} // namespace troupe
