#pragma once

#include "src/text/classifier.hpp"
#include "src/text/connectors.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace troupe::text {

/// True for a clause that says not to do what it names: "don't cancel my order", "I do not want a
/// refund", "I never asked you to upgrade me". A model sees the words and not what turns them
/// round. By English patterns at the head of the clause, for most negations are no refusals: "I
/// can't log in", "I don't know how to cancel", "why don't you refund me"; and whoever does not
/// want what is theirs ("I don't want my order anymore") asks for its end. Any bytes; linear.
bool refuses(std::string_view clause);

/// The parts of a message that refuse, "and get a refund" behind "I don't want to cancel" among
/// them: what is joined with "and" and does not begin anew is refused as well.
/// And those that are taken back: "Cancel my order. Actually no, keep it."
std::vector<part> refused_parts(std::string_view message);

/// Takes the trust from what a model makes of the stretch of a message from `begin` to `end`, if
/// what it names is refused there. A stretch that refuses one thing and asks for another ("don't
/// cancel my order, where is it?") is trusted with the other. The intent stays: it is what the
/// words name.
void heed_refusals(const classifier& by, std::string_view message, std::span<const part> refused,
                   std::size_t begin, std::size_t end, classification& what);

} // namespace troupe::text
