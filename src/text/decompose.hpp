#pragma once

#include "src/text/classifier.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::text {

/// One request out of a message.
struct clause {
  std::string text; ///< the request as it can be worked on alone, a shared opening carried over
  std::size_t begin = 0; ///< where it stands in the message, in bytes
  std::size_t end = 0;   ///< one past its last byte
  classification what;
  bool after_previous = false; ///< it is to be done after the clause before it in the list
};

/// When a split is accepted. A reading is worth the mean logarithm of its clauses' confidences;
/// each cut costs something on top, and less than nothing where the words between the clauses are
/// plain about it.
struct decompose_options {
  std::size_t max_clauses = 6;   ///< the most clauses a message is split into
  std::size_t min_words = 2;     ///< a clause with fewer words does not stand on its own
  double least_confidence = 0.3; ///< nor does one that is understood less well than this
  double weak_cost = 0.4;        ///< of a cut at "and" or a comma
  double strong_cost = -1.4;     ///< of a cut at "also", "plus", ";", ...
  double stop_cost = -0.4;       ///< of a cut between sentences
  double request_gain =
      0.6; ///< off the cost between two parts that read like requests of their own
  double statement_cost = 0.2;   ///< on the cost before or behind a part that only tells more
  double sure_confidence = 0.97; ///< from which on a clause alone is very sure
  double sure_gain = 0.5; ///< off the cost before a part that only tells more, where it and the
                          ///< request before it are very sure of different intents
  double agreement_gain =
      0.4; ///< off the cost where both clauses' intents are among the unsplit message's best
};

/// Splits a message that asks for several things into one clause for each, in the order in which
/// they are to be done. A message that asks for one thing, or that is not understood better in
/// parts, comes back whole as one clause. What would be split alone is split beside other requests
/// too. Takes any bytes, looks at the first `max_message_bytes`;
/// classifies a bounded number of parts. Any thread may call.
std::vector<clause> decompose(const classifier& by, std::string_view message,
                              const decompose_options& options = {});

} // namespace troupe::text
