#pragma once

#include <string>
#include <string_view>

namespace troupe::text {

/// A word without its English endings ("cancelling", "cancelled", "cancels" give one stem). Crude
/// on purpose: it only has to give the forms of one word the same stem most of the time. Irregular
/// verbs give the stem of their first form.
std::string stem_of(std::string_view word);

/// The name of the idea a stem stands for ("phone" and "telephone"; "end", "terminate" and
/// "cancel"), or empty if the stem is not in the room's little thesaurus. The thesaurus is general
/// English of service talk and knows no intent.
std::string_view concept_of(std::string_view stem);

} // namespace troupe::text
