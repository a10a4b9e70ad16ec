#pragma once

#include <troupe/fleet.hpp>
#include <troupe/json.hpp>
#include <troupe/reason.hpp>

#include <vector>

namespace troupe {

/// Where an answer contradicts what is established: for every field of the domain's context that is
/// declared a fact and is set, the answer's `context.FIELD`, and its value at each pointer of
/// `said_as`, must be the same where they exist. One flaw per place, with the keyword `fact` and a
/// pointer into the outcome (`/data/...`). What is not set yet contradicts nothing, and numbers are
/// compared by value (1 is 1.0). `data` is the answer's structured part.
[[nodiscard]] std::vector<flaw> contradictions(const domain_spec& domain, const json& context,
                                               const json& data);

/// The flaws as the failure of the step that answered so; none: no failure.
[[nodiscard]] failure contradiction_failure(std::vector<flaw> flaws);

} // namespace troupe
