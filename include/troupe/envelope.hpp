#pragma once

#include <troupe/address.hpp>
#include <troupe/clock.hpp>
#include <troupe/task.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// What crosses between nodes: one node's post hands it to another's, which hands the body to the
/// actor at `to`.
struct envelope {
  std::uint64_t number = 0; ///< of the sending post to this peer, from 1 per link session
  address from;             ///< who gets the answer and hears of a loss; with an empty name: nobody
  address to;
  std::string trace;                ///< id of the trace that it belongs to; empty: none
  timestamp deadline = no_deadline; ///< after it nobody waits for the answer
  priority urgency = priority::medium;
  std::vector<std::string> hops; ///< ids of the nodes that it came through, first the sender's own
  std::uint64_t epoch = 0;       ///< of the shard's owner that sends it; 0: nobody's
  std::uint64_t stamp = 0;       ///< of its sending, see `flight_recorder`; 0: none is kept
  std::string kind;              ///< which message `body` holds, as the codec names it
  std::string body;              ///< encoded by the codec
};

using envelope_ptr = std::shared_ptr<const envelope>;
/// What came in one frame. Receivers keep single envelopes alive by aliasing the batch.
using envelope_batch = std::vector<envelope>;
using envelope_batch_ptr = std::shared_ptr<const envelope_batch>;

} // namespace troupe
