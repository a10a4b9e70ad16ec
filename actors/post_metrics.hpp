#pragma once

#include "actors/node_parts.hpp"
#include "actors/post_intake.hpp"

#include <cstdint>
#include <string>

namespace prometheus {
class Counter;
class Gauge;
} // namespace prometheus

namespace troupe {

/// What the post counts for one peer. Counted in plain numbers, since one actor does it, and shown
/// to whoever asks for metrics when it says so.
struct post_metrics {
  std::uint64_t sent = 0;       ///< envelopes that were written for the first time
  std::uint64_t sent_bytes = 0; ///< their bodies
  std::uint64_t resent = 0;     ///< written again on a new link
  std::uint64_t received = 0;   ///< envelopes that came for the first time
  std::uint64_t received_bytes = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t refused = 0;   ///< not delivered, and their senders told so
  std::uint64_t malformed = 0; ///< that could not be read
  std::uint64_t losses = 0;    ///< how often the peer was lost with what was under way
  std::uint64_t under_way = 0; ///< taken and not acknowledged, now

  /// Adds what has been counted since the last time to the node's metrics; `region` is the peer's.
  void show(const node_parts& parts, const std::string& peer, const std::string& region);

 private:
  struct series {
    prometheus::Counter* to = nullptr;
    std::uint64_t before = 0;
  };
  series sent_, sent_bytes_, resent_, received_, received_bytes_, duplicates_, refused_, malformed_,
      losses_;
  std::uint64_t carried_ = 0, carried_bytes_ = 0; ///< of `sent`, already added to its region's
  prometheus::Gauge* under_way_ = nullptr;
};

/// What the post counts of what waits for itself, whoever it is for.
struct intake_metrics {
  /// As `post_metrics::show`.
  void show(const node_parts& parts, const post_intake& intake);

 private:
  prometheus::Counter* turned_away_ = nullptr;
  prometheus::Gauge* waiting_ = nullptr;
  std::uint64_t before_ = 0;
};

} // namespace troupe
