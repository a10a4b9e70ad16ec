#pragma once

// What any node may ask any other.

#include <troupe/caf.hpp>
#include <troupe/reason.hpp>

#include <cstdint>
#include <string>

namespace troupe {

/// A question about a node, which any other may ask: what of, and the rest of the question as JSON
/// text. Answered with `node_answered`.
struct ask_node {
  std::string subject;
  std::string query;
  std::uint64_t rest = 0; ///< instead: go on with the answer that is kept under this number
  std::uint64_t from = 0; ///< from this byte on
};
struct node_answered {
  std::string part;        ///< of the answer: JSON text
  std::uint64_t whole = 0; ///< how many bytes all of it has
  std::uint64_t rest = 0;  ///< under which what is missing is kept for some seconds; 0: nothing is
  refused why;             ///< `refusal::none`: answered
};

} // namespace troupe

TROUPE_BEGIN_MESSAGES(troupe_node, TROUPE_FIRST_TYPE_ID + 70)
TROUPE_MESSAGE(troupe_node, troupe::ask_node)
TROUPE_MESSAGE(troupe_node, troupe::node_answered)
TROUPE_END_MESSAGES(troupe_node)
